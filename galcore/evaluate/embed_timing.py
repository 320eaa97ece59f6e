"""How fast a workspace is embedded, beside the bare forward pass of the same network."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import torch
from PIL import Image

from galcore.catalog.importer import import_path
from galcore.catalog.store import read_catalog
from galcore.embed.pipeline import one_thread_each
from galcore.embed.runner import embed_images
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.images.store import ImageStore
from galcore.model.preprocessing import stack_frames
from galcore.simulate.sample import simulate

if TYPE_CHECKING:
    from galcore.model.encoder import Encoder

RATIO_WANTED = 0.9
IMAGES_PER_SECOND_WANTED = 300  # of the shipped encoder on two cores
BATCH = 64
_STAGE_IMAGES = 128
_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class EmbedTimes:
    """Images per second, medians over the rounds.

    Attributes:
        embedded: From files to vectors on disk.
        one_pass: Bare forward pass, all cores in one batch.
        side_by_side: Bare forward pass, a batch a core (on a GPU: the same as ``one_pass``).
        stages: Milliseconds of one core per image, by stage.
    """

    embedded: float
    one_pass: float
    side_by_side: float
    stages: dict[str, float]

    @property
    def forward(self) -> float:
        """The faster of the two bare forward passes: what embedding is held against."""
        return max(self.one_pass, self.side_by_side)


def time_embedding(
    encoder: Encoder, stamps: Path, folder: Path, *, rounds: int = 5, limit: int | None = None
) -> EmbedTimes:
    """Embed stamps again and again, in turn with the bare forward pass on ready tensors.

    Taking turns lets whatever else the machine does fall on all of them alike.

    Args:
        encoder: The model.
        stamps: Folder of images.
        folder: Empty folder for catalogue and vectors.
        rounds: Turns of each.
        limit: Images to take at most.
    """
    import_path(stamps, folder)
    catalog = read_catalog(folder).head(limit)
    n = len(catalog)
    images = ImageStore(catalog, folder)
    galaxy_ids = catalog["galaxy_id"].astype(str).tolist()
    ready = torch.stack(
        [encoder.preprocessing.prepare(images.load(galaxy_id)) for galaxy_id in galaxy_ids[:BATCH]]
    ).to(encoder.device)
    n_passes = max(torch.get_num_threads(), n // (2 * BATCH))
    turn = iter(range(rounds + 1))

    def embed() -> float:
        started = time.perf_counter()
        embed_images(
            galaxy_ids, images.load, encoder, folder=folder / f"vectors{next(turn)}", catalog_hash=""
        )
        return n / (time.perf_counter() - started)

    def forward() -> float:
        return _rate(lambda: [encoder.encode(ready) for _ in range(n_passes)], BATCH * n_passes)

    def forward_side_by_side() -> float:
        with one_thread_each(torch.get_num_threads()) as pool:
            return _rate(lambda: _run_all(pool, lambda: encoder.encode(ready), n_passes), BATCH * n_passes)

    measured: list[list[float]] = []
    for number in range(rounds + 1):
        row = [embed(), forward(), forward_side_by_side() if encoder.device.type == "cpu" else 0.0]
        if number:  # the first round warms caches
            measured.append(row)
    embedded, one_pass, side_by_side = (median(column) for column in zip(*measured, strict=True))
    return EmbedTimes(
        embedded, one_pass, side_by_side, time_stages(encoder, images, galaxy_ids[:_STAGE_IMAGES])
    )


def write_stamps(folder: Path, n: int, *, size_px: int = 128, seed: int = 0) -> Path:
    """Simulated SDSS-like stamps as surveys hand them out: JPEG pictures; the folder."""
    folder.mkdir(parents=True)
    for start in range(0, n, BATCH):
        made = simulate(min(BATCH, n - start), seed=seed + start, size_px=size_px)
        for number, rgb in enumerate(made.rgb, start=start):
            Image.fromarray(rgb).save(folder / f"SIM{number:06d}.jpg", quality=_JPEG_QUALITY)
    return folder


def time_stages(encoder: Encoder, images: ImageStore, galaxy_ids: list[str]) -> dict[str, float]:
    """Milliseconds per image that one core spends in each stage, one stage after the other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    # what this thread computed, not what it waited for others on a busy machine
    clock = time.thread_time if encoder.device.type == "cpu" else time.perf_counter
    try:
        started = clock()
        loaded = [images.load(galaxy_id) for galaxy_id in galaxy_ids]
        read = clock()
        framed = [encoder.preprocessing.frame(image) for image in loaded]
        prepared = clock()
        for start in range(0, len(framed), BATCH):
            encoder.encode(stack_frames(framed[start : start + BATCH]))
        encoded = clock()
    finally:
        torch.set_num_threads(threads)
    spans = {"read": read - started, "frame": prepared - read, "encode": encoded - prepared}
    return {name: 1000 * span / len(galaxy_ids) for name, span in spans.items()}


def embed_result(encoder: Encoder, times: EmbedTimes, *, command: str) -> BenchmarkResult:
    """The figures with what they had to reach."""
    where = f"{torch.get_num_threads()} threads" if encoder.device.type == "cpu" else str(encoder.device)
    total = sum(times.stages.values())
    rows = tuple(
        {"stage": name, "ms_of_one_core": span, "share": span / total} for name, span in times.stages.items()
    )
    ratio = times.embedded / times.forward
    return BenchmarkResult(
        "embed",
        command,
        (
            Measure.at_least("embedding / bare forward pass", round(ratio, 3), "", RATIO_WANTED),
            Measure.at_least(
                f"bare forward pass of {encoder.name} at {encoder.preprocessing.size_px} px, {where}",
                times.forward,
                "images/s",
                IMAGES_PER_SECOND_WANTED,
            ),
            Measure("embedding, from file to disk", times.embedded, "images/s"),
            Measure("bare forward pass, all cores in one batch", times.one_pass, "images/s"),
            Measure("bare forward pass, a batch a core", times.side_by_side, "images/s"),
            Measure("parameters", encoder.count_parameters()),
        ),
        rows,
    )


def _rate(work: Callable[[], object], n: int) -> float:
    started = time.perf_counter()
    work()
    return n / (time.perf_counter() - started)


def _run_all(pool: ThreadPoolExecutor, work: Callable[[], object], times: int) -> None:
    for future in [pool.submit(work) for _ in range(times)]:
        future.result()
