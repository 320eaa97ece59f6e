"""The map: reproducible, kind to small workspaces, open to new galaxies."""

import numpy as np
import pytest

from galcore.atlas.layout import Atlas, fit_atlas
from galcore.types import GalcoreError


def three_kinds(n=120, dimensions=16, seed=0):
    rng = np.random.default_rng(seed)
    kinds = np.arange(n) % 3
    centres = 3 * np.random.default_rng(42).normal(size=(3, dimensions))
    return (centres[kinds] + rng.normal(size=(n, dimensions))).astype(np.float32), kinds


def fit(vectors, **options):
    return fit_atlas(vectors, [f"00{row}" for row in range(len(vectors))], **options)


@pytest.fixture(scope="module")
def fitted():
    vectors, kinds = three_kinds()
    return vectors, kinds, fit(vectors, seed=3)


def test_alike_galaxies_lie_together(fitted):
    _, kinds, atlas = fitted
    distance = np.linalg.norm(atlas.xy[:, None] - atlas.xy[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (kinds[distance.argmin(axis=1)] == kinds).mean() > 0.95


def test_the_same_seed_gives_the_same_map(fitted):
    vectors, _, atlas = fitted
    np.testing.assert_array_equal(fit(vectors, seed=3).xy, atlas.xy)


def test_another_seed_gives_another_map(fitted):
    vectors, _, atlas = fitted
    assert not np.array_equal(fit(vectors, seed=4).xy, atlas.xy)


def test_the_map_is_centred_and_fits_the_unit_square(fitted):
    xy = fitted[2].xy
    assert np.abs(xy).max() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(xy.max(axis=0) + xy.min(axis=0), 0.0, atol=1e-5)


def test_a_mapped_galaxy_is_placed_onto_itself(fitted):
    vectors, _, atlas = fitted
    np.testing.assert_allclose(atlas.transform(vectors), atlas.xy, atol=0.02)


def test_a_new_galaxy_lands_among_its_kind(fitted):
    _, kinds, atlas = fitted
    new, new_kinds = three_kinds(30, seed=9)
    centres = np.stack([np.median(atlas.xy[kinds == kind], axis=0) for kind in range(3)])
    placed = np.linalg.norm(atlas.transform(new)[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (placed == new_kinds).mean() >= 0.9


@pytest.mark.parametrize("n", [1, 2, 3, 14])
def test_a_handful_of_galaxies_is_laid_out_by_principal_components(n):
    vectors, _ = three_kinds(n)
    atlas = fit(vectors)
    assert atlas.parameters.method == "pca"
    assert np.isfinite(atlas.xy).all()
    assert atlas.xy.shape == (n, 2)
    np.testing.assert_allclose(atlas.transform(vectors), atlas.xy, atol=0.02)


def test_identical_galaxies_do_not_break_the_map():
    assert np.isfinite(fit(np.ones((40, 8), np.float32)).xy).all()


def test_progress_names_each_stage():
    told = []
    fit(three_kinds(5)[0], progress=told.append)
    assert told[0].message == "principal components"
    assert told[-1].done == told[-1].total


def test_a_saved_map_comes_back_whole(tmp_path, fitted):
    vectors, _, atlas = fitted
    atlas.save(tmp_path / "m.parquet", model_hash="m")
    loaded = Atlas.load(tmp_path / "m.parquet")
    assert loaded.galaxy_ids.tolist() == atlas.galaxy_ids.tolist()
    assert (loaded.model_hash, loaded.layout_id) == ("m", atlas.layout_id)
    assert loaded.parameters == atlas.parameters
    np.testing.assert_array_equal(loaded.xy, atlas.xy)
    np.testing.assert_array_equal(loaded.transform(vectors[:5]), atlas.transform(vectors[:5]))


def test_extending_keeps_the_known_and_places_the_new(tmp_path, fitted):
    vectors, _, atlas = fitted
    new, _ = three_kinds(6, seed=9)
    ids = [*atlas.galaxy_ids[10:], *(f"new{i}" for i in range(6))]
    atlas.save(tmp_path / "m.parquet", model_hash="m")
    extended = Atlas.load(tmp_path / "m.parquet").extend(np.concatenate([vectors[10:], new]), ids)
    extended.save(tmp_path / "m.parquet")
    loaded = Atlas.load(tmp_path / "m.parquet")
    np.testing.assert_array_equal(loaded.xy[:-6], atlas.xy[10:])
    assert loaded.galaxy_ids.tolist() == ids
    assert loaded.model_hash == "m"
    assert loaded.layout_id != atlas.layout_id
    np.testing.assert_array_equal(loaded.transform(new), loaded.xy[-6:])


def test_files_of_two_maps_are_not_mixed(tmp_path, fitted):
    vectors, _, atlas = fitted
    atlas.save(tmp_path / "a.parquet")
    atlas.extend(vectors, atlas.galaxy_ids).save(tmp_path / "b.parquet")
    (tmp_path / "b.npz").replace(tmp_path / "a.npz")
    with pytest.raises(GalcoreError, match="another map"):
        Atlas.load(tmp_path / "a.parquet").transform(vectors[:1])


def test_a_missing_or_broken_map_says_what_to_do(tmp_path):
    with pytest.raises(GalcoreError, match="run `prepare`"):
        Atlas.load(tmp_path / "m.parquet")
    (tmp_path / "m.parquet").write_bytes(b"nonsense")
    with pytest.raises(GalcoreError, match="run `atlas` again"):
        Atlas.load(tmp_path / "m.parquet")


def test_ids_that_do_not_match_the_vectors_are_refused():
    with pytest.raises(GalcoreError, match="3 embeddings but 1"):
        fit_atlas(np.ones((3, 2), np.float32), ["a"])
