"""The neighbour graph behind the map."""

import numpy as np
import pytest

from galcore.search import graph as graph_module
from galcore.search.graph import nearest_rows, neighbour_graph


def points(n, dimensions=8, seed=0):
    return np.random.default_rng(seed).normal(size=(n, dimensions)).astype(np.float32)


def test_the_graph_equals_brute_force():
    cloud = points(120)
    rows, distances = neighbour_graph(cloud, 6)
    full = np.linalg.norm(cloud[:, None] - cloud[None], axis=2)
    np.testing.assert_array_equal(rows, np.argsort(full, axis=1)[:, :6])
    np.testing.assert_allclose(distances, np.sort(full, axis=1)[:, :6], atol=2e-3)


def test_each_galaxy_is_its_own_first_neighbour_even_among_copies():
    rows, distances = neighbour_graph(np.repeat(points(3), 10, axis=0), 4)
    np.testing.assert_array_equal(rows[:, 0], np.arange(30))
    assert (distances[:, 0] == 0).all()


def test_more_neighbours_than_galaxies_gives_all_of_them():
    assert neighbour_graph(points(3), 15)[0].shape == (3, 3)


def test_the_inverted_file_of_a_large_workspace_agrees_mostly(monkeypatch):
    cloud = points(6_000, dimensions=6)
    exact, _ = neighbour_graph(cloud, 10)
    monkeypatch.setattr(graph_module, "EXACT_GRAPH_LIMIT", 1_000)
    approximate, distances = neighbour_graph(cloud, 10)
    agreement = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, approximate, strict=True)])
    assert agreement > 0.9
    assert (np.diff(distances, axis=1) >= 0).all()


@pytest.mark.parametrize("k", [1, 5, 100])
def test_nearest_rows_come_in_order(k):
    rows, distances = nearest_rows(points(20), points(4, seed=1), k)
    assert rows.shape == (4, min(k, 20))
    assert (np.diff(distances, axis=1) >= 0).all()
