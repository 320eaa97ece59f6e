from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from galcore.images.image import SkyImage
from galcore.model.framing import central_fraction, central_object, measure_extent
from galcore.model.preprocessing import Preprocessing, choose_bands, stack_frames, stretch_flux
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError


def blob(size_px: int, radius_px: float, *, noise: float = 0.0) -> np.ndarray:
    rows, columns = np.mgrid[0:size_px, 0:size_px] - (size_px - 1) / 2
    light = 200 * np.exp(-0.5 * (rows**2 + columns**2) / radius_px**2)
    light = light + noise * np.random.default_rng(0).normal(size=light.shape)
    return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_a_small_object_is_framed_tighter_than_a_large_one() -> None:
    fractions = [central_fraction(blob(200, r, noise=2), margin=1.6, smallest=0.3) for r in (12, 20, 30, 90)]

    assert fractions == sorted(fractions)
    assert fractions[0] < 0.5
    assert fractions[-1] == 1.0


def test_framing_takes_the_same_share_of_the_sky_at_any_resolution() -> None:
    coarse = central_fraction(blob(100, 8), margin=1.6, smallest=0.2)
    fine = central_fraction(blob(400, 32), margin=1.6, smallest=0.2)

    assert coarse == pytest.approx(fine, abs=0.06)


def test_empty_pictures_are_taken_whole() -> None:
    assert central_fraction(np.zeros((50, 50, 3), np.uint8), margin=1.6, smallest=0.3) == 1.0


@pytest.mark.parametrize("shape", [(90, 90, 3), (40, 75, 3), (64, 64), (64, 64, 1), (50, 50, 4), (9, 7, 3)])
def test_pictures_of_any_shape_become_the_networks_input(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, shape, dtype=np.uint8)

    prepared = Preprocessing(size_px=32).prepare(picture)

    assert prepared.shape == (3, 32, 32)
    assert prepared.dtype == torch.float32
    assert torch.isfinite(prepared).all()


def test_a_picture_image_and_its_bytes_are_prepared_alike() -> None:
    rgb = simulate(1, seed=4, size_px=48).rgb[0]
    image = SkyImage(np.ascontiguousarray(rgb.transpose(2, 0, 1)), "picture", ("r", "g", "b"))
    preprocessing = Preprocessing(size_px=32, mean=(0.1, 0.1, 0.1), std=(0.2, 0.2, 0.2))

    assert torch.equal(preprocessing.prepare(image), preprocessing.prepare(rgb))


def test_flux_is_stretched_alike_in_any_unit() -> None:
    flux = simulate(1, seed=5, size_px=64).flux[0]

    first = stretch_flux(flux, ("g", "r", "i"))
    second = stretch_flux(1e-4 * flux + 1e-5, ("g", "r", "i"))

    assert np.abs(first.astype(int) - second.astype(int)).max() <= 2
    assert first[32, 32].mean() > 60 > np.median(first)


def test_the_reddest_known_band_is_shown_red() -> None:
    flux = np.random.default_rng(0).normal(size=(3, 32, 32)).astype(np.float32)
    flux[2, 12:20, 12:20] += 100

    rgb = stretch_flux(flux, ("g", "r", "z"))

    assert rgb[16, 16, 0] > rgb[16, 16, 2] + 50


def test_missing_pixels_count_as_sky() -> None:
    flux = simulate(1, seed=6, size_px=48).flux[0].copy()
    flux[:, :10] = np.nan
    flux[0, 30, 30] = np.inf

    prepared = Preprocessing(size_px=32).prepare(SkyImage(flux, "flux", ("g", "r", "i")))

    assert torch.isfinite(prepared).all()
    assert prepared[:, 0].max() < 0.2


@pytest.mark.parametrize("n_bands", [1, 2, 5, 9])
def test_any_number_of_bands_gives_a_colour_picture(n_bands: int) -> None:
    flux = np.random.default_rng(0).normal(size=(n_bands, 20, 24)).astype(np.float32)

    assert stretch_flux(flux, tuple(f"band{n}" for n in range(n_bands))).shape == (20, 24, 3)


def test_bands_with_known_names_are_ordered_by_wavelength() -> None:
    assert choose_bands(("z", "g", "r"), 3) == [0, 2, 1]
    assert choose_bands(("u", "g", "r", "i", "Z", "Y", "J", "H", "Ks"), 9) == [3, 2, 1]


def test_settings_survive_being_written_and_read() -> None:
    preprocessing = Preprocessing(size_px=96, mean=(0.1, 0.2, 0.3), margin=1.7, views=2)

    assert Preprocessing.from_json(preprocessing.to_json()) == preprocessing
    with pytest.raises(GalcoreError, match="preprocessing of the checkpoint"):
        Preprocessing.from_json('{"size": 3}')


def test_a_setting_that_came_later_leaves_the_text_of_older_checkpoints_as_it_was() -> None:
    assert "unit_length" not in Preprocessing(size_px=64).to_json()
    assert Preprocessing.from_json(Preprocessing(size_px=64, unit_length=True).to_json()).unit_length


def test_numbers_that_are_no_picture_are_refused_in_words() -> None:
    with pytest.raises(GalcoreError, match="uint8"):
        Preprocessing(size_px=32).prepare(np.zeros((8, 8, 3), np.float32))  # type: ignore[arg-type]


def test_framing_agrees_with_the_slow_way_of_measuring_an_object() -> None:
    for rgb in simulate(12, seed=9, size_px=96).rgb:
        grey = rgb.mean(axis=2).round().astype(np.float32)
        smooth = ndimage.uniform_filter(grey, 3)
        border = np.concatenate([e.ravel() for e in (smooth[:3], smooth[-3:], smooth[:, :3], smooth[:, -3:])])
        noise = 1.4826 * np.median(np.abs(np.diff(grey, axis=1))) / np.sqrt(2)
        found = central_object(grey)
        if found is None:
            continue
        mask, sky = found
        assert sky == pytest.approx(np.percentile(border, 25), abs=1e-3)
        assert (smooth[mask] > sky + max(2.5 * noise, 2.5) - 1e-3).all()
        rows, columns = np.mgrid[0:96, 0:96] - 47.5
        radius = np.hypot(rows, columns)[mask] / 48
        assert measure_extent(grey) == pytest.approx(np.quantile(radius, 0.98))


def test_grey_levels_of_a_batch_become_what_each_stamp_alone_becomes() -> None:
    preprocessing = Preprocessing(size_px=32, mean=(0.1, 0.2, 0.3), std=(0.2, 0.3, 0.4))
    stamps = list(simulate(3, seed=6, size_px=48).rgb)
    frames = [preprocessing.frame(stamp) for stamp in stamps]
    batch = preprocessing.normalise(stack_frames(frames))

    assert torch.equal(batch, torch.stack([preprocessing.prepare(stamp) for stamp in stamps]))
    scaled = (np.stack(frames) / 255 - np.array([0.1, 0.2, 0.3])) / np.array([0.2, 0.3, 0.4])
    assert np.allclose(batch.numpy(), scaled.transpose(0, 3, 1, 2), atol=1e-5)
    assert torch.equal(preprocessing.normalise(stack_frames(frames).contiguous()), batch)
