"""What a loop knows of its campaign: the galaxies, the settings in force, what was said, the model of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.loop.asked import Asked
from galcore.loop.campaign_model import CampaignModel
from galcore.loop.event_log import EventLog
from galcore.loop.holdings import Holdings
from galcore.loop.policy import GridPolicy
from galcore.loop.progress import FigureKeeper
from galcore.loop.space import FeatureSpace
from galcore.loop.state import LoopState
from galcore.loop.target import focus_of, learned_answers
from galcore.loop.trainer import Lesson, Trainer
from galcore.loop.trust import Trust
from galcore.types import Campaign, Shares

if TYPE_CHECKING:
    from galcore.labels.store import LabelStore

_ALL_RANDOM = Shares(top=0.0, margin=0.0, random=1.0)


class Knowledge:
    """Follows the store; a thread of its own fits where that takes long.

    Whoever calls :meth:`catch_up`, or reads attributes that have to fit together, holds the lock.

    Args:
        campaign: The question, the shape of a grid and the shares of its streams.
        store: Where labels are kept.
        galaxy_ids: (N,) galaxies that can be shown.
        vectors: (N, D) their embeddings; ``None`` without.

    Attributes:
        lock: Held while anything here changes.
        campaign: In the settings that are in force.
        galaxy_ids: (N,) as given.
        policy: Chooses galaxies.
        asked: Which galaxies the campaign asks about.
        holdings: Which of them are taken.
        log: What was said.
        state: What that comes to.
        figures: How the campaign stands.
    """

    state: LoopState  # there after the first look at the store

    def __init__(
        self,
        campaign: Campaign,
        store: LabelStore,
        galaxy_ids: NDArray[np.str_],
        vectors: NDArray[np.floating] | None,
    ) -> None:
        self.lock = threading.RLock()
        self.campaign = campaign
        self._store = store
        self._trust = Trust(self._weigh_again)
        self._settings_seen = store.campaigns_changed
        self._trainer = Trainer(f"loop {campaign.name}", self.lock, self._lesson)
        self.set_galaxies(galaxy_ids, vectors)

    @property
    def model(self) -> CampaignModel:
        """What was learned last."""
        return self._trainer.model

    @property
    def fit_s(self) -> float:
        """Time the last fit took, scoring of all galaxies included."""
        return self._trainer.fit_s

    def catch_up(self, by: str) -> None:
        """Read what was committed since the last look, then fit or have it fitted, for the person ``by``."""
        campaign_id = self.campaign.campaign_id
        if self._settings_seen != self._store.campaigns_changed:
            self._settings_seen = self._store.campaigns_changed
            self.take_settings(self._store.campaign(campaign_id))
        if self.log.events is None or self._store.last_seq(campaign_id) > self.log.last_seq:
            begun = self.log.events is not None
            fresh = self.log.extend(self._store.news(campaign_id, after_seq=self.log.last_seq))
            weights = self._trust.weights(self.log.targets)
            if begun and fresh is not None:
                self.state = self.state.followed_by(fresh, self.log, weights)
            else:
                self.state = LoopState.from_log(self.log, weights)
            if self.campaign.overlap > 1:
                self._trust.follow(self.log)
        if self.campaign.learns:
            self._trainer.learn(by)

    def set_galaxies(self, galaxy_ids: NDArray[np.str_], vectors: NDArray[np.floating] | None) -> None:
        """Take (N,) galaxies with their (N, D) embeddings in place of those before; the model starts anew."""
        ids = np.asarray(galaxy_ids, dtype=str)
        if vectors is not None and len(vectors) != len(ids):
            raise ValueError(f"{len(ids)} galaxies but {len(vectors)} vectors")
        with self.lock:
            self.galaxy_ids = ids
            self._trainer.forget()
            self.policy = GridPolicy(
                shares=self.campaign.shares,
                space=None if vectors is None or len(ids) == 0 else FeatureSpace.from_vectors(vectors),
                seed=self.campaign.seed,
            )
            self.take_settings(self.campaign)

    def take_settings(self, campaign: Campaign) -> None:
        """Make anew what depends on the settings: the galaxies asked about, and what was said so far."""
        with self.lock:
            self.campaign = campaign
            scope = (self._store.scope(campaign.campaign_id) or ()) if campaign.scoped else None
            self.asked = Asked.of(self.galaxy_ids, campaign, scope)
            self.policy.shares = campaign.shares if campaign.learns else _ALL_RANDOM
            self.policy.seeds = self.asked.seeds if focus_of(campaign) == 0 else ()
            self.holdings = Holdings(self._store, campaign.campaign_id, self.asked.row_of)
            self.log = EventLog(self.asked.row_of, campaign)
            self.figures = FigureKeeper(len(learned_answers(campaign)))

    def set_weights(self, weight_of: Mapping[str, float]) -> None:
        """What a vote of each person is worth to the learner, from now on; 1 for people not named."""
        if self._trust.given != weight_of:
            self._trust.given = dict(weight_of)
            self._weigh_again()

    @property
    def weight_of(self) -> dict[str, float]:
        """What a vote of each person on the first question is worth: the weight given times skill; else 1."""
        return self._trust.weight_of(self.log.targets[0].question)

    def close(self) -> None:
        """Stop the worker thread."""
        self._trainer.close()

    def _lesson(self) -> Lesson:
        return Lesson(self.campaign, self.policy.space, self.state, self.asked.seeds)

    def _weigh_again(self) -> None:
        with self.lock:
            if self.log.events is not None:
                self.state = LoopState.from_log(self.log, self._trust.weights(self.log.targets))
