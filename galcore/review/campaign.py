"""Everything the Review page needs to know of one campaign at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.space import FeatureSpace
from galcore.review.disagreement import decided_answers
from galcore.review.scores import ModelScores, cross_fitted, fitted_scores
from galcore.review.statistics import calibration, truth_answers
from galcore.review.threshold import CandidateEstimator
from galcore.types import Campaign, Reason

MOST_VALUES = 50  # a column with more different values is no class
POSITION_COLUMNS = ("galaxy_id", "source", "source_index", "hdu", "x", "y", "stamp_size_px", "ra", "dec")
# Streams that choose by score or at random; galaxies somebody picked by eye are no sample of their score.
SAMPLED = (Reason.TOP, Reason.MARGIN, Reason.RANDOM, Reason.CLUSTER)


@dataclass(frozen=True, slots=True, eq=False)
class CampaignReview:
    """A campaign as the Review page shows it.

    Attributes:
        campaign: Question and answers.
        galaxies: One row a galaxy of the catalogue, by ``galaxy_id``: ``label`` (decided or majority
            answer, empty without one), ``n_annotators``, ``agreement``, ``predicted`` (likeliest answer, held
            out, empty without a model), ``sampled`` (labelled in a stream that chooses by score or at random)
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
        columns = [probability_column(answer) for answer in self.campaign.answers]
        known = self.galaxies.dropna(subset=columns)
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
    told = galaxies[[held_out_column(answer) for answer in campaign.answers]]
    galaxies["predicted"] = _likeliest(told, campaign)
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


def _likeliest(held_out: pd.DataFrame, campaign: Campaign) -> NDArray[np.object_]:
    probabilities = held_out.to_numpy(dtype=float)
    known = np.isfinite(probabilities).all(axis=1)
    best = np.where(known[:, None], probabilities, 0).argmax(axis=1)
    return np.where(known, np.array(campaign.answers, dtype=object)[best], "")


def candidates(review: CampaignReview, answer: str) -> pd.DataFrame:
    """Galaxies ranked for one answer, the likeliest first.

    A labelled galaxy is ranked by a model that did not see its label, so that it does not stand on top only
    because it was learned by heart.

    Returns:
        By ``galaxy_id``: ``probability``, ``label``, ``n_annotators``; galaxies without a
        probability are left out.
    """
    galaxies = review.galaxies
    ranked = galaxies[["label", "n_annotators"]].assign(probability=review.held_out(answer))
    ranked = ranked[["probability", "label", "n_annotators"]].dropna(subset="probability")
    return ranked.sort_values("probability", ascending=False, kind="stable")


def candidate_estimator(review: CampaignReview, answer: str) -> CandidateEstimator:
    """Purity and completeness of lists of candidates for one answer, for any threshold."""
    galaxies = review.galaxies
    scores = review.held_out(answer)
    known = np.isfinite(scores)
    labels = np.where(galaxies["label"] == "", -1, np.where(galaxies["label"] == answer, 1, 0))
    return CandidateEstimator(scores[known], labels[known], sampled=galaxies["sampled"].to_numpy()[known])


def members(review: CampaignReview, answer: str, *, by_model: bool, surprising: bool = False) -> pd.DataFrame:
    """Galaxies of one class, the most typical (or most surprising) first.

    Args:
        review: The campaign.
        answer: Class.
        by_model: Those nobody labelled whose likeliest answer it is; else those that people labelled so.
        surprising: The least probable first.

    Returns:
        By ``galaxy_id``: ``probability`` of the answer (held out; NaN without a model), ``label``,
        ``predicted``, ``n_annotators``, ``agreement``.
    """
    galaxies = review.galaxies
    if by_model:
        chosen = galaxies[(galaxies["label"] == "") & (galaxies["predicted"] == answer)]
    else:
        chosen = galaxies[galaxies["label"] == answer]
    table = chosen[["label", "predicted", "n_annotators", "agreement"]].assign(
        probability=chosen[held_out_column(answer)]
    )
    return table.sort_values("probability", ascending=surprising, kind="stable", na_position="last")


def calibration_table(review: CampaignReview) -> pd.DataFrame:
    """Calibration on the labels of the loop's own streams; see :func:`galcore.review.statistics.calibration`.

    Binary: the probability of the first answer. Several answers: that of the likeliest one.
    """
    galaxies = review.galaxies[review.galaxies["sampled"] & (review.galaxies["label"] != "")]
    answers = review.campaign.answers
    told = galaxies[[held_out_column(answer) for answer in answers]].to_numpy(dtype=float)
    known = np.isfinite(told).all(axis=1)
    told, labels = told[known], galaxies["label"].to_numpy(dtype=object)[known]
    if review.campaign.mode == "binary":
        return calibration(told[:, 0], labels == answers[0])
    best = told.argmax(axis=1) if len(told) else np.zeros(0, dtype=int)
    return calibration(told.max(axis=1, initial=0), labels == np.array(answers, dtype=object)[best])


def truth_columns(catalog: pd.DataFrame, campaign: Campaign) -> tuple[str, ...]:
    """Columns of the catalogue whose values can be read as at least two answers of the campaign."""
    columns = []
    for name in catalog.columns.difference(POSITION_COLUMNS, sort=False):
        values = catalog[name].dropna().drop_duplicates().head(MOST_VALUES + 1)
        if 2 <= len(values) <= MOST_VALUES:
            said = truth_answers(values.reset_index(drop=True), campaign.answers, campaign.mode)
            if said.nunique() >= 2:
                columns.append(str(name))
    return tuple(columns)
