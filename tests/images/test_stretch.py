import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from galcore.images.image import SkyImage
from galcore.images.stretch import STRETCHES, BandLimits, SurveyLimits, to_rgb
from galcore.types import GalcoreError

ANY_FLOAT = st.floats(width=32, allow_nan=True, allow_infinity=True)
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=9)


def flux_image(pixels: np.ndarray) -> SkyImage:
    return SkyImage(pixels, "flux", tuple(f"b{n}" for n in range(len(pixels))))


@settings(max_examples=120, deadline=None)
@example(np.array([[[6.9301540e06, 5.9671526e-32, 0.0]]], np.float32), "faint", False)  # noise next to zero
@given(hnp.arrays(np.float32, SHAPES, elements=ANY_FLOAT), st.sampled_from(STRETCHES), st.booleans())
def test_any_flux_becomes_bytes_of_the_same_size(pixels: np.ndarray, stretch: str, with_limits: bool) -> None:
    limits = SurveyLimits(tuple(BandLimits(0, 1, 100) for _ in pixels)) if with_limits else None
    rgb = to_rgb(flux_image(pixels), stretch=stretch, limits=limits)
    assert rgb.dtype == np.uint8 and rgb.shape == (*pixels.shape[1:], 3)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.uint8, st.tuples(st.just(3), st.integers(1, 9), st.integers(1, 9))),
    st.sampled_from(STRETCHES),
)
def test_any_picture_becomes_bytes_of_the_same_size(pixels: np.ndarray, stretch: str) -> None:
    rgb = to_rgb(SkyImage(pixels, "picture", ("r", "g", "b")), stretch=stretch)
    assert rgb.dtype == np.uint8 and rgb.shape == (*pixels.shape[1:], 3)


def test_a_picture_under_the_survey_stretch_is_left_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (3, 8, 8), dtype=np.uint8)
    rgb = to_rgb(SkyImage(pixels, "picture", ("r", "g", "b")), stretch="survey")
    np.testing.assert_array_equal(rgb, pixels.transpose(1, 2, 0))


@pytest.mark.parametrize("stretch", STRETCHES)
def test_one_band_is_shown_grey_and_brighter_flux_brighter(stretch: str) -> None:
    ramp = np.linspace(-3, 200, 400, dtype=np.float32).reshape(1, 20, 20)
    rgb = to_rgb(flux_image(ramp), stretch=stretch)
    assert (rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all()
    levels = rgb[..., 0].ravel().astype(int)
    assert (np.diff(levels) >= 0).all() and levels[-1] > 200


@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize("value", [0.0, 7.5, np.nan, -1e38])
def test_an_image_without_contrast_is_shown_flat(stretch: str, value: float) -> None:
    rgb = to_rgb(flux_image(np.full((3, 8, 8), value, dtype=np.float32)), stretch=stretch)
    assert len(np.unique(rgb)) == 1


def test_missing_pixels_are_black_and_do_not_spread() -> None:
    pixels = np.random.default_rng(0).normal(10, 1, (1, 16, 16)).astype(np.float32)
    pixels[0, 8, 8] = 500
    whole = to_rgb(flux_image(pixels), stretch="survey")
    pixels[0, 0, 0] = np.nan
    holed = to_rgb(flux_image(pixels), stretch="survey")
    assert (holed[0, 0] == 0).all()
    assert np.abs(holed.astype(int) - whole)[1:].max() <= 3


def test_the_longest_wavelength_is_red() -> None:
    pixels = np.random.default_rng(0).normal(0, 1, (3, 16, 16)).astype(np.float32)
    pixels[2, 4:8, 4:8] += 80  # bright in the last band, i
    rgb = to_rgb(SkyImage(pixels, "flux", ("g", "r", "i")), stretch="survey")
    assert rgb[5, 5, 0] > rgb[5, 5, 1] and rgb[5, 5, 0] > rgb[5, 5, 2]


def test_with_survey_limits_a_fainter_galaxy_looks_fainter() -> None:
    rng = np.random.default_rng(0)
    limits = SurveyLimits((BandLimits(0.0, 1.0, 200.0),))
    shown = []
    for flux in (150.0, 15.0):
        pixels = rng.normal(0, 1, (1, 20, 20)).astype(np.float32)
        pixels[0, 8:12, 8:12] += flux
        shown.append(int(to_rgb(flux_image(pixels), stretch="survey", limits=limits)[10, 10, 0]))
    assert shown[0] > shown[1] + 50


def test_structure_under_the_noise_of_the_survey_shows_in_the_faint_stretch() -> None:
    pixels = np.random.default_rng(0).normal(0, 1, (1, 64, 64)).astype(np.float32)
    pixels[0, 20:40, 20:40] += 1.0
    pixels[0, :8, :8] = 5000.0  # a bright star in the corner
    step = {
        name: float(np.diff([shown[45:].mean(), shown[20:40, 20:40].mean()])[0])
        for name in ("image", "faint")
        for shown in [to_rgb(flux_image(pixels), stretch=name)[..., 0].astype(float)]
    }
    assert step["faint"] > 25 and step["faint"] > step["image"]


def test_an_unknown_stretch_is_refused_with_the_known_ones() -> None:
    with pytest.raises(GalcoreError, match="survey, image, zscale, faint"):
        to_rgb(flux_image(np.zeros((1, 4, 4), np.float32)), stretch="log")
