from pathlib import Path

import numpy as np
import pytest

from galcore.images.detection import DetectionSettings, detect_sources, measure_background
from galcore.images.image import SkyImage
from galcore.types import GalcoreError, Progress

RNG_SEED = 3


def draw_field(
    sources: list[tuple[float, float, float, float]],
    *,
    height: int = 240,
    width: int = 300,
    sky: float = 50.0,
) -> np.ndarray:
    """Gaussians (x, y, peak, sigma) along x, half as wide in y, on a sky with a gradient."""
    y, x = np.mgrid[:height, :width]
    field = sky + 0.05 * x + np.random.default_rng(RNG_SEED).normal(0, 1, (height, width))
    for x0, y0, peak, sigma in sources:
        field += peak * np.exp(-0.5 * (((x - x0) / sigma) ** 2 + ((y - y0) / (sigma / 2)) ** 2))
    return field.astype(np.float32)


def as_image(field: np.ndarray) -> SkyImage:
    planes = field if field.ndim == 3 else field[None]
    return SkyImage(planes, "flux", tuple(f"b{n}" for n in range(len(planes))), None, "field.fits")


PLACES = [
    (50.0, 60.0, 80.0, 5.0),
    (150.0, 100.0, 40.0, 4.0),
    (240.0, 180.0, 150.0, 6.0),
    (100.0, 200.0, 30.0, 5.0),
]


def test_planted_galaxies_are_found_where_they_are() -> None:
    table = detect_sources(as_image(draw_field(PLACES))).table
    assert len(table) == len(PLACES)
    for x, y, _, sigma in PLACES:
        nearest = table.iloc[np.hypot(table.x - x, table.y - y).argmin()]
        assert np.hypot(nearest.x - x, nearest.y - y) < 0.5
        assert nearest.ellipticity > 0.25
        assert abs(nearest.orientation_deg) < 10
        assert 0.5 * sigma < nearest.semimajor_px < 1.5 * sigma
        assert nearest.snr > 25
    assert (np.diff(table.flux) <= 0).all()


def test_an_empty_sky_has_no_sources() -> None:
    found = detect_sources(as_image(draw_field([])))
    assert len(found.table) == 0
    assert {"x", "y", "flux", "stamp_size_px", "edge"} <= set(found.table.columns)


def test_two_galaxies_that_touch_are_split_and_say_so() -> None:
    pair = [(100.0, 100.0, 100.0, 5.0), (118.0, 100.0, 90.0, 5.0)]
    split = detect_sources(as_image(draw_field(pair))).table
    whole = detect_sources(as_image(draw_field(pair)), settings=DetectionSettings(deblend=False)).table
    assert len(split) == 2 and split.deblended.all()
    assert len(whole) == 1 and not whole.deblended.any()


def test_a_source_cut_by_the_edge_or_by_missing_pixels_is_flagged() -> None:
    field = draw_field([(0.0, 100.0, 100.0, 5.0), (150.0, 100.0, 100.0, 5.0), (220.0, 60.0, 100.0, 5.0)])
    field[90:110, 155:170] = np.nan
    table = detect_sources(as_image(field)).table
    by_x = table.sort_values("x")
    assert by_x.edge.tolist() == [True, True, False]


def test_missing_pixels_are_no_sources() -> None:
    field = draw_field([])
    field[:, :40] = np.nan
    assert len(detect_sources(as_image(field)).table) == 0


def test_bands_together_find_what_each_band_alone_cannot() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:200, :200]
    galaxy = 1.6 * np.exp(-0.5 * (((x - 100) / 4) ** 2 + ((y - 100) / 4) ** 2))
    bands = np.stack([galaxy + rng.normal(0, 1, (200, 200)) for _ in range(9)]).astype(np.float32)
    alone = detect_sources(as_image(bands), settings=DetectionSettings(band="b4")).table
    together = detect_sources(as_image(bands)).table
    assert len(alone) == 0 and len(together) == 1


def test_a_band_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(GalcoreError, match="no band 'z'; it has b0"):
        detect_sources(as_image(draw_field([])), settings=DetectionSettings(band="z"))


def test_larger_galaxies_get_larger_stamps() -> None:
    table = detect_sources(as_image(draw_field([(70, 120, 100, 3.0), (210, 120, 100, 12.0)]))).table
    small, large = table.sort_values("semimajor_px").stamp_size_px
    assert large > 2 * small and small >= 20


def test_what_is_too_faint_or_small_is_counted_not_hidden() -> None:
    found = detect_sources(as_image(draw_field([*PLACES, (200.0, 40.0, 6.0, 2.5)])))
    assert any("fainter than 25 sigma" in item.reason for item in found.left_out)


def test_splitting_ends_in_time_and_counts_what_it_did_not_reach() -> None:
    crowd = [(15.0 + 15 * n, 20.0 + 20 * m, 60.0, 5.0) for n in range(18) for m in range(10)]
    settings = DetectionSettings(deblend_time_s=0.0)
    found = detect_sources(as_image(draw_field(crowd)), settings=settings)
    assert any("were not split" in item.reason for item in found.left_out)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_a_field_without_contrast_gives_an_answer(value: float) -> None:
    field = as_image(np.full((64, 64), value, dtype=np.float32))
    if np.isnan(value):
        with pytest.raises(GalcoreError, match="no pixel with a value"):
            detect_sources(field)
    else:
        assert len(detect_sources(field).table) == 0


def test_a_field_of_a_few_pixels_is_refused() -> None:
    with pytest.raises(GalcoreError, match="too few for a field"):
        detect_sources(as_image(np.zeros((8, 8), np.float32)))


def test_progress_reaches_its_end() -> None:
    steps: list[Progress] = []
    detect_sources(as_image(draw_field(PLACES)), progress=steps.append)
    assert steps[-1].done == steps[-1].total and "4 sources" in steps[-1].message


def test_the_background_follows_a_gradient() -> None:
    field = draw_field([])
    background, rms = measure_background(field, np.zeros(field.shape, bool), 48, "f")
    expected = 50 + 0.05 * np.arange(300)
    assert np.abs(background - expected).max() < 1.5
    assert np.abs(rms - 1).max() < 0.25


def test_the_hubble_deep_field_gives_hundreds_of_galaxies() -> None:
    import skimage.data

    from galcore.images.pictures import read_picture

    found = detect_sources(read_picture(Path(skimage.data.__file__).parent / "hubble_deep_field.jpg"))
    assert 500 < len(found.table) < 2000
    assert found.table.stamp_size_px.between(20, 300).all()
    assert (found.table.snr > 25).all()
