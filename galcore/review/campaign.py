"""Everything the Review page needs to know of one campaign at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import Votes
from galcore.consensus.decisions import standing_decisions
from galcore.consensus.result import leading_answers
from galcore.loop.target import Target, class_of, focus_of, targets_of
from galcore.questions import Question, questions_of
from galcore.review.decision import decided_answers
from galcore.review.scores import ModelScores, Scored
from galcore.review.statistics import calibration, truth_answers
from galcore.review.threshold import CandidateEstimator
from galcore.types import Campaign, Reason

MOST_VALUES = 50  # a column with more different values is no class
POSITION_COLUMNS = ("galaxy_id", "source", "source_index", "hdu", "x", "y", "stamp_size_px", "ra", "dec")
NOT_ASKED = "not asked"  # label of a galaxy whose answers lead past the question
_SAID = ["galaxy_id", "question", "answer"]
LIKELY_ASKED = 0.5  # the cut that Walmsley et al. (2022) suggest
# Streams that choose by score or at random; galaxies somebody picked by eye are no sample of their score.
SAMPLED = (Reason.TOP, Reason.MARGIN, Reason.RANDOM, Reason.CLUSTER)


@dataclass(frozen=True, slots=True, eq=False)
class CampaignReview:
    """One question of a campaign as the Review page shows it.

    Attributes:
        campaign: Whose question it is.
        question: The question and its answers.
        galaxies: One row a galaxy of the catalogue, by ``galaxy_id``: ``label`` (decided or majority
            answer, people weighed as owners set; empty without one, :data:`NOT_ASKED` where the answers
            before it lead elsewhere), ``n_annotators``, ``agreement`` (share of the leading answer, weighed
            likewise), ``predicted`` (likeliest answer, held out, empty without a model), ``sampled``
            (labelled in a stream that chooses by score or at random) and, an answer each, ``probability:
            ANSWER`` of the fitted model and ``held out: ANSWER`` of the cross-fitted one: that the question
            is asked and so answered.
        current: Standing answers to it, one row per galaxy and person.
        history: Every event of the campaign.
        scores: Fitted probabilities of all questions; ``None`` without a model.
    """

    campaign: Campaign
    question: Question
    galaxies: pd.DataFrame
    current: pd.DataFrame
    history: pd.DataFrame
    scores: ModelScores | None

    @property
    def answers(self) -> tuple[str, ...]:
        """Answers to the question."""
        return self.question.answers

    @property
    def target(self) -> Target:
        """The question as it is learned."""
        return next(each for each in targets_of(self.campaign) if each.question == self.question.name)

    @property
    def is_yes_or_no(self) -> bool:
        """Whether galaxies with the first answer are what is looked for, and the rest is the rest."""
        return self.campaign.mode in ("binary", "multilabel")

    @property
    def model_version(self) -> str:
        """Version of the learners; empty where the question has none."""
        known = (
            self.scores is not None and np.isfinite(self.scores.of(self.question.name).probabilities).any()
        )
        return self.scores.model_version if self.scores is not None and known else ""

    def truth(self, column: pd.Series) -> pd.Series:
        """Truth in the words of the question, in the order of ``galaxies``; null where it says nothing."""
        mode = "binary" if self.is_yes_or_no else self.campaign.mode
        said = truth_answers(column.reset_index(drop=True), self.answers, mode)
        return pd.Series(said.to_numpy(dtype=object), index=self.galaxies.index)

    def wanted(self, answer: str) -> tuple[str, ...]:
        """Answers that candidates for one are to have: it alone, on a scale also those above."""
        values = self.target.values
        if not values:
            return (answer,)
        least = values[self.answers.index(answer)]
        return tuple(each for each, value in zip(self.answers, values, strict=True) if value >= least)

    def held_out(self, answer: str) -> NDArray[np.floating]:
        """Probability of an answer, or of one above it on the scale, by a model that did not see the galaxy's
        own labels, ``(N,)``."""
        columns = [held_out_column(each) for each in self.wanted(answer)]
        return self.galaxies[columns].to_numpy(dtype=float).sum(axis=1)

    @property
    def told(self) -> pd.DataFrame | None:
        """Held-out probabilities of the answers where the question is asked, one row a galaxy by id, one
        column an answer; ``None`` without a model."""
        if not self.model_version:
            return None
        columns = [held_out_column(answer) for answer in self.answers]
        shares = self.galaxies[columns].set_axis(list(self.answers), axis=1)
        return shares.div(shares.sum(axis=1).where(lambda total: total > 0), axis=0)


def probability_column(answer: str) -> str:
    """Column of the fitted probability of an answer."""
    return f"probability: {answer}"


def held_out_column(answer: str) -> str:
    """Column of the cross-fitted probability of an answer."""
    return f"held out: {answer}"


def review_campaign(
    campaign: Campaign,
    catalog: pd.DataFrame,
    current: pd.DataFrame,
    history: pd.DataFrame,
    *,
    scored: Scored | None,
    question: str | None = None,
    weights: Mapping[str, float] | None = None,
) -> CampaignReview:
    """Bring labels and model of a campaign together, for one of its questions.

    Args:
        campaign: Questions and answers.
        catalog: ``galaxy_id`` and whatever else.
        current: Standing answers, as the label store gives them; so is ``history``.
        history: Every event.
        scored: What the model says; ``None`` without one.
        question: Its name; ``None``: the one in focus.
        weights: What owners made the votes of people count; others count 1.
    """
    asked = _question(campaign, question)
    own = current[(current["question"] == asked.name).to_numpy(bool)]
    galaxies = _label_columns(catalog, asked, own, decided_answers(history, asked.name), weights or {})
    said = pd.concat(
        [each[_SAID] for each in (current, standing_decisions(history)) if len(each)] or [current]
    )
    elsewhere = galaxies.index.isin(_not_asked(campaign, asked, said)) & (galaxies["n_annotators"] == 0)
    galaxies.loc[elsewhere & (galaxies["label"] == ""), "label"] = NOT_ASKED
    galaxies["sampled"] = galaxies.index.isin(
        current.loc[current["reason"].isin([str(reason) for reason in SAMPLED]), "galaxy_id"].unique()
    )
    if scored is None:
        for answer in asked.answers:
            galaxies[[probability_column(answer), held_out_column(answer)]] = np.nan
        galaxies["predicted"] = ""
        return CampaignReview(campaign, asked, galaxies, own, history, None)
    ids = scored.fitted.galaxy_ids.astype(object)
    held_out = scored.held_out.of(asked.name)
    for name, each in ((probability_column, scored.fitted.of(asked.name)), (held_out_column, held_out)):
        columns = [name(answer) for answer in asked.answers]
        frame = pd.DataFrame(each.probabilities * each.asked[:, None], index=ids, columns=columns)
        galaxies = galaxies.join(frame.astype(float))
    predicted = _likeliest(pd.DataFrame(held_out.probabilities, index=ids).reindex(galaxies.index), asked)
    likely = pd.Series(held_out.asked, index=ids).reindex(galaxies.index).fillna(0) >= LIKELY_ASKED
    galaxies["predicted"] = np.where(likely | (predicted == ""), predicted, NOT_ASKED)
    return CampaignReview(campaign, asked, galaxies, own, history, scored.fitted)


def _question(campaign: Campaign, name: str | None) -> Question:
    questions = questions_of(campaign)
    if name is None:
        return questions[focus_of(campaign)]
    return next((each for each in questions if each.name == name), questions[0])


def _label_columns(
    catalog: pd.DataFrame,
    question: Question,
    current: pd.DataFrame,
    decided: dict[str, str],
    weights: Mapping[str, float],
) -> pd.DataFrame:
    ids = pd.Index(catalog["galaxy_id"].to_numpy(dtype=object), name="galaxy_id")
    given = current[current["answer"].isin(question.answers)]
    votes = Votes.from_frame(given, question.answers, galaxy_ids=ids).weighed(weights)
    worth = votes.summed()
    most, total = worth.max(axis=1), worth.sum(axis=1)
    majority = leading_answers(worth, question.answers)
    final = np.array([decided.get(galaxy_id, "") for galaxy_id in ids], dtype=object)
    return pd.DataFrame(
        {
            "label": np.where(final != "", final, majority),
            "n_annotators": votes.counts().sum(axis=1),
            "agreement": np.divide(most, total, out=np.full(len(ids), np.nan), where=total > 0),
        },
        index=ids,
    )


def _not_asked(campaign: Campaign, question: Question, said: pd.DataFrame) -> set[str]:
    """Galaxies of which somebody said, or decided, what leads away from the question."""
    classes = class_of(replace(campaign, focus=question.name))
    away = {pair for pair, number in classes.items() if number == len(question.answers)}
    if not away:
        return set()
    pairs = zip(said["question"], said["answer"], strict=True)
    return set(said.loc[[pair in away for pair in pairs], "galaxy_id"])


def _likeliest(told: pd.DataFrame, question: Question) -> NDArray[np.object_]:
    probabilities = told.to_numpy(dtype=float)
    known = np.isfinite(probabilities).all(axis=1)
    best = np.where(known[:, None], probabilities, 0).argmax(axis=1)
    return np.where(known, np.array(question.answers, dtype=object)[best], "")


def candidates(review: CampaignReview, answer: str) -> pd.DataFrame:
    """Galaxies ranked for one answer (on a scale, for it and those above), the likeliest first.

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
    positive = galaxies["label"].isin(review.wanted(answer))
    labels = np.where(galaxies["label"] == "", -1, np.where(positive, 1, 0))
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
    answers = review.answers
    told = galaxies[[held_out_column(answer) for answer in answers]].to_numpy(dtype=float)
    known = np.isfinite(told).all(axis=1)
    told, labels = told[known], galaxies["label"].to_numpy(dtype=object)[known]
    if review.is_yes_or_no:
        return calibration(told[:, 0], labels == answers[0])
    best = told.argmax(axis=1) if len(told) else np.zeros(0, dtype=int)
    return calibration(told.max(axis=1, initial=0), labels == np.array(answers, dtype=object)[best])


def truth_columns(catalog: pd.DataFrame, review: CampaignReview) -> tuple[str, ...]:
    """Columns of the catalogue whose values can be read as at least two answers to the question."""
    columns = []
    mode = "binary" if review.is_yes_or_no else review.campaign.mode
    for name in catalog.columns.difference(POSITION_COLUMNS, sort=False):
        values = catalog[name].dropna().drop_duplicates().head(MOST_VALUES + 1)
        if 2 <= len(values) <= MOST_VALUES:
            said = truth_answers(values.reset_index(drop=True), review.answers, mode)
            if said.nunique() >= 2:
                columns.append(str(name))
    return tuple(columns)
