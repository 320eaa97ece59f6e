"""The mathematics of the simulator against what is known in closed form."""

import math

import numpy as np
import pytest
import torch

from galcore.simulate import profiles
from galcore.simulate.colour import draw_display, to_rgb
from galcore.simulate.grid import NestedGrid
from galcore.simulate.lensing import sie_deflection
from galcore.simulate.psf import FWHM_PER_SIGMA, WING_FLUX, convolve
from galcore.simulate.spectrum import band_flux
from galcore.simulate.surveys import SDSS, SURVEYS


def one(value):
    return torch.tensor([[float(value)]])


def test_the_nested_grid_covers_every_pixel_once():
    grid = NestedGrid.make(128)
    assert float(grid.area.sum()) == pytest.approx(128**2)
    assert torch.equal(grid.collapse(torch.ones_like(grid.x)), torch.ones(128, 128))


def test_the_nested_grid_keeps_positions_in_place():
    grid = NestedGrid.make(64)
    columns, rows = grid.collapse(grid.x), grid.collapse(grid.y)
    torch.testing.assert_close(columns[10], torch.arange(64) - 31.5)
    torch.testing.assert_close(rows[:, 33], 31.5 - torch.arange(64.0))


@pytest.mark.parametrize("n", [0.7, 1.0, 4.0])
def test_half_of_a_sersic_galaxy_is_inside_its_radius(n):
    axis = torch.linspace(-120, 120, 2401) + 1e-3
    x, y = torch.meshgrid(axis, axis, indexing="ij")
    light = profiles.sersic(x.reshape(1, -1), y.reshape(1, -1), one(5), one(n), one(1)) * 0.1**2
    inside = light[(x**2 + y**2).reshape(1, -1) < 25].sum()
    assert float(inside) == pytest.approx(0.5, abs=0.01)


def test_an_edge_on_disc_has_unit_flux():
    axis = torch.linspace(-150, 150, 1501)
    x, z = torch.meshgrid(axis, axis, indexing="ij")
    light = profiles.edge_on_disc(x.reshape(1, -1), z.reshape(1, -1), one(12), one(3)) * 0.2**2
    assert float(light.sum()) == pytest.approx(1.0, abs=0.005)


def test_the_light_lost_by_a_truncated_edge_on_disc_is_known():
    axis = torch.linspace(-150, 150, 3001)[None]
    line = profiles.edge_on_disc(axis, torch.zeros_like(axis), one(12), one(3)) * 6.0 * 0.1
    inside = line[axis.abs() < 3.2 * 12].sum()
    assert float(inside) == pytest.approx(float(profiles.edge_on_share_inside(one(3.2))), abs=0.005)


def test_a_round_lens_bends_light_by_its_einstein_radius():
    angle = torch.linspace(0, 2 * math.pi, 50)[None]
    ax, ay = sie_deflection(3 * torch.cos(angle), 3 * torch.sin(angle), one(1.7), one(0.9999))
    torch.testing.assert_close(torch.hypot(ax, ay), torch.full_like(angle, 1.7), rtol=1e-3, atol=0)


def test_the_deflection_is_a_gradient():
    # a field that comes from a potential has no curl
    x, y = one(1.3), one(0.8)
    step = 1e-3
    up, down = (sie_deflection(x, y + s, one(2.0), one(0.7))[0] for s in (step, -step))
    right, left = (sie_deflection(x + s, y, one(2.0), one(0.7))[1] for s in (step, -step))
    assert float(up - down) == pytest.approx(float(right - left), rel=1e-2)


def test_the_seeing_keeps_flux_and_adds_its_width():
    flux = torch.zeros(1, 1, 65, 65)
    flux[0, 0, 32, 32] = 7.0
    seen = convolve(flux, torch.tensor([[4.0]]))[0, 0]
    assert float(seen.sum()) == pytest.approx(7.0, rel=1e-4)
    sigma2 = (4.0 / FWHM_PER_SIGMA) ** 2
    x = torch.arange(65) - 32.0
    variance = float((seen.sum(0) * x**2).sum() / seen.sum())
    expected = sigma2 * (1 - WING_FLUX + WING_FLUX * 2.4**2) + 1 / 12
    assert variance == pytest.approx(expected, rel=0.01)


def test_colours_are_those_of_real_ellipticals_and_redden_with_redshift():
    g, r, i = band_flux(np.array([1.0]), np.array([0.0]), SDSS.wavelength_um)[0]
    assert -2.5 * np.log10(g / r) == pytest.approx(0.75, abs=0.03)
    assert -2.5 * np.log10(r / i) == pytest.approx(0.38, abs=0.03)
    far = band_flux(np.array([1.0]), np.array([0.2]), SDSS.wavelength_um)[0]
    assert far[0] < g


def test_hue_is_kept_at_every_brightness():
    faint = torch.tensor([0.1, 0.2, 0.4]).reshape(1, 3, 1, 1)
    shown = to_rgb(torch.cat([faint, faint * 4]), scales=(1, 1, 1), pedestal=0.0, chroma_px=0.0).float()[
        :, 0, 0
    ]
    ratio = shown[:, 0] / shown[:, 2]
    assert ratio.tolist() == pytest.approx([4.0, 4.0], rel=0.05)


def test_empty_sky_is_dark_and_a_bright_star_white_at_most():
    shown = to_rgb(torch.stack([torch.zeros(3, 2, 2), torch.full((3, 2, 2), 1e4)]))
    assert shown[0].max() < 20
    assert shown[1].max() == 255


def test_random_displays_differ_and_repeat():
    first, second = draw_display(5, seed=1), draw_display(5, seed=1)
    assert torch.equal(first.stretch, second.stretch)
    assert len(set(first.stretch.tolist())) == 5


def test_a_survey_at_its_depth_has_five_sigma():
    for sky in SURVEYS.values():
        if sky.noise_sigma:
            continue
        sigma_px = sky.psf_fwhm_arcsec[1] / sky.pixel_scale_arcsec / FWHM_PER_SIGMA
        noise = sky.noise_law(1).scale * math.sqrt(4 * math.pi * sigma_px**2)
        assert 10 ** (0.4 * (22.5 - sky.depth_mag[1])) / noise == pytest.approx(5.0)
