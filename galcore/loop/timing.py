"""How long a person waits: submissions against a real label store, timed on the server."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.labels.store import LabelStore
from galcore.loop.session import CampaignLoop, GridAnswer, Submission
from galcore.types import Campaign, EventKind, Grid, LabelEvent

LIMITS_MS = ((10_000, 150.0), (100_000, 300.0))  # galaxies up to which a limit holds
_KINDS = 40


def clustered_vectors(
    n_galaxies: int, dimension: int, *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Simulated embeddings: galaxies of 40 kinds, a quarter of which are wanted.

    Returns:
        (N, D) float32 and (N,) whether it is wanted.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(_KINDS, dimension)).astype(np.float32)
    kind = rng.integers(_KINDS, size=n_galaxies)
    vectors = rng.standard_normal((n_galaxies, dimension), dtype=np.float32) * 2 + centres[kind]
    return vectors, kind < _KINDS // 4


def time_submissions(
    folder: Path,
    *,
    n_galaxies: int,
    n_labels: int = 500,
    n_submissions: int = 30,
    grid: int = 16,
    dimension: int = 512,
) -> tuple[list[float], list[float]]:
    """Milliseconds of each submission to a campaign that has labels already.

    Args:
        folder: Where the label store is made.
        n_galaxies: Galaxies in the campaign.
        n_labels: Labels there are before the first timed submission.
        n_submissions: Submissions timed.
        grid: Galaxies a grid (a square number).
        dimension: Length of an embedding.

    Returns:
        Time of each whole submission (store, fit, score, compose, store the grid), and of each fit alone.
    """
    vectors, truth = clustered_vectors(n_galaxies, dimension)
    galaxy_ids = np.array([f"simulated-{row:07d}" for row in range(n_galaxies)])
    side = round(grid**0.5)
    campaign = Campaign("timing", "Timing", "Is it wanted?", ("yes", "no"), grid_rows=side, grid_columns=side)
    with LabelStore.open(folder / "labels.duckdb") as store:
        store.create_campaign(campaign)
        store.append(_earlier_labels(truth, galaxy_ids, n_labels))
        loop = CampaignLoop(campaign, store, galaxy_ids, vectors)
        wanted = dict(zip(galaxy_ids.tolist(), truth.tolist(), strict=True))
        shown, _ = loop.grids("annotator")
        whole, fits = [], []
        for _ in range(n_submissions):
            submission = _answer(shown, wanted)
            started = time.perf_counter()
            shown = loop.submit(submission).grid
            whole.append((time.perf_counter() - started) * 1e3)
            fits.append(loop.fit_milliseconds)
        loop.close()
    return whole, fits


def latency_result(n_galaxies: int, whole: Sequence[float], fits: Sequence[float]) -> BenchmarkResult:
    """Times of submissions in the common form."""
    limit = next((limit for most, limit in LIMITS_MS if n_galaxies <= most), None)
    label = f"submit to next grid, {n_galaxies:,} galaxies"
    p50, p95 = (round(float(np.percentile(whole, q)), 1) for q in (50, 95))
    fit = round(float(np.median(fits)), 1)
    return BenchmarkResult(
        name="latency",
        command=f"python -m galcore benchmark latency --galaxies {n_galaxies}",
        results=(
            Measure(f"{label}, median", p50, "ms"),
            Measure.at_most(f"{label}, 95th percentile", p95, "ms", limit)
            if limit
            else Measure(f"{label}, 95th percentile", p95, "ms"),
            Measure(f"fit and score, {n_galaxies:,} galaxies, median", fit, "ms"),
        ),
        rows=tuple(
            {
                "galaxies": n_galaxies,
                "submission": number,
                "submit_ms": round(ms, 1),
                "fit_ms": round(fit_ms, 1),
            }
            for number, (ms, fit_ms) in enumerate(zip(whole, fits, strict=True), start=1)
        ),
    )


def _earlier_labels(truth: NDArray[np.bool_], galaxy_ids: NDArray[np.str_], count: int) -> list[LabelEvent]:
    rows = np.random.default_rng(1).choice(len(truth), min(count, len(truth) // 2), replace=False)
    return [
        LabelEvent(
            event_id=str(uuid.uuid4()),
            campaign_id="timing",
            galaxy_id=str(galaxy_ids[row]),
            annotator="annotator",
            kind=EventKind.LABEL,
            answer="yes" if truth[row] else "no",
        )
        for row in rows.tolist()
    ]


def _answer(grid: Grid, wanted: dict[str, bool]) -> Submission:
    answers = tuple(
        GridAnswer(
            item.galaxy_id,
            "yes" if wanted[item.galaxy_id] else "no",
            str(uuid.uuid4()),
            explicit=wanted[item.galaxy_id],
        )
        for item in grid.items
    )
    return Submission(grid.grid_id, "annotator", answers)
