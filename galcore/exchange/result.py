"""What became of a file of votes, and storing those that can be stored."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from galcore.labels import LabelStore
from galcore.types import GalcoreError, LabelEvent, LeftOut

EVENTS_PER_COMMIT = 10_000
_NAMESPACE = uuid.UUID("0f3c2f4e-51f7-5d0a-9a43-6a1c4c6a5f5b")


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What became of a file of votes.

    Attributes:
        format: How it was read: ``votes``, ``counts``, ``zooniverse`` or ``comments``.
        n_rows: Rows of the file.
        n_new: Votes (or messages) stored.
        n_known: Those that were there already.
        left_out: What was not taken, with file, line and column, and why.
        notes: What was guessed, in words.
    """

    format: str
    n_rows: int
    n_new: int
    n_known: int
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()


def event_id(*parts: str) -> str:
    """Identifier made of what a vote says: the same vote read again is the same event."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def store_votes(store: LabelStore, votes: Sequence[tuple[str, LabelEvent]]) -> tuple[int, int, list[LeftOut]]:
    """Store votes, passing over those that are there.

    Args:
        store: Where they go.
        votes: Each with where it stands in its file.

    Returns:
        How many were new, how many were known, and what the store refused, with its reason.
    """
    n_new, refused = 0, []
    for start in range(0, len(votes), EVENTS_PER_COMMIT):
        stored, problems = _store(store, votes[start : start + EVENTS_PER_COMMIT])
        n_new += stored
        refused += problems
    return n_new, len(votes) - n_new - len(refused), refused


def _store(store: LabelStore, votes: Sequence[tuple[str, LabelEvent]]) -> tuple[int, list[LeftOut]]:
    """All at once; when one of them is refused, by halves, so that only that one is left out."""
    try:
        return store.append([event for _, event in votes]), []
    except OSError:  # the disk, not the vote
        raise
    except GalcoreError as error:
        if len(votes) == 1:
            return 0, [LeftOut(votes[0][0], str(error))]
    middle = len(votes) // 2
    first, problems = _store(store, votes[:middle])
    second, more = _store(store, votes[middle:])
    return first + second, problems + more
