"""Which features a galaxy has, drawn jointly along the Hubble sequence.

``stage`` is the numerical Hubble type (de Vaucouleurs et al. 1991): -5 elliptical, -2 lenticular, 1 Sa, 5 Sc,
10 irregular. Bulge, pitch angle, colour and clumpiness follow from it with scatter; bars and rings come
together more often than alone (Buta et al. 2015); bars are called only where inclination lets them be seen.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from galcore.types import FloatArray

Draw = np.random.Generator
ARTEFACT_SHARES = {
    "trail": 0.22,
    "bright_star": 0.22,
    "bleed": 0.12,
    "scattered_light": 0.14,
    "cut_frame": 0.10,
    "cosmic_rays": 0.06,
    "ghost": 0.06,
    "moving_object": 0.05,
    "misaligned_bands": 0.03,
}


def draw_morphology(kind: np.ndarray, rng: Draw) -> pd.DataFrame:
    """Table with the features of galaxies of the given kinds, ``(N,)``."""
    table = pd.DataFrame({"kind": kind})
    table["stage"] = _draw_stage(table, rng)
    table["edge_on"] = (table.kind == "edge_on").to_numpy()
    table["disturbed"] = (table.kind == "merger").to_numpy()
    table["lens"] = (table.kind == "lens").to_numpy()
    table["artefact"] = (table.kind == "artefact").to_numpy()
    _draw_features(table, rng)
    _draw_shape(table, rng)
    _draw_arms(table, rng)
    _draw_bar_and_ring(table, rng)
    _draw_fractions(table, rng)
    _draw_merger(table, rng)
    faults = rng.choice(list(ARTEFACT_SHARES), len(table), p=list(ARTEFACT_SHARES.values()))
    table["artefact_kind"] = np.where(table.artefact, faults, "none")
    return table


def _draw_stage(table: pd.DataFrame, rng: Draw) -> FloatArray:
    n = len(table)
    laws = {  # kind: (mean, scatter, lowest, highest)
        "elliptical": (-5.0, 0.4, -6, -4),
        "lens": (-5.0, 0.4, -6, -4),
        "lenticular": (-1.8, 0.7, -2.4, 0),
        "spiral": (4.0, 1.9, 0.6, 8),
        "barred": (2.6, 2.0, -1, 8),
        "ringed": (1.0, 1.6, -2, 5),
        "edge_on": (3.5, 2.8, -2.4, 9),
        "irregular": (9.6, 0.5, 8.5, 10),
    }
    stage = np.where(rng.random(n) < 0.42, rng.normal(-4.8, 0.5, n), rng.normal(3.5, 2.2, n).clip(-1, 9))
    for kind, (mean, scatter, low, high) in laws.items():
        stage = np.where(table.kind == kind, rng.normal(mean, scatter, n).clip(low, high), stage)
    return stage


def _draw_features(table: pd.DataFrame, rng: Draw) -> None:
    n = len(table)
    kind, disc = table.kind.to_numpy(), (table.stage > -2.5).to_numpy()
    mixed = disc & np.isin(kind, ["merger", "artefact"])
    chance_bar = np.select(
        [kind == "barred", kind == "ringed", kind == "lenticular", kind == "irregular", mixed],
        [1.0, 0.5, 0.15, 0.35, 0.3],
    )
    table["barred"] = rng.random(n) < chance_bar
    chance_ring = np.select([kind == "ringed", kind == "barred", kind == "lenticular"], [1.0, 0.30, 0.10])
    table["ringed"] = rng.random(n) < chance_ring
    chance_arms = np.select(
        [kind == "spiral", kind == "barred", kind == "ringed", mixed & (table.stage < 8.5)],
        [1.0, 0.85, 0.6, 0.8],
    )
    table["armed"] = (rng.random(n) < chance_arms) & (table.stage > -0.5).to_numpy()


def _draw_shape(table: pd.DataFrame, rng: Draw) -> None:
    n = len(table)
    disc = (table.stage > -2.5).to_numpy()
    lowest = np.select([table.kind == "barred", table.kind == "ringed"], [0.40, 0.35], 0.28)
    cosine = rng.uniform(lowest, 1.0, n)
    table["axis_ratio"] = np.where(disc, np.sqrt(cosine**2 * 0.97 + 0.03), rng.beta(5, 1.8, n).clip(0.4, 1))
    table["position_angle_deg"] = rng.uniform(0, 180, n)
    table["flattening"] = rng.lognormal(np.log(0.23), 0.35, n).clip(0.10, 0.5)
    mean = np.interp(table.stage, [-5, -2, 1, 3, 5, 7, 10], [1.0, 0.45, 0.28, 0.16, 0.08, 0.03, 0.01])
    share = np.where(disc, (mean * rng.lognormal(0, 0.35, n)).clip(0.0, 0.75), 1.0)
    table["bulge_to_total"] = share
    n_mean = np.interp(table.stage, [-5, -2, 1, 4, 7, 10], [4.0, 2.8, 2.2, 1.5, 1.1, 1.0])
    table["sersic_n"] = (n_mean * rng.lognormal(0, 0.22, n)).clip(0.8, 6.0)
    bulge_q = np.where(
        table.edge_on, rng.uniform(0.45, 0.9, n), np.maximum(table.axis_ratio, rng.uniform(0.6, 0.95, n))
    )
    table["bulge_axis_ratio"] = np.where(disc, bulge_q, table.axis_ratio)
    table["truncation"] = rng.uniform(1.7, 2.8, n)  # end of the disc, half-light radii
    table["warp"] = np.where(rng.random(n) < 0.3, rng.normal(0, 0.05, n), 0.0)
    table["dust_tilt"] = rng.normal(0, 0.25, n)
    table["lopsided"] = np.where(disc, rng.normal(0, 0.06 + 0.012 * np.maximum(table.stage, 0), n), 0.0)


def _draw_arms(table: pd.DataFrame, rng: Draw) -> None:
    n = len(table)
    armed = table.pop("armed").to_numpy()
    count = rng.choice([1, 2, 3, 4, 5, 6], n, p=[0.03, 0.62, 0.16, 0.11, 0.05, 0.03])
    table["spiral_arms"] = np.where(armed, count, 0)
    pitch = np.interp(table.stage, [-1, 1, 3, 5, 8], [10, 13, 17, 21, 27]) + rng.normal(0, 4.5, n)
    table["pitch_angle_deg"] = np.where(armed, pitch.clip(7, 42), 0.0)
    table["arm_winding"] = np.where(armed, rng.choice(["cw", "acw"], n), "none")
    table["arm_contrast"] = np.where(armed, rng.uniform(0.3, 1.0, n), 0.0)
    width = rng.uniform(0.05, 0.13, n)  # of an arm, across, in units of its radius
    table["arm_width"] = np.where(armed, width, 0.0)
    sine = np.sin(np.deg2rad(table.pitch_angle_deg.clip(8, 45)))
    table["arm_sharpness"] = ((sine / (np.maximum(count, 2) * width)) ** 2).clip(0.6, 4.5)
    table["arm_asymmetry"] = np.abs(rng.normal(0, 0.22, n)).clip(0, 0.7)
    table["arm_wobble"] = rng.normal(0, 0.28, n)
    table["arm_reach"] = rng.uniform(1.5, 2.6, n)
    table["arm_phase"] = rng.uniform(0, 2 * np.pi, n)
    clumps = np.interp(table.stage, [-5, -1, 2, 5, 8, 10], [0.0, 0.15, 0.5, 0.9, 1.2, 1.5])
    table["clumpiness"] = (clumps * rng.lognormal(0, 0.25, n)).clip(0, 1.8)


def _draw_bar_and_ring(table: pd.DataFrame, rng: Draw) -> None:
    n = len(table)
    length = np.interp(table.stage, [-2, 1, 5, 10], [0.68, 0.68, 0.45, 0.42]) * rng.lognormal(0, 0.28, n)
    table["bar_length"] = np.where(table.barred, length.clip(0.28, 1.25), 0.0)
    table["bar_axis_ratio"] = np.where(table.barred, rng.uniform(0.15, 0.36, n), 0.0)
    table["bar_boxiness"] = rng.uniform(2.0, 3.6, n)
    table["bar_angle"] = rng.uniform(0, np.pi, n)
    inner = rng.random(n) < 0.7
    both = table.ringed & (rng.random(n) < 0.2)
    table["ring_kind"] = np.select(
        [both, table.ringed & inner, table.ringed], ["both", "inner", "outer"], "none"
    )
    at_bar = table.bar_length * rng.normal(1.05, 0.06, n)
    free = rng.uniform(0.55, 1.3, n)
    inner_radius = np.where(table.barred, at_bar, free).clip(0.4, 1.5)
    radius = np.where(
        table.ring_kind == "outer", (inner_radius * rng.normal(2.1, 0.15, n)).clip(1.2, 2.3), inner_radius
    )
    table["ring_radius"] = np.where(table.ringed, radius, 0.0)
    table["ring_width"] = np.where(table.ringed, radius * rng.uniform(0.08, 0.22, n), 0.0)
    table["ring_axis_ratio"] = np.where(table.ringed & table.barred, rng.uniform(0.75, 1.0, n), 1.0)


def _draw_fractions(table: pd.DataFrame, rng: Draw) -> None:
    """Shares of the light: what the bulge leaves goes to bar, arms, rings, and the disc gets the rest."""
    n = len(table)
    left = 1.0 - table.bulge_to_total
    extent = (table.bar_length / 0.7) ** 1.1 * np.sqrt(
        table.bar_axis_ratio / 0.25
    )  # short bars hold less light
    bar = np.where(table.barred, rng.uniform(0.07, 0.20, n) * extent, 0.0)
    floor = np.interp(table.stage, [-5, -0.5, 2, 5, 10], [0.0, 0.0, 0.05, 0.14, 0.35])
    arms = np.where(table.spiral_arms > 0, table.arm_contrast * rng.uniform(0.25, 0.48, n), 0.0)
    young = np.where(table.edge_on, floor * 0.5, np.maximum(arms, floor))
    ring = np.where(table.ringed, rng.uniform(0.10, 0.32, n), 0.0)
    scale = np.minimum(1.0, 0.75 / np.maximum(bar + young + ring, 1e-9))
    table["bulge_fraction"] = table.bulge_to_total
    table["bar_fraction"], table["young_fraction"], table["ring_fraction"] = (
        left * bar * scale,
        left * young * scale,
        left * ring * scale,
    )
    table["disc_fraction"] = 1.0 - table[
        ["bulge_fraction", "bar_fraction", "young_fraction", "ring_fraction"]
    ].sum(axis=1)


def _draw_merger(table: pd.DataFrame, rng: Draw) -> None:
    n = len(table)
    on = table.disturbed.to_numpy()
    ratio = np.exp(rng.uniform(np.log(0.15), np.log(1.0), n))
    table["companion_flux_ratio"] = np.where(on & (rng.random(n) < 0.85), ratio, 0.0)
    table["companion_separation"] = rng.uniform(0.4, 1.9, n)  # half-light radii of the primary
    table["companion_angle"] = rng.uniform(0, 2 * np.pi, n)
    table["companion_radius_ratio"] = ratio**0.4 * rng.lognormal(0, 0.2, n)
    table["companion_axis_ratio"] = rng.uniform(0.4, 1.0, n)
    table["companion_angle_deg"] = rng.uniform(0, 180, n)
    table["companion_sersic_n"] = rng.choice([1.0, 1.8, 2.8, 4.0], n, p=[0.15, 0.25, 0.3, 0.3])
    table["companion_redness"] = rng.uniform(0.1, 1.0, n)
    dry = (table.stage < -2.5).to_numpy()
    feature = np.where(
        dry,
        rng.choice(["envelope", "shells", "bridge", "tail", "none"], n, p=[0.4, 0.25, 0.15, 0.1, 0.1]),
        rng.choice(["tail", "tails", "bridge", "envelope", "ring"], n, p=[0.3, 0.3, 0.2, 0.15, 0.05]),
    )
    table["tidal_kind"] = np.where(on, feature, "none")
    table["tidal_fraction"] = np.where(table.tidal_kind == "none", 0.0, rng.uniform(0.06, 0.24, n))
    table.loc[table.tidal_kind == "envelope", "tidal_fraction"] *= 2.0
    table["tidal_pitch_deg"] = rng.uniform(22, 55, n)
    table["tidal_sharpness"] = rng.uniform(3, 12, n)
    table["tidal_reach"] = rng.uniform(2.0, 4.0, n)
    table["bend"] = np.where(on, rng.normal(0, 0.12, n), 0.0)
