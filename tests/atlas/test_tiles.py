"""The map as a grid of thumbnails."""

import numpy as np

from galcore.atlas.tiles import thumbnail_grid


def test_each_cell_shows_the_galaxy_nearest_to_its_centre():
    xy = np.array([[0.0, 0.0], [0.45, 0.55], [0.9, 0.1], [2.0, 2.0]])
    grid = thumbnail_grid(xy, columns=2)
    assert grid.cells.tolist() == [[0, 0], [1, 1]]
    assert grid.rows.tolist() == [1, 3]
    assert grid.counts.tolist() == [3, 1]


def test_all_galaxies_are_counted_once():
    xy = np.random.default_rng(0).normal(size=(1000, 2))
    grid = thumbnail_grid(xy, columns=20)
    assert grid.counts.sum() == 1000
    assert len(np.unique(grid.rows)) == len(grid.rows)
    assert grid.cells.min() >= 0
    assert grid.cells.max() < 20


def test_empty_and_single_maps_are_fine():
    assert len(thumbnail_grid(np.empty((0, 2))).rows) == 0
    assert thumbnail_grid(np.zeros((1, 2))).rows.tolist() == [0]
    assert thumbnail_grid(np.array([[np.nan, 1.0], [3.0, 4.0]])).rows.tolist() == [1]
