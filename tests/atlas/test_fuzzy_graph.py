"""The fuzzy neighbour graph behind the map."""

import numpy as np
import pytest

from galcore.atlas.fuzzy_graph import fuzzy_graph, membership_strengths
from galcore.search.graph import neighbour_graph


def cloud(n=200, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)


def test_each_galaxy_spreads_the_same_amount_of_membership():
    _, distances = neighbour_graph(cloud(), 15)
    np.testing.assert_allclose(membership_strengths(distances).sum(axis=1), np.log2(15), atol=1e-4)


def test_the_nearest_neighbour_is_a_full_member():
    _, distances = neighbour_graph(cloud(), 10)
    np.testing.assert_allclose(membership_strengths(distances)[:, 0], 1.0)


def test_the_graph_is_symmetric_with_strengths_up_to_one_and_no_self():
    graph = fuzzy_graph(*neighbour_graph(cloud(), 12)).toarray()
    np.testing.assert_allclose(graph, graph.T)
    assert graph.max() <= 1.0 + 1e-6
    assert (np.diag(graph) == 0).all()


@pytest.mark.parametrize("points", [np.zeros((20, 3), np.float32), np.repeat(cloud(4), 6, axis=0)])
def test_identical_galaxies_give_finite_strengths(points):
    graph = fuzzy_graph(*neighbour_graph(points, 8))
    assert np.isfinite(graph.data).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_graph_equals_umap_learns():
    from umap.umap_ import fuzzy_simplicial_set

    points = cloud(300)
    rows, distances = neighbour_graph(points, 15)
    theirs, _, _ = fuzzy_simplicial_set(
        points,
        15,
        np.random.RandomState(0),
        "euclidean",
        knn_indices=rows,
        knn_dists=distances,
    )
    np.testing.assert_allclose(fuzzy_graph(rows, distances).toarray(), theirs.toarray(), atol=1e-4)
