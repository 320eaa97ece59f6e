from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from galcore.restore.masks import disc_mask
from galcore.restore.reconstruction import reconstruct
from galcore.types import GalcoreError


def test_known_pixels_come_back_bit_for_bit(galaxy: NDArray) -> None:
    mask = disc_mask(galaxy.shape[1:], 60, 50, 9)

    done = reconstruct(galaxy, mask, method="biharmonic")

    assert np.array_equal(done.pixels[:, ~mask], galaxy[:, ~mask])
    assert np.all(done.residual[:, ~mask] == 0)


def test_a_hole_in_a_smooth_disc_is_filled_with_its_light() -> None:
    y, x = np.mgrid[:96, :96]
    truth = 300 * np.exp(-np.hypot(x - 47.5, y - 47.5) / 8) + 5.0
    mask = disc_mask(truth.shape, 60, 52, 6)
    holed = np.where(mask, -1e4, truth)

    done = reconstruct(holed, mask, method="biharmonic")

    assert np.abs(done.pixels[0] - truth)[mask].max() < 0.08 * truth[mask].max()
    light = float((truth - 5.0).sum())
    assert done.total.before[0] < done.total.after[0]
    assert done.total.after[0] == pytest.approx(light, rel=0.05)


def test_values_under_the_mask_are_never_looked_at(galaxy: NDArray) -> None:
    mask = disc_mask(galaxy.shape[1:], 60, 50, 9)
    hot = np.where(mask, 1e9, galaxy)

    results = [reconstruct(image, mask, method="biharmonic").pixels for image in (galaxy, hot)]

    assert np.array_equal(*results)


def test_pixels_without_a_value_are_filled_without_a_mask(galaxy: NDArray) -> None:
    holed = galaxy.copy()
    holed[0, 30:34, 30:40] = np.nan
    holed[2, 80, 80] = np.inf

    done = reconstruct(holed, method="biharmonic")

    assert np.isfinite(done.pixels).all()
    assert np.array_equal(done.pixels[1], galaxy[1])
    assert done.mask.sum() == 41


def test_a_picture_is_filled_within_its_scale(galaxy: NDArray) -> None:
    picture = np.clip((galaxy - galaxy.min()) / np.ptp(galaxy), 0, 1)
    mask = disc_mask(galaxy.shape[1:], 64, 64, 5)

    done = reconstruct(picture, mask, method="biharmonic", kind="picture")

    assert -0.1 < done.pixels.min() < done.pixels.max() < 1.2
    assert done.kind == "picture"


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((128, 128)), "marks no pixel"),
        (np.ones((128, 128)), "too little is left"),
        (np.ones((128, 64)), "64 x 128 pixels do not match the image of 128 x 128"),
    ],
)
def test_masks_that_make_no_sense_are_refused(galaxy: NDArray, mask: NDArray, words: str) -> None:
    with pytest.raises(GalcoreError, match=words):
        reconstruct(galaxy, mask, method="biharmonic")


def test_a_method_of_the_other_task_is_refused(galaxy: NDArray) -> None:
    with pytest.raises(GalcoreError, match="biharmonic"):
        reconstruct(galaxy, np.eye(128), method="wiener")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((2, 3, 40, 40)), "is no image"),
        (np.zeros((3, 2, 40)), "too few"),
        (np.full((2, 40, 40), np.nan), "no pixel with a value"),
    ],
)
def test_what_is_no_image_is_refused(image: NDArray, words: str) -> None:
    with pytest.raises(GalcoreError, match=words):
        reconstruct(image, np.eye(40), method="biharmonic")
