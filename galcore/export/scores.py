"""Model probabilities of a campaign for an export, from embeddings and labels on disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from galcore.export.questions import AskedQuestion, asked_questions
from galcore.export.tally import tally_votes
from galcore.export.votes import counted, decisions, vote_rows
from galcore.people.changes import person_weights
from galcore.review.scores import ModelScores, QuestionScores, cross_fitted, fitted_scores
from galcore.review.statistics import calibration
from galcore.review.voice import ModelVoice
from galcore.types import Campaign
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from galcore.embed.store import EmbeddingSet
    from galcore.labels.reader import LabelReader
    from galcore.loop.space import FeatureSpace

LEAST_FOR_CALIBRATION = 20


def campaign_scores(workspace: Workspace, campaign: Campaign, labels: LabelReader) -> ModelScores | None:
    """What the model fitted on the labels says; ``None`` without embeddings or before two answers were given.

    Fitting is deterministic and done by the loop's own learner, so that a command gives the same numbers
    as the running dashboard.
    """
    embeddings = workspace.campaign_embeddings(campaign.model)
    history = labels.history(campaign.campaign_id)
    if embeddings is None or (history.empty and not campaign.seeds):
        return None
    weights = person_weights(workspace.folder)
    return fitted_scores(campaign, embeddings.galaxy_ids, _space(embeddings), history, weights=weights)


def campaign_voice(workspace: Workspace, campaign: Campaign) -> ModelVoice | None:
    """The model as a voice in the consensus; ``None`` where the campaign has none."""
    embeddings = workspace.campaign_embeddings(campaign.model)
    if embeddings is None or not campaign.learns:
        return None
    return ModelVoice(embeddings.galaxy_ids, _space(embeddings))


@lru_cache(maxsize=1)
def _space(embeddings: EmbeddingSet) -> FeatureSpace:
    from galcore.loop.space import FeatureSpace

    return FeatureSpace.from_vectors(embeddings.vectors())


def calibration_note(
    workspace: Workspace, campaign: Campaign, history: pd.DataFrame, scores: ModelScores | None
) -> str:
    """How far the probabilities can be taken at their word, in one sentence; empty without a model.

    The expected calibration error of the likeliest answer on labelled galaxies, each judged by a model that
    did not see its label, over bins of equal size (Naeini et al. 2015); of every question.
    """
    embeddings = workspace.campaign_embeddings(campaign.model)
    if scores is None or embeddings is None:
        return ""
    weights = person_weights(workspace.folder)
    held_out = cross_fitted(scores, campaign, _space(embeddings), history, weights=weights)
    galaxy_ids = scores.galaxy_ids.astype(str)
    rows = vote_rows(history)
    questions = {question.name: question for question in asked_questions(campaign, counted(rows))}
    told = [
        _calibration_of(asked, galaxy_ids, _labels(rows, questions[asked.question], weights))
        for asked in held_out.questions
    ]
    if not any(told):
        return f"not measured: fewer than {LEAST_FOR_CALIBRATION} labelled galaxies"
    return (
        f"expected calibration error {'; '.join(filter(None, told))}; of the likeliest answer on labelled "
        "galaxies, cross-fitted; labels chosen by the loop are no random sample"
    )


def _calibration_of(asked: QuestionScores, galaxy_ids: np.ndarray, answers: pd.Series) -> str:
    """The error of one question and what it rests on; empty with too few labels."""
    told = pd.DataFrame(asked.probabilities, index=galaxy_ids).reindex(answers.index)
    known = told.notna().all(axis=1).to_numpy()
    if known.sum() < LEAST_FOR_CALIBRATION:
        return ""
    best = told.to_numpy()[known].argmax(axis=1)
    right = np.array(asked.answers, dtype=object)[best] == answers.to_numpy(dtype=object)[known]
    bins = calibration(told.to_numpy()[known].max(axis=1), right)
    error = float(((bins["told"] - bins["came_true"]).abs() * bins["n"]).sum() / bins["n"].sum())
    name = f"{asked.question} " if asked.question else ""
    return f"{name}{error:.3f} ({int(bins['n'].sum())} galaxies)"


def _labels(rows: pd.DataFrame, question: AskedQuestion, weights: Mapping[str, float]) -> pd.Series:
    """Decided answer to a question, else that of the majority, of the galaxies that have one."""
    votes, decided = counted(rows), decisions(rows)
    ids = pd.Index(rows["galaxy_id"].astype(str).unique(), dtype=object)
    labels = tally_votes(question, votes, ids, weights=weights).labels(decided, ids)
    return pd.Series(labels, index=ids, dtype=object)[labels != ""]
