"""The same galaxy drawn by GalSim: total flux, size and shape must agree."""

import galsim
import numpy as np
import pytest
import torch

from galcore.simulate.population import draw_parameters
from galcore.simulate.psf import FWHM_PER_SIGMA, WING_FLUX, WING_RATIO
from galcore.simulate.render import render
from galcore.simulate.surveys import SDSS

SIZE = 256
SCALE = SDSS.pixel_scale_arcsec


def smooth_galaxy(*, n, radius_px, q, angle_deg, bulge_to_total=1.0, bulge_radius_px=None):
    """One row of a truth table without arms, dust, noise or neighbours."""
    table = draw_parameters(1, survey=SDSS, seed=1, size_px=SIZE, classes=["elliptical"])
    parts = {"bulge": bulge_to_total, "disc": 1 - bulge_to_total, "bar": 0.0, "young": 0.0, "ring": 0.0}
    known = {f"{part}_fraction": share for part, share in parts.items()}
    known |= {f"{part}_redness": 0.8 for part in parts}
    known |= {"sersic_n": n, "axis_ratio": q, "bulge_axis_ratio": q, "position_angle_deg": angle_deg}
    known |= {"radius_arcsec": radius_px * SCALE, "bulge_to_total": bulge_to_total, "lopsided": 0.0}
    known |= {"bulge_radius_arcsec": (bulge_radius_px or radius_px) * SCALE, "dust_depth": 0.0, "bend": 0.0}
    known |= {"x_offset_px": 0.4, "y_offset_px": -0.7, "mag_r": 15.0, "spiral_arms": 0, "edge_on": False}
    known |= {f"psf_fwhm_px_{band}": 3.3 for band in SDSS.bands}
    return table.assign(**known)


def galsim_image(profile):
    sigma = 3.3 / FWHM_PER_SIGMA
    core = galsim.Gaussian(sigma=sigma, flux=1 - WING_FLUX)
    psf = core + galsim.Gaussian(sigma=sigma * WING_RATIO, flux=WING_FLUX)
    seen = galsim.Convolve(profile.shift(0.4, -0.7), psf, gsparams=galsim.GSParams(folding_threshold=1e-3))
    image = seen.drawImage(nx=SIZE, ny=SIZE, scale=1.0, method="auto").array
    return image[::-1]  # ours has row 0 on top


def our_image(table):
    flux = render(table, survey=SDSS, seed=1, size_px=SIZE, noise=False, field=False)
    return flux[0, 1].numpy() / 10 ** (0.4 * (22.5 - 15.0))


def moments(image, radius_px=60.0):
    """Flux, size and ellipticity from second moments under one wide Gaussian weight."""
    axis = np.arange(SIZE) - SIZE / 2 + 0.5
    x, y = np.meshgrid(axis, -axis)
    weight = image * np.exp(-0.5 * (x**2 + y**2) / radius_px**2)
    total = weight.sum()
    dx, dy = x - (weight * x).sum() / total, y - (weight * y).sum() / total
    xx, yy, xy = ((weight * a * b).sum() / total for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    return np.sqrt(xx + yy), (xx - yy) / (xx + yy), 2 * xy / (xx + yy)


def half_light_radius(image):
    axis = np.arange(SIZE) - SIZE / 2 + 0.5
    r = np.hypot(axis[None] - 0.4, -axis[:, None] + 0.7).ravel()
    order = np.argsort(r)
    growth = np.cumsum(image.ravel()[order])
    return np.interp(0.5 * growth[-1], growth, r[order])


def assert_same(ours, theirs):
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.01)
    assert half_light_radius(ours) == pytest.approx(half_light_radius(theirs), rel=0.02)
    size, e1, e2 = moments(ours)
    their_size, their_e1, their_e2 = moments(theirs)
    assert size == pytest.approx(their_size, rel=0.02)
    assert (e1, e2) == pytest.approx((their_e1, their_e2), abs=0.01)


@pytest.mark.parametrize(("n", "radius_px", "q"), [(0.8, 20, 0.5), (1, 6, 0.8), (2.5, 12, 0.6), (4, 8, 0.9)])
def test_a_sersic_galaxy_is_the_one_of_galsim(n, radius_px, q):
    ours = our_image(smooth_galaxy(n=n, radius_px=radius_px, q=q, angle_deg=30.0))
    profile = galsim.Sersic(n=n, half_light_radius=radius_px * np.sqrt(q), flux=1.0)
    theirs = galsim_image(profile.shear(q=q, beta=120 * galsim.degrees))
    assert_same(ours, theirs)


def test_a_bulge_with_a_disc_is_the_one_of_galsim():
    table = smooth_galaxy(n=3, radius_px=16, q=0.7, angle_deg=75.0, bulge_to_total=0.35, bulge_radius_px=5.0)
    bulge = galsim.Sersic(n=3, half_light_radius=5 * np.sqrt(0.7), flux=0.35)
    disc = galsim.Exponential(half_light_radius=16 * np.sqrt(0.7), flux=0.65)
    theirs = galsim_image((bulge + disc).shear(q=0.7, beta=165 * galsim.degrees))
    assert_same(our_image(table), theirs)


def test_a_tiny_bulge_loses_no_light_to_the_pixel_grid():
    ours = our_image(smooth_galaxy(n=4, radius_px=1.5, q=0.8, angle_deg=0.0))
    profile = galsim.Sersic(n=4, half_light_radius=1.5 * np.sqrt(0.8), flux=1.0)
    theirs = galsim_image(profile.shear(q=0.8, beta=90 * galsim.degrees))
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.01)


def test_the_noise_has_the_sigma_of_the_truth_table():
    table = draw_parameters(1, survey=SDSS, seed=5, size_px=SIZE, classes=["elliptical"])
    table = table.assign(noise_correlation_px=0.0)
    clean = render(table, survey=SDSS, seed=5, size_px=SIZE, noise=False)
    noisy = render(table, survey=SDSS, seed=5, size_px=SIZE)
    corner = (noisy - clean)[0, 1, :40, :40]
    assert float(torch.std(corner)) == pytest.approx(table.noise_sigma[0], rel=0.1)
