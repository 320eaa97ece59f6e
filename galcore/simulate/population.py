"""The truth table: what every simulated galaxy is, drawn from distributions like those of real surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from galcore.simulate.morphology import draw_morphology
from galcore.simulate.spectrum import band_flux
from galcore.simulate.surveys import Survey
from galcore.simulate.surveys import survey as find_survey
from galcore.types import FloatArray, GalcoreError

KIND_SHARES = {
    "elliptical": 0.15,
    "lenticular": 0.08,
    "spiral": 0.20,
    "barred": 0.13,
    "ringed": 0.09,
    "edge_on": 0.12,
    "irregular": 0.05,
    "merger": 0.08,
    "lens": 0.05,
    "artefact": 0.05,
}
KINDS = tuple(KIND_SHARES)


def draw_parameters(
    n: int,
    *,
    survey: str | Survey,
    seed: int,
    size_px: int = 128,
    classes: Sequence[str] | Mapping[str, float] | None = None,
    resampled: bool = True,
) -> pd.DataFrame:
    """Truth table of ``n`` galaxies, one row each; a pure function of its arguments.

    Angles are as displayed (row 0 on top): position angles run from up towards left. Radii are half-light
    radii along the major axis. ``bar_length`` and ``ring_radius`` are in half-light radii of the disc.
    Magnitudes are of the whole galaxy before its own dust, without companion, neighbours or arcs.

    Args:
        n: Number of galaxies.
        survey: Survey, or its name.
        seed: Seed of every draw.
        size_px: Side of the stamps; sizes on the sky scale with it.
        classes: Kinds to draw with equal shares, or shares per kind; default :data:`KIND_SHARES`.
        resampled: Stamps as image services scale them; ``False``: pixels straight from the camera, with the
            survey's seeing and white noise, for measurements.

    Raises:
        GalcoreError: If a kind or the survey is not known, or ``n`` is negative.

    >>> table = draw_parameters(3, survey="SDSS", seed=1)
    >>> table.equals(draw_parameters(3, survey="SDSS", seed=1))
    True
    """
    if n < 0:
        raise GalcoreError(f"n: cannot draw {n} galaxies; give 0 or more")
    sky = find_survey(survey) if isinstance(survey, str) else survey
    rng = np.random.default_rng(seed)
    kinds, shares = _shares(classes)
    table = draw_morphology(rng.choice(kinds, n, p=shares), rng)
    _draw_sizes(table, rng, sky, size_px)
    _draw_photometry(table, rng, sky, size_px)
    _draw_observation(table, rng, sky, size_px, resampled)
    _keep_arcs_visible(table, rng, sky)
    table["seed"] = rng.integers(0, 2**62, n)
    return table


def _shares(classes: Sequence[str] | Mapping[str, float] | None) -> tuple[list[str], FloatArray]:
    if classes is None:
        classes = KIND_SHARES
    mapping = dict(classes) if isinstance(classes, Mapping) else dict.fromkeys(classes, 1.0)
    unknown = [kind for kind in mapping if kind not in KIND_SHARES]
    if unknown:
        raise GalcoreError(f"classes: {', '.join(unknown)} not known; choose from {', '.join(KINDS)}")
    weights = np.array(list(mapping.values()), float)
    if not len(weights) or weights.min() < 0 or weights.sum() <= 0:
        raise GalcoreError("classes: give at least one kind with a share above zero")
    return list(mapping), weights / weights.sum()


def _draw_sizes(table: pd.DataFrame, rng: np.random.Generator, sky: Survey, size_px: int) -> None:
    """Sizes from a tenth of the frame (a random field) to filling it (stamps cut at D25)."""
    n = len(table)
    late = (table.stage > -2.5).to_numpy()
    share = np.where(
        rng.random(n) < 0.55,
        rng.normal(np.where(late, 0.20, 0.15), 0.05, n).clip(0.05, 0.33),
        np.exp(rng.uniform(np.log(0.03), np.log(0.14), n)),
    )
    lens = (table.kind == "lens").to_numpy()
    share = np.where(lens, np.exp(rng.uniform(np.log(0.02), np.log(0.075), n)), share)
    # Truth is what can be seen: bars, rings and arms come only with galaxies that resolve them.
    seeing_px = sky.psf_fwhm_arcsec[1] / sky.pixel_scale_arcsec
    structured = (table.barred | table.ringed | (table.spiral_arms > 0)).to_numpy()
    smallest = np.where(
        structured, np.minimum(2.0 * seeing_px, 0.1 * size_px) * rng.uniform(0.9, 1.3, n), 1.6
    )
    # Pairs are told from chance neighbours by their debris, which must be seen too.
    smallest = np.where(
        table.disturbed, np.maximum(smallest, 0.04 * size_px * rng.uniform(0.8, 1.6, n)), smallest
    )
    radius_px = np.maximum(share * size_px, smallest)
    table["radius_arcsec"] = radius_px * sky.pixel_scale_arcsec
    bulge = np.exp(rng.normal(np.log(0.13 + 0.25 * table.bulge_to_total), 0.25)).clip(0.06, 0.6)
    table["bulge_radius_arcsec"] = table.radius_arcsec * np.where(late, bulge, 1.0)
    table["scale_height_arcsec"] = np.maximum(
        table.radius_arcsec / 1.678 * table.pop("flattening"), 0.7 * sky.pixel_scale_arcsec
    )
    theta_e = rng.lognormal(np.log(0.065 * size_px), 0.35, n).clip(3.0, 0.17 * size_px)
    theta_e = np.maximum(theta_e, 0.9 * radius_px)
    table["einstein_radius_arcsec"] = np.where(lens, theta_e * sky.pixel_scale_arcsec, 0.0)
    offset = rng.uniform(0.05, 0.7, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    table["source_x_arcsec"] = table.einstein_radius_arcsec * offset * np.cos(angle)
    table["source_y_arcsec"] = table.einstein_radius_arcsec * offset * np.sin(angle)
    table["source_radius_arcsec"] = table.einstein_radius_arcsec * rng.uniform(0.08, 0.28, n)


def _draw_photometry(table: pd.DataFrame, rng: np.random.Generator, sky: Survey, size_px: int) -> None:
    """Magnitudes from surface brightness and size; colours from the ages of the parts and the redshift."""
    n = len(table)
    stage = table.stage.to_numpy()
    lens = (table.kind == "lens").to_numpy()
    # What looks big is near: nobody resolves arms over half a frame at redshift 0.2.
    share = (table.radius_arcsec / sky.pixel_scale_arcsec / size_px).to_numpy()
    near = (0.05 * (share / 0.08) ** -0.9 * rng.lognormal(0, 0.5, n)).clip(0.003, 0.22)
    near = np.where(lens, rng.uniform(0.15, 0.5, n), near)
    table["redshift"] = np.where(
        lens, rng.uniform(0.15, 0.5, n), rng.lognormal(np.log(0.05), 0.6, n).clip(0.003, 0.25)
    )
    brightness = rng.normal(
        np.interp(stage, [-5, -2, 1, 4, 7, 10], [20.6, 20.6, 21.0, 21.3, 21.9, 22.4]), 0.45
    )
    area = 2 * np.pi * table.radius_arcsec**2 * np.where(table.edge_on, 0.24, table.axis_ratio)
    # Galaxies come from a catalogue with a limit, as the SDSS main sample has at r = 17.8.
    limit = sky.depth_mag[1] - np.where(lens, 4.8, 4.3) + rng.exponential(0.25, n)
    mag = np.minimum(brightness - 2.5 * np.log10(area), limit)
    table["surface_brightness_mag_arcsec2"] = mag + 2.5 * np.log10(area)
    ages = {
        "bulge": np.interp(stage, [-5, 1, 4, 7, 10], [1.0, 0.98, 0.9, 0.7, 0.4]),
        "disc": np.interp(stage, [-5, -2, 0, 3, 6, 10], [1.0, 0.95, 0.78, 0.52, 0.30, 0.15]),
        "bar": np.interp(stage, [-5, 1, 4, 7, 10], [1.0, 0.95, 0.8, 0.6, 0.4]),
        "young": np.interp(stage, [-5, 0, 3, 6, 10], [0.6, 0.35, 0.02, -0.12, -0.2]),
        "ring": np.interp(stage, [-5, 0, 3, 6, 10], [0.7, 0.45, 0.1, -0.05, -0.1]),
    }
    shift = rng.normal(0, 0.07, n)
    for part, age in ages.items():
        table[f"{part}_redness"] = age + shift + rng.normal(0, 0.05, n)
    dusty = rng.lognormal(np.log(0.35), 0.5, n) * np.interp(
        stage, [-5, -2, 1, 5, 10], [0.0, 0.2, 1.0, 0.9, 0.3]
    )
    table["dust_depth"] = np.where(table.edge_on, 5.0 * dusty, dusty)
    reference = sky.bands[1]
    table[f"mag_{reference}"] = mag
    table["source_mag"] = np.where(lens, mag + rng.uniform(2.6, 4.8, n), np.nan)
    total = np.sum([component_flux(table, part, sky) for part in ages], axis=0)
    for c, band in enumerate(sky.bands):
        table[f"mag_{band}"] = sky.zero_point - 2.5 * np.log10(np.maximum(total[:, c], 1e-9))


def _keep_arcs_visible(table: pd.DataFrame, rng: np.random.Generator, sky: Survey) -> None:
    """Brighten sources whose arcs would drown in the noise: lensing keeps surface brightness.

    Nobody could call such a stamp a lens, so its truth would only mislead.
    """
    radius_px = table.source_radius_arcsec / sky.pixel_scale_arcsec
    blurred_px2 = radius_px**2 + (table.psf_fwhm_px / 2.3548) ** 2
    contrast = rng.uniform(5.0, 16.0, len(table))  # arc over noise in one pixel
    flux = 2.0 * np.pi * blurred_px2 * contrast * table.noise_sigma
    faintest = sky.zero_point - 2.5 * np.log10(flux)
    table["source_mag"] = np.minimum(table.source_mag, faintest.where(table.lens))


def component_flux(table: pd.DataFrame, part: str, sky: Survey) -> FloatArray:
    """Flux of one part of every galaxy per band, ``(N, C)`` nanomaggies."""
    flux = 10.0 ** (0.4 * (sky.zero_point - table[f"mag_{sky.bands[1]}"].to_numpy()))
    colours = band_flux(table[f"{part}_redness"].to_numpy(), table.redshift.to_numpy(), sky.wavelength_um)
    return (flux * table[f"{part}_fraction"].to_numpy())[:, None] * colours


def _draw_resampling(
    table: pd.DataFrame, rng: np.random.Generator, sky: Survey, size_px: int
) -> tuple[FloatArray, FloatArray]:
    """Zoom and noise correlation of stamps that services scale to their galaxy.

    Big galaxies are rebinned (sharper), some small ones blown up; either way noise of neighbouring pixels is
    correlated, 0.4 to 0.9 in SDSS stamps of Galaxy Zoo and EFIGI.
    """
    n = len(table)
    share = (table.radius_arcsec / sky.pixel_scale_arcsec / size_px).to_numpy()
    most = np.where(table.barred | table.ringed | (table.spiral_arms > 0), 1.25, 1.9)
    blown_up = np.where((rng.random(n) < 0.4) & (share < 0.12), rng.uniform(1.0, most), 1.0)
    zoom = np.where(blown_up > 1.0, blown_up, 1.0 / np.clip(share / 0.10, 1.0, 2.2))
    zoom = np.where(table.lens, 0.75 * zoom, zoom)
    return zoom, np.where(rng.random(n) < 0.8, rng.uniform(0.45, 1.15, n), 0.0)


def _draw_observation(
    table: pd.DataFrame, rng: np.random.Generator, sky: Survey, size_px: int, resampled: bool
) -> None:
    """Seeing, noise, centring and the crowd around; big galaxies are rebinned, so sharper and cleaner."""
    n = len(table)
    common_psf, common_noise = rng.normal(0, 1, n), rng.normal(0, 1, n)
    zoom, correlation_px = _draw_resampling(table, rng, sky, size_px)
    zoom, correlation_px = (zoom, correlation_px) if resampled else (np.ones(n), np.zeros(n))
    table["noise_correlation_px"] = correlation_px
    for c, band in enumerate(sky.bands):
        law, noise = sky.psf_law(c), sky.noise_law(c)
        deviate = 0.8 * common_psf + 0.6 * rng.normal(0, 1, n)
        sigma = np.maximum(law.loc + law.scale * np.exp(law.shape * deviate), 0.4)
        table[f"psf_fwhm_px_{band}"] = np.maximum(sigma * 2.3548 * zoom, 1.3)
        deviate = 0.8 * common_noise + 0.6 * rng.normal(0, 1, n)
        depth = np.where(table.lens, 0.4, 1.0)  # lenses are looked for in deeper imaging
        table[f"noise_sigma_{band}"] = depth * np.maximum(
            noise.loc + noise.scale * np.exp(noise.shape * deviate), 0.2 * noise.scale
        )
    table["psf_fwhm_px"] = table[f"psf_fwhm_px_{sky.bands[1]}"]
    table["noise_sigma"] = table[f"noise_sigma_{sky.bands[1]}"]
    table["x_offset_px"] = rng.normal(0, 0.5, n).clip(-1.4, 1.4)
    table["y_offset_px"] = rng.normal(0, 0.5, n).clip(-1.4, 1.4)
    table["star_count"] = rng.poisson(rng.gamma(1.5, 2.0, n))
    table["neighbour_count"] = rng.poisson(rng.gamma(1.5, np.where(table.lens, 6.0, 2.5), n))
    table["size_px"] = size_px
