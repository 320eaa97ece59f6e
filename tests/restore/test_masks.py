from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray
from PIL import Image

from galcore.images.image import SkyImage
from galcore.restore.classical import blur
from galcore.restore.masks import disc_mask, line_mask, read_mask
from galcore.restore.proposals import propose_masks
from galcore.restore.psf import gaussian_psf
from galcore.types import GalcoreError

BANDS = ("g", "r", "i")


def seen(pixels: NDArray) -> SkyImage:
    return SkyImage(pixels.astype(np.float32), "flux", BANDS)


def found(image: SkyImage, kind: str) -> NDArray[np.bool_]:
    proposals = propose_masks(image, kinds=[kind])
    return proposals[0].mask if proposals else np.zeros(image.pixels.shape[1:], bool)


@pytest.fixture
def noise(galaxy: NDArray) -> float:
    return float(np.median(np.abs(np.diff(galaxy[0, :20]))) * 1.4826 / np.sqrt(2))


def test_cosmic_rays_are_found_and_the_galaxy_is_not(galaxy: NDArray, noise: float) -> None:
    rng = np.random.default_rng(2)
    rows, columns = rng.integers(4, 124, (2, 20))
    hit = galaxy.copy()
    hit[0, rows, columns] += noise * rng.uniform(40, 200, 20)

    mask = found(seen(hit), "cosmic-ray")

    assert mask[rows, columns].mean() >= 0.9
    assert mask.sum() < 60
    assert found(seen(galaxy), "cosmic-ray").sum() <= 4


def test_stars_as_sharp_as_the_psf_are_no_cosmic_rays() -> None:
    sky = np.zeros((96, 96))
    sky[20:90:30, 20:90:30] = 5000
    stars = blur(sky, gaussian_psf(2.6).stamps[0]) + np.random.default_rng(0).normal(0, 2, sky.shape)

    assert not found(seen(np.stack([stars] * 3)), "cosmic-ray").any()


@pytest.mark.parametrize("angle", [0.0, 30.0, 75.0, 120.0])
def test_a_trail_is_found_at_any_angle(galaxy: NDArray, noise: float, angle: float) -> None:
    way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * 200
    trail = line_mask((128, 128), tuple(np.array([50, 80]) - way), tuple(np.array([50, 80]) + way), 2.5)
    crossed = galaxy.copy()
    crossed[1] += trail * noise * 8

    mask = found(seen(crossed), "trail")

    assert mask[trail].mean() > 0.7
    assert mask.sum() < 5 * trail.sum()


def test_an_edge_on_galaxy_is_no_trail() -> None:
    y, x = np.mgrid[:128, :128] - 63.5
    disc = 80 * np.exp(-np.abs(x) / 12 - np.abs(y) / 2.0)
    sky = np.random.default_rng(0).normal(0, 1, (3, 128, 128))

    assert not found(seen(disc + sky), "trail").any()


def test_bright_stars_are_covered_and_the_object_in_the_middle_is_spared() -> None:
    sky = np.zeros((128, 128))
    stars = [(20, 25), (95, 30), (30, 100)]
    for row, column in stars:
        sky[row, column] = 8000
    y, x = np.mgrid[:128, :128] - 63.5
    sky += 60 * np.exp(-np.hypot(x, y / 0.6) / 6)
    image = blur(sky, gaussian_psf(3.0).stamps[0]) + np.random.default_rng(0).normal(0, 1, sky.shape)

    mask = found(seen(np.stack([image] * 3)), "star")

    assert all(mask[row, column] for row, column in stars)
    assert not mask[58:70, 58:70].any()
    assert mask.sum() < 2500


def test_nothing_is_proposed_in_an_empty_sky() -> None:
    sky = np.random.default_rng(5).normal(10, 1, (3, 100, 100))

    assert propose_masks(seen(sky)) == ()


def test_a_stamp_too_small_to_judge_gets_no_proposal() -> None:
    assert propose_masks(seen(np.ones((3, 12, 12)))) == ()


def test_an_unknown_kind_is_refused_with_the_known_ones(galaxy: NDArray) -> None:
    with pytest.raises(GalcoreError, match="trail"):
        propose_masks(seen(galaxy), kinds=["ghost"])


def test_masks_are_read_from_fits_and_png_alike(tmp_path: Path) -> None:
    mask = disc_mask((40, 60), 20, 10, 4)
    fits.writeto(tmp_path / "m.fits", mask.astype(np.int16) * 7)
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "m.png")

    assert np.array_equal(read_mask(tmp_path / "m.fits", (40, 60)), mask)
    assert np.array_equal(read_mask(tmp_path / "m.png", (40, 60)), mask)


def test_a_mask_of_another_size_or_none_is_named(tmp_path: Path) -> None:
    fits.writeto(tmp_path / "m.fits", np.ones((40, 60)))

    with pytest.raises(GalcoreError, match=r"m\.fits.*60 x 40 pixels do not match the image of 64 x 64"):
        read_mask(tmp_path / "m.fits", (64, 64))
    with pytest.raises(GalcoreError, match="no such file"):
        read_mask(tmp_path / "absent.fits", (64, 64))
