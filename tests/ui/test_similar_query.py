"""The query of the Similar page: examples, counter examples, rings of results."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galcore.search.index import Neighbours
from galcore.ui.similar_query import MAX_EXAMPLES, SimilarQuery, distance_rings
from galcore.web.uploads import UploadedPicture


def found(n):
    ids = np.array([f"g{i}" for i in range(n)], dtype=object)
    return Neighbours(ids, np.arange(n, dtype=np.float32), np.linspace(99, 0, n, dtype=np.float32))


@given(st.integers(0, 300))
def test_rings_hold_every_result_once_in_order(n):
    rings = distance_rings(found(n))
    assert [each for ring in rings for each, _, _ in ring.members] == [f"g{i}" for i in range(n)]
    assert all(ring.members for ring in rings)


def test_farther_rings_hold_more():
    assert [len(ring.members) for ring in distance_rings(found(48))] == [8, 16, 24]


def test_a_galaxy_is_either_an_example_or_a_counter_example():
    query = SimilarQuery().with_like("a").with_unlike("a")
    assert (query.like, query.unlike) == ((), ("a",))
    assert query.with_like("a").unlike == ()


def test_the_oldest_example_gives_way():
    query = SimilarQuery()
    for number in range(MAX_EXAMPLES + 3):
        query = query.with_like(str(number))
    assert len(query.like) == MAX_EXAMPLES
    assert query.like[0] == "3"


def test_counter_examples_alone_are_no_query():
    assert SimilarQuery(unlike=("a",)).is_empty


@pytest.mark.parametrize("name", ["a", "b", "picture.png"])
def test_anything_can_be_taken_out(name):
    picture = UploadedPicture("picture.png", np.zeros(3, np.float32), b"")
    query = SimilarQuery(("a",), ("b",), (picture,)).without(name)
    assert len(query.like) + len(query.unlike) + len(query.pictures) == 2
