"""What the Similar page searches with, kept for the session and each workspace apart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from galcore.search.index import Neighbours, SimilarityIndex
from galcore.web.uploads import UploadedPicture

MAX_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class SimilarQuery:
    """Examples, counter examples and outside pictures."""

    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    pictures: tuple[UploadedPicture, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search with; counter examples alone are not enough."""
        return not (self.like or self.pictures)

    def with_like(self, galaxy_id: str) -> SimilarQuery:
        """One more example; the oldest gives way when there are too many."""
        like = tuple(dict.fromkeys((*self.like, galaxy_id)))[-MAX_EXAMPLES:]
        return replace(self, like=like, unlike=tuple(each for each in self.unlike if each != galaxy_id))

    def with_unlike(self, galaxy_id: str) -> SimilarQuery:
        """One more counter example."""
        unlike = tuple(dict.fromkeys((*self.unlike, galaxy_id)))[-MAX_EXAMPLES:]
        return replace(self, unlike=unlike, like=tuple(each for each in self.like if each != galaxy_id))

    def without(self, name: str) -> SimilarQuery:
        """Without one galaxy or picture."""
        return SimilarQuery(
            tuple(each for each in self.like if each != name),
            tuple(each for each in self.unlike if each != name),
            tuple(each for each in self.pictures if each.name != name),
        )

    def search(self, index: SimilarityIndex, k: int) -> Neighbours:
        """The ``k`` nearest galaxies; examples without an embedding are passed over."""
        vectors = np.stack([each.vector for each in self.pictures]) if self.pictures else None
        return index.neighbours_of(
            [each for each in self.like if each in index],
            k,
            unlike=[each for each in self.unlike if each in index],
            pictures=vectors,
        )


def current_query(workspace: str) -> SimilarQuery:
    """The query of this session in a workspace."""
    return st.session_state.get(_key(workspace), SimilarQuery())


def keep_query(workspace: str, query: SimilarQuery) -> None:
    """Search with this from now on."""
    st.session_state[_key(workspace)] = query


def use_examples(workspace: str, galaxy_ids: Iterable[str]) -> None:
    """Begin a new query with these galaxies, as many as there is room for."""
    keep_query(workspace, SimilarQuery(like=tuple(dict.fromkeys(galaxy_ids))[:MAX_EXAMPLES]))


def dismiss_query(workspace: str, selected: tuple[str, ...]) -> None:
    """Search with nothing, and do not take up this same selection by itself again."""
    keep_query(workspace, SimilarQuery())
    st.session_state[_dismissed_key(workspace)] = selected


def take_up_selection(workspace: str, selected: tuple[str, ...]) -> None:
    """Begin with the selection where nothing is searched with yet, unless it was dismissed before."""
    dismissed = st.session_state.get(_dismissed_key(workspace), ())
    if selected and selected != dismissed and current_query(workspace).is_empty:
        use_examples(workspace, selected)


def _dismissed_key(workspace: str) -> str:
    return f"galcore.similar.dismissed.{workspace}"


def _key(workspace: str) -> str:
    return f"galcore.similar.{workspace}"


RING_SHARES = (1 / 6, 1 / 2, 1.0)
"""Share of the results inside each ring: few near, more farther out."""


@dataclass(frozen=True, slots=True)
class DistanceRing:
    """Results about equally far from the query: id, distance and percentile of each, nearest first."""

    number: int
    words: str
    members: tuple[tuple[str, float, float], ...]


def distance_rings(found: Neighbours) -> tuple[DistanceRing, ...]:
    """Results of one query in rings of growing distance; rings that would be empty are left out."""
    results = list(
        zip(found.galaxy_ids.tolist(), found.distances.tolist(), found.percentiles.tolist(), strict=True)
    )
    rings, start = [], 0
    for number, share in enumerate(RING_SHARES):
        members = tuple(results[start : max(start, math.ceil(share * len(results)))])
        if members:
            words = f"{members[0][1]:.3g} to {members[-1][1]:.3g} away"
            rings.append(DistanceRing(number, words, members))
        start += len(members)
    return tuple(rings)
