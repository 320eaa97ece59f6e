"""``benchmark restore``: the network beside the classical tools, on pictures whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from galcore.evaluate.restoring import RestorationRow
    from galcore.evaluate.result import BenchmarkResult, Measure
    from galcore.model.restorer import Restorer

TASKS = ("reconstruct", "deconvolve")
TARGET_GAIN_DB = {"reconstruct": 11.2, "deconvolve": 2.2}
CLASSICAL = {"reconstruct": ("biharmonic",), "deconvolve": ("wiener", "richardson-lucy")}
SOURCES = ("real", "simulated")


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("restore")(benchmark_restore)


def benchmark_restore(
    task: str = typer.Option(..., "--task", help="reconstruct or deconvolve."),
    images: Path | None = typer.Option(
        None, "--images", help="Folder of pictures or FITS files; by default real ones that no training saw."
    ),
    source: str = typer.Option("real", "--source", help="Without --images: real or simulated pictures."),
    seeds: int = typer.Option(3, "--seeds", min=1, help="Draws of pictures, PSFs, noise and masks."),
    n: int = typer.Option(150, "--n", min=1, help="Pictures a seed."),
    model: list[str] = typer.Option(
        [], "--model", help="Name or file of a network, again for each; NAME=FILE gives its row a name."
    ),
    masks: str = typer.Option("", "--masks", help="Kinds of masks, comma-separated; by default all."),
    pairs: bool = typer.Option(
        False, "--pairs", help="Instead: real SDSS galaxies, deconvolved, beside sharper KiDS images."
    ),
    classical_only: bool = typer.Option(False, "--classical-only", help="Without any network."),
    as_json: bool = AS_JSON,
) -> None:
    """PSNR, SSIM and MSE of the input and of each method: mean over pictures, mean and scatter over seeds."""
    from dataclasses import asdict

    from galcore.evaluate.degradations import MASKS
    from galcore.evaluate.restoring import run_protocol
    from galcore.evaluate.result import BenchmarkResult
    from galcore.jobs.reporting import progress_for_terminal_and_job

    if task not in TASKS:
        raise GalcoreError(f"--task: '{task}' is not known; choose {' or '.join(TASKS)}")
    restorers = {} if classical_only else _restorers(model)
    command = f"python -m galcore benchmark restore --task {task}"
    if pairs:
        result = _pairs_result(task, restorers, f"{command} --pairs")
    else:
        kinds = tuple(part.strip() for part in masks.split(",") if part.strip()) or MASKS
        unknown = [kind for kind in kinds if kind not in MASKS]
        if unknown:
            raise GalcoreError(f"--masks: '{unknown[0]}' is not known; choose from {', '.join(MASKS)}")
        pictures, words = _pictures(images, source, n)
        progress, _ = progress_for_terminal_and_job(as_json)
        rows = run_protocol(
            task,  # type: ignore[arg-type]  # checked above
            pictures,
            seeds=seeds,
            restorers=restorers,
            masks=kinds,
            progress=progress,
        )
        details = tuple({**asdict(row), "pictures": words} for row in rows)
        command = f"{command} --seeds {seeds} --n {n}" + (f" --images {images}" if images else "")
        result = BenchmarkResult("restore", command, _measures(task, rows, restorers), details)
    typer.echo(result.to_json() if as_json else result.table())


def _restorers(models: Sequence[str]) -> dict[str, Restorer]:
    """Networks by the name of their row, untrained weights beside them."""
    from galcore.model.restorer import DEFAULT_MODEL, load_restorer
    from galcore.restore.network import load

    named: dict[str, Restorer] = {}
    for given in models:
        label, _, path = given.rpartition("=")
        named[label or given] = load(path)
    if not named:
        named["model"] = load()
    first = models[0].rpartition("=")[2] if models else DEFAULT_MODEL
    named["untrained"] = load_restorer(first, untrained=True)
    return named


def _pictures(
    images: Path | None, source: str, n: int
) -> tuple[Callable[[int], Sequence[NDArray[np.float32]]], str]:
    """A function that gives the pictures of a seed, and what they are in words."""
    import numpy as np

    from galcore.evaluate.benchmark_pictures import (
        draw_files,
        held_out_files,
        list_images,
        read_framed,
        simulated,
    )
    from galcore.settings import Settings

    if source not in SOURCES:
        raise GalcoreError(f"--source: '{source}' is not known; choose {' or '.join(SOURCES)}")
    if images is not None:
        sets = {str(images): list_images(images)}
    else:
        folder = Settings.from_environment().real_data_dir
        sets = held_out_files(folder) if source == "real" else {}
        if not any(sets.values()):
            absent = f" (no real pictures in {folder}; set GALCORE_REAL_DATA)" if source == "real" else ""
            if absent:
                typer.echo(f"note: simulated pictures are used{absent}", err=True)
            return lambda seed: list(simulated(n, seed + 7000)), f"simulated{absent}"
    words = ", ".join(f"{Path(name).name} {len(files)}" for name, files in sets.items())

    def of_seed(seed: int) -> list[NDArray[np.float32]]:
        return [read_framed(path) for path in draw_files(sets, n, np.random.default_rng([seed, 515]))]

    return of_seed, f"{'real, held out: ' if images is None else ''}{words}"


def _measures(
    task: str, rows: Sequence[RestorationRow], restorers: dict[str, Restorer]
) -> tuple[Measure, ...]:
    """Gain of each method in the headline degradation; networks against target and classical tools."""
    from galcore.evaluate.result import Measure

    headline = rows[0].degradation
    gains = {row.method: row.gain_db for row in rows if row.degradation == headline}
    over = "masked" if task == "reconstruct" else "blurred"
    measures = []
    for method, gain in gains.items():
        name = f"{method}: gain over the {over} input ({headline})"
        trained = method in restorers and method != "untrained"
        if trained:
            measures.append(Measure.at_least(name, round(gain, 3), "dB", TARGET_GAIN_DB[task]))
            best = max(gains[tool] for tool in CLASSICAL[task])
            tools = " and ".join(CLASSICAL[task])
            measures.append(
                Measure.at_least(f"{method}: gain over {tools}", round(gain - best, 3), "dB", 0.0)
            )
        elif method != "input":
            measures.append(Measure(name, round(gain, 3), "dB"))
    return tuple(measures)


def _pairs_result(task: str, restorers: dict[str, Restorer], command: str) -> BenchmarkResult:
    from dataclasses import asdict

    from galcore.evaluate.result import BenchmarkResult, Measure
    from galcore.evaluate.survey_pairs import compare_pairs, read_pairs
    from galcore.settings import Settings

    if task != "deconvolve":
        raise GalcoreError("--pairs: compares deconvolved images; give --task deconvolve")
    pairs = read_pairs(Settings.from_environment().real_data_dir)
    rows = tuple(compare_pairs(pairs, restorers))
    measures = []
    for method in dict.fromkeys(row.method for row in rows if row.method != "input"):
        own = [row for row in rows if row.method == method]
        trained = method.split(",")[0] in set(restorers) - {"untrained"}
        for name, closer in (
            ("same flux scale", sum(bool(row.closer) for row in own)),
            ("best flux scale each", sum(bool(row.closer_scaled) for row in own)),
            ("asinh stretch", sum(bool(row.closer_stretched) for row in own)),
        ):
            text = f"{method}: SDSS galaxies nearer to KiDS than the input, {name}"
            measures.append(
                Measure.at_least(text, closer, f"of {len(pairs)}", len(pairs))
                if trained
                else Measure(text, closer, f"of {len(pairs)}")
            )
    return BenchmarkResult("restore-pairs", command, tuple(measures), tuple(asdict(row) for row in rows))
