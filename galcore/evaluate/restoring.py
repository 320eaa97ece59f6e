"""How well pictures are restored, beside the classical tools: rows of PSNR, SSIM and MSE.

The protocol is fixed: pictures framed to 128 pixels, 0 to 1, are blurred and made noisy by the DECaLS laws;
for reconstruction pixels are then lost, 75 % of the squares of a 16 x 16 grid in the headline. The target is
the undisturbed picture. A seed draws the pictures, the laws, the noise and the masks; every method sees the
same ones, and deconvolution the same true PSF and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.degradations import MASKS, Degraded, degrade, draw_mask
from galcore.evaluate.image_quality import Quality, measure_quality
from galcore.restore.deconvolution import deconvolve
from galcore.restore.reconstruction import reconstruct
from galcore.restore.restoration import Restoration, Task
from galcore.types import Progress, ProgressCallback

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer

INPUT = "input"
FIGURES = ("psnr", "ssim", "mse")


@dataclass(frozen=True, slots=True)
class RestorationRow:
    """One method on one degradation: means over pictures, then over seeds.

    Attributes:
        task: ``reconstruct`` or ``deconvolve``.
        degradation: Kind of mask, or ``decals-psf``.
        method: ``input`` is the picture before any restoration.
        psnr: dB; ``*_std`` are standard deviations over the seeds.
        gain_db: PSNR over that of the input, pictures paired.
        within_1_sigma: Share of restored pixels within the stated sigma; ``None`` where a method states none.
        n: Pictures a seed.
        seeds: Number of seeds.
    """

    task: str
    degradation: str
    method: str
    psnr: float
    psnr_std: float
    gain_db: float
    gain_db_std: float
    ssim: float
    ssim_std: float
    mse: float
    mse_std: float
    within_1_sigma: float | None
    within_2_sigma: float | None
    n: int
    seeds: int


Outcome = tuple[str, str, Quality]  # degradation, method, figures of one picture


def run_protocol(
    task: Task,
    pictures: Callable[[int], Sequence[NDArray[np.float32]]],
    *,
    seeds: int,
    restorers: Mapping[str, Restorer],
    masks: Sequence[str] = MASKS,
    progress: ProgressCallback | None = None,
) -> tuple[RestorationRow, ...]:
    """Rows of a task.

    Args:
        task: ``reconstruct`` or ``deconvolve``.
        pictures: The pictures ``(3, 128, 128)`` of a seed.
        seeds: Number of seeds, counted from 0.
        restorers: Networks by the name of their row.
        masks: Kinds of masks, for reconstruction.
        progress: Told after each picture.
    """
    measured: dict[tuple[str, str], list[list[Quality]]] = {}
    for seed in range(seeds):
        drawn = pictures(seed)
        rng = np.random.default_rng([seed, 20241])
        for done, picture in enumerate(drawn):
            item = degrade(picture, rng)
            outcomes = (
                reconstruct_all(item, masks, restorers, rng)
                if task == "reconstruct"
                else deconvolve_all(item, restorers)
            )
            for degradation, method, quality in outcomes:
                by_seed = measured.setdefault((degradation, method), [])
                if len(by_seed) <= seed:
                    by_seed.append([])
                by_seed[seed].append(quality)
            if progress is not None:
                progress(Progress(task, seed * len(drawn) + done + 1, seeds * len(drawn)))
    return tuple(
        _row(task, degradation, method, by_seed, measured[degradation, INPUT])
        for (degradation, method), by_seed in measured.items()
    )


def reconstruct_all(
    item: Degraded, masks: Sequence[str], restorers: Mapping[str, Restorer], rng: np.random.Generator
) -> Iterator[Outcome]:
    """Every method on every kind of mask of one picture."""
    for kind in masks:
        lost = draw_mask(kind, item.truth.shape[-1], rng)
        if not lost.any():
            continue
        masked = np.where(lost, 0, item.observed)
        yield kind, INPUT, measure_quality(masked, item.truth)

        def quality(done: Restoration, lost: NDArray[np.bool_] = lost) -> Quality:
            return measure_quality(done.pixels, item.truth, sigma=done.sigma, where=lost)

        yield kind, "biharmonic", quality(reconstruct(masked, lost, method="biharmonic", kind="picture"))
        for name, restorer in restorers.items():
            yield kind, name, quality(reconstruct(masked, lost, kind="picture", restorer=restorer))


def deconvolve_all(item: Degraded, restorers: Mapping[str, Restorer]) -> Iterator[Outcome]:
    """Every method on one blurred picture."""
    kind = "decals-psf"
    yield kind, INPUT, measure_quality(item.observed, item.truth)

    def run(method: str, psf: NDArray, restorer: Restorer | None = None) -> Quality:
        done = deconvolve(
            item.observed, psf, noise_sigma=item.noise, method=method, kind="picture", restorer=restorer
        )
        return measure_quality(done.pixels, item.truth, sigma=done.sigma)

    for method in ("wiener", "richardson-lucy"):
        yield kind, method, run(method, item.psf)
    for name, restorer in restorers.items():
        yield kind, name, run("model", item.psf, restorer)
        if name != "untrained":
            yield kind, f"{name}, PSF 10 % off", run("model", item.wrong_psf, restorer)


def _row(
    task: str, degradation: str, method: str, by_seed: list[list[Quality]], inputs: list[list[Quality]]
) -> RestorationRow:
    def spread(values: list[float]) -> tuple[float, float]:
        return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    figures = {
        name: spread([float(np.mean([getattr(q, name) for q in seed])) for seed in by_seed])
        for name in FIGURES
    }
    gains = [
        float(np.mean([q.psnr - before.psnr for q, before in zip(seed, first, strict=True)]))
        for seed, first in zip(by_seed, inputs, strict=True)
    ]
    shares = [
        float(np.mean([getattr(q, name) for seed in by_seed for q in seed]))
        for name in ("within_1_sigma", "within_2_sigma")
    ]
    known = [None if np.isnan(share) else share for share in shares]
    gain, gain_std = spread(gains)
    return RestorationRow(
        task=task,
        degradation=degradation,
        method=method,
        psnr=figures["psnr"][0],
        psnr_std=figures["psnr"][1],
        gain_db=gain,
        gain_db_std=gain_std,
        ssim=figures["ssim"][0],
        ssim_std=figures["ssim"][1],
        mse=figures["mse"][0],
        mse_std=figures["mse"][1],
        within_1_sigma=known[0],
        within_2_sigma=known[1],
        n=len(by_seed[0]),
        seeds=len(by_seed),
    )
