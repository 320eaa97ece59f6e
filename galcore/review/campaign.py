"""Everything the Review page needs to know of one campaign at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.learner import FeatureSpace
from galcore.review.disagreement import decided_answers
from galcore.review.scores import ModelScores, cross_fitted, fitted_scores
from galcore.review.statistics import truth_answers
from galcore.types import Campaign, Reason

# Streams that choose by score or at random; galaxies somebody picked by eye are no sample of their score.
SAMPLED = (Reason.TOP, Reason.MARGIN, Reason.RANDOM, Reason.CLUSTER)


@dataclass(frozen=True, slots=True, eq=False)
class CampaignReview:
    """A campaign as the Review page shows it.

    Attributes:
        campaign: Question and answers.
        galaxies: One row a galaxy of the catalogue, by ``galaxy_id``: ``label`` (decided or majority
            answer, empty without one), ``n_annotators``, ``agreement``, ``predicted`` (likeliest answer,
            empty without a model), ``sampled`` (labelled in a stream that chooses by score or at random)
            and, an answer each, ``probability: ANSWER`` of the fitted model and ``held out: ANSWER`` of the
            cross-fitted one.
        current: Standing answers, one row per galaxy and person.
        history: Every event.
        model_version: Version of the fitted learner; empty without one.
    """

    campaign: Campaign
    galaxies: pd.DataFrame
    current: pd.DataFrame
    history: pd.DataFrame
    model_version: str

    @property
    def scores(self) -> ModelScores | None:
        """Fitted probabilities; ``None`` without a model."""
        if not self.model_version:
            return None
        known = self.galaxies[self.galaxies["predicted"] != ""]
        columns = [probability_column(answer) for answer in self.campaign.answers]
        return ModelScores(known.index.to_numpy(dtype=str), known[columns].to_numpy(), self.model_version)

    def truth(self, column: pd.Series) -> pd.Series:
        """Truth in the words of the campaign, in the order of ``galaxies``; null where it says nothing."""
        said = truth_answers(column.reset_index(drop=True), self.campaign.answers, self.campaign.mode)
        return pd.Series(said.to_numpy(dtype=object), index=self.galaxies.index)

    def held_out(self, answer: str) -> NDArray[np.floating]:
        """Probability of an answer by a model that did not see the galaxy's own label, ``(N,)``."""
        return self.galaxies[held_out_column(answer)].to_numpy(dtype=float)


def probability_column(answer: str) -> str:
    """Column of the fitted probability of an answer."""
    return f"probability: {answer}"


def held_out_column(answer: str) -> str:
    """Column of the cross-fitted probability of an answer."""
    return f"held out: {answer}"


def review_campaign(
    campaign: Campaign,
    catalog: pd.DataFrame,
    votes: pd.DataFrame,
    current: pd.DataFrame,
    history: pd.DataFrame,
    *,
    galaxy_ids: NDArray[np.str_],
    space: FeatureSpace | None,
) -> CampaignReview:
    """Bring labels and model of a campaign together.

    Args:
        campaign: Question and answers.
        catalog: ``galaxy_id`` and whatever else.
        votes: As the label store gives them; so are ``current`` and ``history``.
        current: Standing answers.
        history: Every event.
        galaxy_ids: Galaxies with features, ``(N,)``.
        space: Their features; ``None`` without embeddings.
    """
    galaxies = _label_columns(catalog, votes, current, decided_answers(history))
    scores = fitted_scores(campaign, galaxy_ids, space, history) if space is not None else None
    if scores is None or space is None:
        for answer in campaign.answers:
            galaxies[[probability_column(answer), held_out_column(answer)]] = np.nan
        galaxies["predicted"] = ""
        return CampaignReview(campaign, galaxies, current, history, "")
    held_out = cross_fitted(scores, campaign, space, history)
    for name, each in ((probability_column, scores), (held_out_column, held_out)):
        columns = [name(answer) for answer in campaign.answers]
        frame = pd.DataFrame(each.probabilities, index=scores.galaxy_ids.astype(object), columns=columns)
        galaxies = galaxies.join(frame.astype(float))
    galaxies["predicted"] = _likeliest(galaxies, campaign.answers)
    return CampaignReview(campaign, galaxies, current, history, scores.model_version)


def _label_columns(
    catalog: pd.DataFrame, votes: pd.DataFrame, current: pd.DataFrame, decided: dict[str, str]
) -> pd.DataFrame:
    ids = pd.Index(catalog["galaxy_id"].to_numpy(dtype=object), name="galaxy_id")
    voted = votes.set_index(votes["galaxy_id"].to_numpy(dtype=object)).reindex(ids)
    majority = voted["majority"].fillna("").to_numpy(dtype=object)
    final = np.array([decided.get(galaxy_id, "") for galaxy_id in ids], dtype=object)
    sampled = current.loc[current["reason"].isin([str(reason) for reason in SAMPLED]), "galaxy_id"]
    return pd.DataFrame(
        {
            "label": np.where(final != "", final, majority),
            "n_annotators": voted["n_annotators"].fillna(0).to_numpy(dtype=int),
            "agreement": voted["agreement"].to_numpy(dtype=float),
            "sampled": ids.isin(set(sampled)),
        },
        index=ids,
    )


def _likeliest(galaxies: pd.DataFrame, answers: tuple[str, ...]) -> NDArray[np.object_]:
    probabilities = galaxies[[probability_column(answer) for answer in answers]].to_numpy(dtype=float)
    known = np.isfinite(probabilities).all(axis=1)
    best = np.where(known[:, None], probabilities, 0).argmax(axis=1)
    return np.where(known, np.array(answers, dtype=object)[best], "")
