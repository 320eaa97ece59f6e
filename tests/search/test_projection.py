"""Standardising and rotating embeddings."""

import numpy as np
import pytest

from galcore.search import projection as projection_module
from galcore.search.projection import fit_projection
from galcore.types import GalcoreError


def test_components_are_uncorrelated_and_ordered_by_strength():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 12)) + rng.normal(size=(500, 12)) * 0.1
    components = fit_projection(vectors, 5).apply(vectors)
    covariance = np.cov(components.T)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    assert (np.diff(np.diag(covariance)) <= 0).all()


def test_all_components_keep_standardised_distances():
    vectors = np.random.default_rng(1).normal(size=(40, 6)) * [1, 10, 100, 1, 1, 1]
    standard = (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)
    components = fit_projection(vectors, None).apply(vectors)
    np.testing.assert_allclose(
        np.linalg.norm(components[0] - components[1:], axis=1),
        np.linalg.norm(standard[0] - standard[1:], axis=1),
        rtol=1e-4,
    )


def test_chunks_do_not_change_the_projection(monkeypatch):
    vectors = np.random.default_rng(2).normal(size=(300, 10)).astype(np.float16)
    whole = fit_projection(vectors, 4)
    monkeypatch.setattr(projection_module, "CHUNK_ROWS", 64)
    parts = fit_projection(vectors, 4)
    np.testing.assert_allclose(whole.axes, parts.axes, atol=1e-5)
    np.testing.assert_allclose(whole.apply(vectors), parts.apply(vectors), atol=1e-5)


def test_a_dimension_that_never_changes_does_no_harm():
    vectors = np.random.default_rng(3).normal(size=(50, 4))
    vectors[:, 2] = 7.0
    assert np.isfinite(fit_projection(vectors, 4).apply(vectors)).all()


@pytest.mark.parametrize("n", [1, 2])
def test_a_handful_of_galaxies_still_has_a_component(n):
    assert fit_projection(np.ones((n, 8)), 40).n_components == 1


def test_vectors_of_another_model_are_refused():
    with pytest.raises(GalcoreError, match="different models"):
        fit_projection(np.eye(5), 2).apply(np.ones((1, 7)))
