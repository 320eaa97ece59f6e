"""The similarity index: exact, immutable, and loud when it does not fit its embeddings."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galcore.search import index as index_module
from galcore.search.index import SimilarityIndex, embedding_hash
from galcore.search.projection import fit_projection
from galcore.types import GalcoreError


def embeddings(n, dimensions=24, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, dimensions)) * rng.uniform(0.1, 5, size=dimensions)
    return vectors.astype(np.float32), [f"galaxy-{i:04d}" for i in range(n)]


def brute_force(vectors, query, components):
    projection = fit_projection(vectors, components)
    distance = np.linalg.norm(projection.apply(vectors) - projection.apply(query), axis=1)
    return np.argsort(distance, kind="stable"), distance


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(2, 80), k=st.integers(1, 100), seed=st.integers(0, 1000))
def test_neighbours_equal_brute_force(tmp_path_factory, n, k, seed):
    vectors, ids = embeddings(n, seed=seed)
    index = SimilarityIndex.build(vectors, ids, folder=tmp_path_factory.mktemp("index"), components=10)
    order, distance = brute_force(vectors, vectors[:1], 10)
    expected = order[order != 0][:k]
    found = index.neighbours_of([ids[0]], k)
    assert len(found.galaxy_ids) == min(k, n - 1)
    np.testing.assert_allclose(found.distances, distance[expected], rtol=1e-3, atol=2e-2)
    assert ids[0] not in found.galaxy_ids


def test_an_index_opened_again_answers_the_same(tmp_path):
    vectors, ids = embeddings(60)
    built = SimilarityIndex.build(vectors, ids, folder=tmp_path, model_hash="m", catalog_hash="c")
    opened = SimilarityIndex.open(tmp_path, model_hash="m", catalog_hash="c")
    before, after = built.neighbours_of(ids[:3], 7), opened.neighbours_of(ids[:3], 7)
    assert before.galaxy_ids.tolist() == after.galaxy_ids.tolist()
    np.testing.assert_array_equal(before.distances, after.distances)


def test_percentiles_say_how_much_of_the_workspace_is_farther(tmp_path):
    vectors, ids = embeddings(101)
    found = SimilarityIndex.build(vectors, ids, folder=tmp_path).neighbours_of([ids[0]], 100)
    assert found.percentiles[0] == pytest.approx(99.0)
    assert found.percentiles[-1] == 0.0


def test_one_galaxy_has_no_neighbours_and_no_crash(tmp_path):
    vectors, ids = embeddings(1)
    index = SimilarityIndex.build(vectors, ids, folder=tmp_path)
    assert index.neighbours_of(ids, 5).galaxy_ids.tolist() == []
    assert index.query(vectors, 5).galaxy_ids.tolist() == [ids]


def test_identical_galaxies_are_all_found(tmp_path):
    index = SimilarityIndex.build(np.ones((4, 8), np.float32), list("abcd"), folder=tmp_path)
    assert sorted(index.neighbours_of(["a"], 9).galaxy_ids) == ["b", "c", "d"]


def test_a_counter_example_pushes_its_kind_away(tmp_path):
    rng = np.random.default_rng(1)
    vectors = np.concatenate([rng.normal(m, 0.3, size=(30, 6)) for m in (-2, 0, 2)]).astype(np.float32)
    ids = [f"g{i}" for i in range(90)]
    index = SimilarityIndex.build(vectors, ids, folder=tmp_path, components=None)
    plain = index.neighbours_of(["g40"], 60).galaxy_ids.tolist()
    pushed = index.neighbours_of(["g40"], 60, unlike=["g80", "g81"]).galaxy_ids.tolist()

    def liked(found):
        return sum(int(i[1:]) >= 60 for i in found[:45])

    assert liked(pushed) < liked(plain)
    assert not {"g40", "g80", "g81"} & set(pushed)


def test_an_outside_picture_counts_as_an_example(tmp_path):
    vectors, ids = embeddings(50)
    index = SimilarityIndex.build(vectors, ids, folder=tmp_path)
    alone = index.neighbours_of([], 3, pictures=vectors[7:8])
    assert alone.galaxy_ids[0] == ids[7]
    together = index.neighbours_of([ids[7]], 3, pictures=vectors[7:8])
    assert ids[7] not in together.galaxy_ids


def test_several_queries_are_answered_apart(tmp_path):
    vectors, ids = embeddings(50)
    found = SimilarityIndex.build(vectors, ids, folder=tmp_path).query(vectors[:4], 3, exclude=[ids[0]])
    assert found.galaxy_ids.shape == (4, 3)
    assert found.galaxy_ids[1:, 0].tolist() == ids[1:4]
    assert ids[0] not in found.galaxy_ids


@pytest.mark.parametrize("field", ["model_hash", "catalog_hash", "embedding_hash"])
def test_an_index_of_other_embeddings_is_refused(tmp_path, field):
    vectors, ids = embeddings(20)
    SimilarityIndex.build(vectors, ids, folder=tmp_path, model_hash="m", catalog_hash="c")
    with pytest.raises(GalcoreError, match="built from another"):
        SimilarityIndex.open(tmp_path, **{field: "something else"})


def test_the_embedding_hash_sees_values_and_ids():
    vectors, ids = embeddings(20)
    changed = vectors.copy()
    changed[3, 3] += 1
    hashes = {embedding_hash(vectors, ids), embedding_hash(changed, ids), embedding_hash(vectors, ids[::-1])}
    assert len(hashes) == 3


def test_a_new_build_replaces_the_old_while_it_is_being_read(tmp_path):
    vectors, ids = embeddings(30)
    SimilarityIndex.build(vectors, ids, folder=tmp_path)
    with ThreadPoolExecutor(4) as pool:
        reads = [pool.submit(SimilarityIndex.open, tmp_path)]
        for size in (20, 25, 30):
            SimilarityIndex.build(vectors[:size], ids[:size], folder=tmp_path)
            reads += [pool.submit(SimilarityIndex.open, tmp_path)]
        assert {len(read.result()) for read in reads} <= {20, 25, 30}
    assert len(SimilarityIndex.open(tmp_path)) == 30
    assert len(list(tmp_path.glob("build-*"))) <= 2


def test_many_threads_may_query_at_once(tmp_path):
    vectors, ids = embeddings(500)
    index = SimilarityIndex.build(vectors, ids, folder=tmp_path)
    expected = [index.neighbours_of([i], 5).galaxy_ids.tolist() for i in ids[:40]]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: index.neighbours_of([i], 5).galaxy_ids.tolist(), ids[:40]))
    assert found == expected


@pytest.mark.parametrize(
    ("vectors", "ids", "message"),
    [
        (np.ones((2, 3), np.float32), ["a"], "run `embed` again"),
        (np.ones((2, 3), np.float32), ["a", "a"], "repeat"),
        (np.empty((0, 3), np.float32), [], "no embeddings"),
        (np.array([[np.nan, 1.0], [0.0, 1.0]], np.float32), ["a", "b"], "NaN"),
    ],
)
def test_embeddings_that_cannot_be_searched_are_refused(tmp_path, vectors, ids, message):
    with pytest.raises(GalcoreError, match=message):
        SimilarityIndex.build(vectors, ids, folder=tmp_path)


def test_asking_for_an_unknown_galaxy_names_it(tmp_path):
    vectors, ids = embeddings(5)
    with pytest.raises(GalcoreError, match="'nobody'"):
        SimilarityIndex.build(vectors, ids, folder=tmp_path).neighbours_of(["nobody"], 3)


def test_a_missing_or_damaged_index_says_what_to_do(tmp_path):
    with pytest.raises(GalcoreError, match="run `prepare`"):
        SimilarityIndex.open(tmp_path)
    vectors, ids = embeddings(20)
    built = SimilarityIndex.build(vectors, ids, folder=tmp_path)
    file = tmp_path / built.manifest.build / "index.faiss"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(GalcoreError, match="damaged"):
        SimilarityIndex.open(tmp_path)


def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path):
    vectors, ids = embeddings(5)
    SimilarityIndex.build(vectors, ids, folder=tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text()) | {"build": "../elsewhere"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(GalcoreError):
        SimilarityIndex.open(tmp_path)


def test_a_very_large_workspace_gets_an_inverted_file_that_still_finds_them(tmp_path, monkeypatch):
    monkeypatch.setattr(index_module, "EXACT_LIMIT", 2_000)
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(40, 16))[rng.integers(40, size=12_000)] * 3).astype(np.float32)
    vectors += rng.normal(size=vectors.shape).astype(np.float32)
    ids = [str(i) for i in range(len(vectors))]
    index = SimilarityIndex.build(vectors, ids, folder=tmp_path, components=None)
    order, _ = brute_force(vectors, vectors[:1], None)
    found = SimilarityIndex.open(tmp_path).neighbours_of(["0"], 20)
    assert len({int(i) for i in found.galaxy_ids} & set(order[1:21].tolist())) >= 18
    assert index.query(vectors[:2], 1).galaxy_ids[:, 0].tolist() == ["0", "1"]


@pytest.mark.parametrize("order", [("torch", "faiss"), ("faiss", "torch")])
def test_torch_and_faiss_live_in_one_process(order):
    script = f"""
import {order[0]}, {order[1]}
import numpy as np
a = torch.randn(400, 64)
index = faiss.IndexFlatL2(64)
index.add(a.numpy())
(a @ a.T).sum().item()
_, rows = index.search(a.numpy(), 3)
assert (rows[:, 0] == np.arange(400)).all()
(a @ a.T).sum().item()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
