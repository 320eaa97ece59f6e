"""Scale bars and sexagesimal positions."""

import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from galcore.ui.galaxy_facts import scale_bar, sexagesimal


@given(st.integers(8, 4000), st.floats(0.01, 10))
def test_a_scale_bar_is_round_and_at_most_a_fifth_of_the_picture(width_px, scale):
    share, words = scale_bar(width_px, scale)
    assert 0.05 < share <= 0.2 + 1e-9
    length = float(words.removesuffix("″"))
    assert share == pytest.approx(length / (width_px * scale), rel=1e-3)


def test_without_a_pixel_scale_the_bar_counts_pixels():
    assert scale_bar(88, None)[1] == "10 px"


@given(st.floats(0, 359.9999), st.floats(-90, 90))
def test_sexagesimal_positions_equal_astropys(ra, dec):
    back = SkyCoord(sexagesimal(ra, dec), unit=("hourangle", "deg"))
    here = SkyCoord(ra, dec, unit="deg")
    assert back.separation(here).arcsec < 0.2


@pytest.mark.parametrize(
    ("ra", "dec", "expected"),
    [(0.0, -0.5, "00:00:00.00 -00:30:00.0"), (359.999999, 89.99999, "00:00:00.00 +90:00:00.0")],
)
def test_signs_and_carries_are_right(ra, dec, expected):
    assert sexagesimal(ra, dec) == expected
