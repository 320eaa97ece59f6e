"""Points under a lasso."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.atlas.polygon import points_in_polygon
from galcore.types import GalcoreError


def inside_by_winding(point, polygon):
    """Reference: a convex or simple polygon encloses a point if the angles to its corners add up to 2π."""
    angles = [math.atan2(y - point[1], x - point[0]) for x, y in polygon]
    turns = [
        (b - a + math.pi) % (2 * math.pi) - math.pi
        for a, b in zip(angles, angles[1:] + angles[:1], strict=True)
    ]
    return abs(sum(turns)) > math.pi


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), corners=st.integers(3, 14))
def test_a_simple_polygon_agrees_with_the_sum_of_angles(seed, corners):
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.3, 1.0, corners)
    polygon = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    xy = rng.uniform(-1.1, 1.1, size=(60, 2))
    expected = [inside_by_winding(point, polygon.tolist()) for point in xy]
    np.testing.assert_array_equal(points_in_polygon(xy, polygon), expected)


def test_every_point_of_a_tiling_is_in_exactly_one_tile():
    xy = np.array([(x, y) for x in np.arange(0.5, 4) for y in np.arange(0.5, 4)] + [(1.0, 1.0), (2.0, 0.5)])
    times = np.zeros(len(xy), dtype=int)
    for column in range(4):
        for row in range(4):
            square = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
            times += points_in_polygon(xy, square)
    np.testing.assert_array_equal(times, 1)


@pytest.mark.parametrize("polygon", [[], [(0, 0)], [(0, 0), (1, 1)]])
def test_less_than_a_triangle_encloses_nothing(polygon):
    assert not points_in_polygon(np.zeros((3, 2)), polygon).any()


def test_a_galaxy_without_a_position_is_never_selected():
    xy = np.array([[np.nan, 0.0], [0.0, 0.0]])
    assert points_in_polygon(xy, [(-1, -1), (1, -1), (1, 1), (-1, 1)]).tolist() == [False, True]


@pytest.mark.parametrize(
    "polygon", ["abc", [(0, 0, 0)] * 3, [(0, math.nan)] * 3, [(0, 0)] * 6000, [{"x": 1}], [[0], [1, 2]]]
)
def test_a_hostile_lasso_is_refused(polygon):
    with pytest.raises(GalcoreError, match="lasso"):
        points_in_polygon(np.zeros((3, 2)), polygon)
