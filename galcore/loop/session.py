"""A campaign at work: people submit grids, the learner is fitted again, the next grids wait.

Two grids lie ready for every person: the one on show and the one behind it, so that the page flips without
asking the server. A submission is stored first, then the learner is fitted with it, then the new waiting grid
is composed by the fitted model. The grid that moves up was composed one submission earlier (see
docs/loop.md).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.loop.dealer import Dealer
from galcore.loop.events import label_events, standing_events, undo_events
from galcore.loop.knowledge import Knowledge
from galcore.loop.messages import GridAnswer, LoopStatus, Submission, SubmitResult, UndoResult
from galcore.loop.person import require_name
from galcore.loop.progress import tell_status
from galcore.loop.space import FeatureSpace
from galcore.loop.target import learned_answers
from galcore.types import Campaign, EventKind, Grid, LabelEvent

if TYPE_CHECKING:
    from galcore.labels.store import LabelStore

__all__ = ["CampaignLoop", "GridAnswer", "LoopStatus", "Submission", "SubmitResult", "UndoResult"]


class CampaignLoop:
    """The loop of one open campaign; every method is thread-safe.

    Args:
        campaign: The question, the shape of a grid and the shares of its streams.
        store: Where labels and grids are kept; the loop can be made again from it at any time.
        galaxy_ids: (N,) galaxies that can be shown.
        vectors: (N, D) their embeddings, or ``None``: grids are random until :meth:`set_vectors`.
    """

    def __init__(
        self,
        campaign: Campaign,
        store: LabelStore,
        galaxy_ids: NDArray[np.str_],
        vectors: NDArray[np.floating] | None,
    ) -> None:
        self._store = store
        self._knowledge = Knowledge(campaign, store, galaxy_ids, vectors)
        self._dealer = Dealer(store, self._knowledge)

    @property
    def campaign(self) -> Campaign:
        """The campaign, in the settings that are in force."""
        return self._knowledge.campaign

    # --- grids -----------------------------------------------------------------------------------------

    def grids(self, annotator: str) -> tuple[Grid, Grid]:
        """The grid to show and the one waiting behind it; the same again until one is submitted.

        Their galaxies are leased to the person: a person who was away so long that others were given them
        gets the grids without these. A grid without items means that nothing is left for this person now,
        or that the campaign is not open.

        Raises:
            GalcoreError: If the name is empty.
        """
        require_name(annotator)
        self._store.touch(self.campaign.campaign_id, annotator)
        return self._dealer.ready(annotator)

    def submit(self, submission: Submission) -> SubmitResult:
        """Store the answers, fit again, compose the next waiting grid; returns after the commit.

        Sending the same submission again stores nothing and returns the grids as they are.

        Raises:
            GalcoreError: If an answer is not one of the campaign's, or the campaign is not open (what is said
                about a grid that was shown is then set aside, see ``LabelStore.append``).
        """
        started = time.perf_counter()
        require_name(submission.annotator)
        events = self._label_events(submission)
        n_stored = self._store.append(events)
        self._store.touch(self.campaign.campaign_id, submission.annotator)
        self._dealer.put_away(submission.grid_id, submission.annotator)
        grid, waiting = self._dealer.ready(submission.annotator)
        return SubmitResult(
            acknowledged=tuple(event.event_id for event in events),
            n_stored=n_stored,
            grid=grid,
            waiting=waiting,
            model_version=self._knowledge.model.version,
            milliseconds=(time.perf_counter() - started) * 1e3,
        )

    def correct(self, submission: Submission) -> int:
        """Change answers outside the running grid (a grid that is reopened, a galaxy's own page).

        A label replaces the answer that stands; an undo takes it back. The grids in front of the person stay.

        Returns:
            Number of events newly stored.
        """
        require_name(submission.annotator)
        events = self._label_events(submission)
        n_stored = self._store.append(events) if events else 0
        with self._knowledge.lock:
            if any(answer.kind is EventKind.UNDO for answer in submission.answers):
                # A grid that was taken back as a whole waits again: read from the store what lies ready.
                self._dealer.forget(submission.annotator)
            self._knowledge.catch_up(submission.annotator)
        return n_stored

    def undo(self, annotator: str) -> UndoResult:
        """Take back the person's last action: a submitted grid, a correction, an answer given elsewhere.

        Nothing is deleted: the undo is an event for each answer. A grid that is taken back is offered again,
        before the one on show.
        """
        require_name(annotator)
        with self._knowledge.lock:
            history = self._store.history(self.campaign.campaign_id)
            undoing, grid_id = undo_events(history, annotator)
            if not undoing:
                return UndoResult((), "")
            self._store.append(undoing)
            self._dealer.forget(annotator)  # read again from the store: the grid is waiting once more
            self._knowledge.catch_up(annotator)
            return UndoResult(tuple(event.galaxy_id for event in undoing), grid_id)

    def leave(self, annotator: str) -> None:
        """A person goes: what lies in front of them is given back until they return."""
        self._store.release(self.campaign.campaign_id, annotator)
        self._dealer.forget(annotator)

    def queue(self, galaxy_ids: Sequence[str], by: str) -> int:
        """Put galaxies in front of a person next, in grids of their own.

        Returns:
            How many will be shown; passed over are those this person has answered or has waiting already,
            those that enough people answer, and those the campaign does not ask about.

        Raises:
            GalcoreError: If a galaxy is not in this campaign.
        """
        require_name(by)
        return self._dealer.queue(galaxy_ids, by)

    def ask_again(self, galaxy_ids: Sequence[str], by: str) -> int:
        """Have galaxies answered by one person more each, who is neither ``by`` nor has answered them.

        They come first on the grid of whoever is given one next, past the overlap where it is reached.

        Returns:
            Of how many that is so now and was not before; galaxies that the campaign does not ask about are
            passed over.
        """
        require_name(by)
        known = self._knowledge
        with known.lock:
            row_of, mask = known.asked.row_of, known.asked.mask
            asked = [each for each in galaxy_ids if each in row_of and mask[row_of[each]]]
        return self._store.ask_again(self.campaign.campaign_id, asked, by=by) if asked else 0

    # --- what is known ---------------------------------------------------------------------------------

    def status(self, annotator: str) -> LoopStatus:
        """How the campaign stands, for this person."""
        known = self._knowledge
        with known.lock:
            known.catch_up(annotator)
            state, model, order = known.state, known.model, known.asked.order
            figures = known.figures.tell(state, order, self._dealer.promised)
            round_number = self._dealer.round_of(annotator)
        return tell_status(
            state,
            figures,
            n_galaxies=len(order),
            annotator=annotator,
            round_number=round_number,
            model_version=model.version,
            ready=self.space is not None,
            present=self._store.present(self.campaign.campaign_id),
        )

    def probabilities(self) -> tuple[NDArray[np.str_], NDArray[np.float32]] | None:
        """Galaxy ids (N,) and the probability of each class (N, K); ``None`` before the first fit.

        The classes are :attr:`learned_answers`; of a question further down a tree, that it is asked and
        answered so.
        """
        with self._knowledge.lock:
            self._knowledge.catch_up("")
            probabilities = self._knowledge.model.probabilities
            return None if probabilities is None else (self.galaxy_ids, probabilities)

    @property
    def space(self) -> FeatureSpace | None:
        """Features that the learner is fitted on, in the order of ``galaxy_ids``; ``None`` without any."""
        return self._knowledge.policy.space

    @property
    def learned_answers(self) -> tuple[str, ...]:
        """Names of the classes of the question in focus; the wanted one first."""
        return learned_answers(self.campaign)

    @property
    def galaxy_ids(self) -> NDArray[np.str_]:
        """Galaxies of the loop, ``(N,)``, in the order of the features."""
        return self._knowledge.galaxy_ids

    @property
    def model_version(self) -> str:
        """Version of the current learner; empty before the first fit."""
        return self._knowledge.model.version

    @property
    def fit_milliseconds(self) -> float:
        """Time the last fit took, scoring of all galaxies included."""
        return self._knowledge.fit_s * 1e3

    def set_vectors(self, galaxy_ids: NDArray[np.str_], vectors: NDArray[np.floating] | None) -> None:
        """Take new embeddings: the model became ready, or the catalogue grew. Grids on show stay."""
        self._knowledge.set_galaxies(galaxy_ids, vectors)

    def update_campaign(self, campaign: Campaign) -> None:
        """Take changed settings (shares, grid, answers, list of galaxies) from the next grid on."""
        self._knowledge.take_settings(campaign)

    def set_weights(self, weight_of: Mapping[str, float]) -> None:
        """What a vote of each person is worth to the learner, from now on; 1 for people not named."""
        self._knowledge.set_weights(weight_of)

    @property
    def weight_of(self) -> dict[str, float]:
        """What a vote of each person on the first question is worth: the weight given times skill; else 1."""
        return self._knowledge.weight_of

    def close(self) -> None:
        """Stop the worker thread; everything acknowledged is in the store."""
        self._knowledge.close()

    def find_grid(self, submission: Submission) -> Grid | None:
        """The grid that a submission answers, as it was shown."""
        return self._dealer.find_grid(submission)

    def _label_events(self, submission: Submission) -> list[LabelEvent]:
        """Answers as events, each with the reason and score the galaxy was shown with."""
        standing = {}
        if any(answer.kind is EventKind.UNDO for answer in submission.answers):
            history = self._store.history(self.campaign.campaign_id)
            standing = standing_events(history, submission.annotator)
        return label_events(
            submission,
            self.campaign.campaign_id,
            grid=self.find_grid(submission),
            standing=standing,
            model_version=self._knowledge.model.version,
        )
