"""Simulated pictures with the truth that pretraining may learn from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.pretrain.corpus import STORED_PX, Corpus, frame_for_storage, open_corpus, store_corpus
from galcore.simulate.sample import simulate
from galcore.simulate.surveys import DECALS, HSC, SDSS, Survey
from galcore.types import Progress, ProgressCallback

# CFHTLS (Gwyn 2012): between SDSS and HSC in scale, seeing and depth; the lens sets were cut from it.
CFHTLS = replace(
    HSC,
    name="CFHTLS",
    pixel_scale_arcsec=0.187,
    psf_fwhm_arcsec=(0.85, 0.78, 0.72),
    depth_mag=(25.6, 25.0, 24.8),
)
_CHUNK = 512
_BINARY = ("edge_on", "disturbed", "lens", "artefact", "barred", "ringed", "arms", "companion")
_NUMBERS = (
    "bulge_to_total",
    "axis_ratio",
    "stage",
    "arm_strength",
    "pitch_angle_deg",
    "bar_length",
    "ring_radius",
    "clumpiness",
    "tidal_fraction",
)


@dataclass(frozen=True, slots=True)
class SimulatedPart:
    """One group of simulations of a corpus."""

    name: str
    survey: Survey
    n: int
    size_px: int
    classes: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class SimulatedCorpus:
    """Simulated pictures with the truth that the auxiliary heads learn.

    Attributes:
        corpus: Framed pictures.
        binary: (N, T) float32, 1 yes, 0 no, NaN where the question does not apply.
        binary_names: Question of each column.
        kinds: (N,) int index into ``kind_names``.
        kind_names: What was simulated.
        numbers: (N, R) float32, standardised, NaN where not defined.
        number_names: Meaning of each column.
    """

    corpus: Corpus
    binary: NDArray[np.float32]
    binary_names: tuple[str, ...]
    kinds: NDArray[np.int64]
    kind_names: tuple[str, ...]
    numbers: NDArray[np.float32]
    number_names: tuple[str, ...]


# Rings, bars, mergers and lenses beyond their natural share: they are what few labels leave unlearned.
TINY_PARTS = (
    SimulatedPart(
        "sdss",
        SDSS,
        14_000,
        128,
        {
            "elliptical": 0.11,
            "lenticular": 0.07,
            "spiral": 0.18,
            "barred": 0.17,
            "ringed": 0.14,
            "edge_on": 0.08,
            "irregular": 0.05,
            "merger": 0.12,
            "lens": 0.03,
            "artefact": 0.05,
        },
    ),
    SimulatedPart(
        "cfhtls",
        CFHTLS,
        6_000,
        128,
        {
            "lens": 0.42,
            "elliptical": 0.13,
            "spiral": 0.12,
            "ringed": 0.11,
            "merger": 0.10,
            "barred": 0.04,
            "edge_on": 0.04,
            "artefact": 0.04,
        },
    ),
    SimulatedPart(
        "decals",
        DECALS,
        4_000,
        128,
        {
            "elliptical": 0.10,
            "lenticular": 0.08,
            "spiral": 0.18,
            "barred": 0.17,
            "ringed": 0.14,
            "edge_on": 0.08,
            "irregular": 0.05,
            "merger": 0.12,
            "lens": 0.04,
            "artefact": 0.04,
        },
    ),
)


def build_simulated_corpus(
    parts: tuple[SimulatedPart, ...], *, cache: Path, seed: int = 1, progress: ProgressCallback | None = None
) -> SimulatedCorpus:
    """Simulate, frame and keep; or open what an earlier call with the same parts and seed kept.

    Args:
        parts: Groups to simulate.
        cache: Folder for the arrays.
        seed: Of the simulations.
        progress: Told after each chunk.
    """
    name = "_".join(f"{part.name}{part.n}" for part in parts)
    target = cache / f"simulated_{name}_{STORED_PX}px_seed{seed}"
    if not target.exists():
        pictures, scales, groups, truths = [], [], [], []
        for group, part in enumerate(parts):
            for start in range(0, part.n, _CHUNK):
                n = min(_CHUNK, part.n - start)
                made = simulate(
                    n,
                    survey=part.survey,
                    seed=seed + 1000 * (group + 1) + start // _CHUNK,
                    size_px=part.size_px,
                    classes=part.classes,
                    vary_display=True,
                )
                for rgb in made.rgb:
                    picture, scale = frame_for_storage(rgb)
                    pictures.append(picture)
                    scales.append(scale)
                groups += [group] * n
                truths.append(made.truth)
                if progress is not None:
                    progress(Progress(f"simulate {part.name}", start + n, part.n))
        truth_file = cache / f"{target.name}.parquet"
        cache.mkdir(parents=True, exist_ok=True)
        pd.concat(truths, ignore_index=True).to_parquet(truth_file)
        store_corpus(
            target,
            pictures=np.stack(pictures),
            scales=np.array(scales, dtype=np.float32),
            groups=np.array(groups, dtype=np.int64),
            group_names=tuple(part.name for part in parts),
        )
    return with_truth(open_corpus(target), pd.read_parquet(cache / f"{target.name}.parquet"))


def with_truth(corpus: Corpus, truth: pd.DataFrame) -> SimulatedCorpus:
    """Targets of the auxiliary heads from a truth table; questions that cannot be answered are NaN."""
    flat = truth["edge_on"].to_numpy(bool)
    no_disc = truth["kind"].isin(["artefact"]).to_numpy(bool)
    columns = {name: truth[name].to_numpy(np.float32) for name in _BINARY if name in truth}
    columns["arms"] = (truth["spiral_arms"].to_numpy() > 0).astype(np.float32)
    columns["companion"] = (truth["companion_flux_ratio"].to_numpy() > 0.05).astype(np.float32)
    for name in ("barred", "ringed", "arms"):
        columns[name] = np.where(flat | no_disc, np.nan, columns[name]).astype(np.float32)
    arms = columns["arms"] > 0
    values = {name: truth[name].to_numpy(np.float32) for name in _NUMBERS if name in truth}
    values["arm_strength"] = truth["arm_contrast"].to_numpy(np.float32) * arms
    values["pitch_angle_deg"] = np.where(arms, values["pitch_angle_deg"], np.nan)
    values["ring_radius"] = np.where(columns["ringed"] > 0, values["ring_radius"], np.nan)
    numbers = np.stack([values[name] for name in _NUMBERS], axis=1)
    numbers = (numbers - np.nanmean(numbers, axis=0)) / (np.nanstd(numbers, axis=0) + 1e-6)
    kinds, kind_names = pd.factorize(truth["kind"], sort=True)
    return SimulatedCorpus(
        corpus=corpus,
        binary=np.stack([columns[name] for name in _BINARY], axis=1),
        binary_names=_BINARY,
        kinds=kinds.astype(np.int64),
        kind_names=tuple(str(name) for name in kind_names),
        numbers=np.clip(numbers, -4, 4).astype(np.float32),
        number_names=_NUMBERS,
    )


def scale_parts(parts: tuple[SimulatedPart, ...], factor: float) -> tuple[SimulatedPart, ...]:
    """The same groups with other numbers of simulations."""
    return tuple(replace(part, n=max(round(part.n * factor), 32)) for part in parts)


def describe(parts: tuple[SimulatedPart, ...]) -> str:
    """The parts as JSON, for a run card."""
    return json.dumps(
        [{"name": p.name, "survey": p.survey.name, "n": p.n, "size_px": p.size_px} for p in parts]
    )
