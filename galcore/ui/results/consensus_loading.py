"""The consensus on a question, computed once per state of the labels and kept for all sessions.

With many votes it takes seconds, and while people label there is a new state every few of them. So the last
result stays on the page, marked as such, until somebody asks for a new one; a quick one is made at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from galcore.people.changes import person_weights
from galcore.review.campaign import CampaignReview
from galcore.review.consensus import QuestionConsensus, question_consensus
from galcore.review.voice import ModelVoice
from galcore.types import Progress
from galcore.ui.results.loading import labels_version
from galcore.ui.text import count
from galcore.workspace import Workspace

QUICK_S = 1.5  # of this thread's work: what took no longer is made anew without asking
_PATIENCE_S = 0.4  # before a bar is drawn
# Where on the bar each part begins and ends, by what they take with a model and 200,000 votes.
_PARTS = {
    "what the model says": (0.0, 0.3),
    "asking the model": (0.3, 0.47),
    "how good each person is": (0.47, 0.86),
    "labels to look at again": (0.86, 1.0),
}
_RENEW = "review_consensus_renew"


@dataclass
class _Shelf:
    """The last result for one question."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: str = ""
    seconds: float = 0.0
    work_s: float = 0.0
    n_events: int = 0
    found: QuestionConsensus | None = None


def load_consensus(workspace: Workspace, review: CampaignReview) -> QuestionConsensus:
    """The consensus as the labels stand, or the last one with a button that brings it up to date."""
    campaign_id = review.campaign.campaign_id
    shelf = _shelf(str(workspace.folder), campaign_id, review.question.name)
    weights = person_weights(workspace.folder)
    loop = workspace.loop(campaign_id)
    features = "" if loop.space is None else loop.space.digest
    version = repr((labels_version(workspace, review), features, sorted(weights.items())))
    if shelf.found is not None and shelf.version != version and shelf.work_s > QUICK_S:
        renew = _offer_renewal(len(review.history) - shelf.n_events, shelf.seconds)
        if not renew:
            return shelf.found
    with _alone(shelf.lock):
        if shelf.found is None or shelf.version != version:
            started, began = time.perf_counter(), time.thread_time()
            bar = _Bar()
            voice = None if loop.space is None else ModelVoice(loop.galaxy_ids, loop.space, bar.show)
            found = question_consensus(review, voice=voice, weights=weights, progress=bar.show)
            bar.clear()
            shelf.found, shelf.version = found, version
            shelf.seconds, shelf.work_s = time.perf_counter() - started, time.thread_time() - began
            shelf.n_events = len(review.history)
        return shelf.found


@st.cache_resource(max_entries=32, show_spinner=False)
def _shelf(folder: str, campaign_id: str, question: str) -> _Shelf:
    return _Shelf()


def _offer_renewal(n_new: int, seconds: float) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        news = f"{count(n_new, 'event')} since this was computed" if n_new > 0 else "Settings changed since"
        st.markdown(f":material/update: {news}.", width="content")
        return st.button(
            "Bring up to date", key=_RENEW, type="tertiary", help=f"Took {seconds:.0f} s the last time"
        )


@contextmanager
def _alone(lock: threading.Lock) -> Iterator[None]:
    """One computation at a time: a second page waits for the result of the first, and can be left."""
    note = None
    while not lock.acquire(timeout=_PATIENCE_S):
        note = note or st.empty()
        note.caption("This is being computed for another page …")
    if note is not None:
        note.empty()
    try:
        yield
    finally:
        lock.release()


class _Bar:
    """A bar with what is being done and how long it will take; any click elsewhere stops the work."""

    def __init__(self) -> None:
        self._started = self._drawn = time.perf_counter()
        self._place = st.empty()

    def show(self, told: Progress) -> None:
        """Draw how far it is, a few times a second."""
        now = time.perf_counter()
        if now - self._drawn < _PATIENCE_S:
            return
        self._drawn = now
        start, end = _PARTS.get(told.stage, (0.0, 1.0))
        share = start + (end - start) * told.done / max(told.total, 1)
        left = (now - self._started) * (1 - share) / share if share > 0.05 else None
        words = f"{told.stage.capitalize()} …" + (f" about {left:.0f} s left" if left is not None else "")
        self._place.progress(share, text=f"{words} · choose another part to stop")

    def clear(self) -> None:
        """Take it away."""
        self._place.empty()
