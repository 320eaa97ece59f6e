"""What is known about each galaxy: catalogue values, the label in force, the model's score.

The map, its hover cards and the galaxy page all show these; they are gathered once per commit.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.target import learned_answers
from galcore.questions import questions_of
from galcore.types import Campaign
from galcore.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """Labels and scores of one campaign.

    Attributes:
        campaign: Its settings.
        labels: Decided answer by galaxy, else that of the majority; a tie is an empty string.
        scores: Probability of the positive answer (of several: of the likeliest) by galaxy.
        likeliest: The answer that the score speaks of, by galaxy; empty where the campaign is binary.
    """

    campaign: Campaign
    labels: dict[str, str]
    scores: dict[str, float]
    likeliest: dict[str, str]


_held: dict[tuple[str, str], tuple[tuple[int, str], CampaignFacts]] = {}
_lock = threading.Lock()


def campaign_facts(workspace: Workspace, campaign_id: str) -> CampaignFacts:
    """Facts as they are now; the last ones are kept until a label is committed or the model refitted.

    Raises:
        GalcoreError: If the campaign is unknown.
    """
    store = workspace.labels
    loop = workspace.loop(campaign_id)
    scored = loop.probabilities()
    key = (str(workspace.folder), campaign_id)
    stamp = (store.version, loop.model_version)
    with _lock:
        held = _held.get(key)
    if held is not None and held[0] == stamp:
        return held[1]
    campaign = store.campaign(campaign_id)
    votes = store.votes(campaign_id)
    labels = dict(zip(votes["galaxy_id"].tolist(), votes["majority"].tolist(), strict=True))
    if campaign.mode != "multilabel":
        first = questions_of(campaign)[0].name
        decided = store.decisions(campaign_id)
        labels |= {galaxy_id: answer for (galaxy_id, asked), answer in decided.items() if asked == first}
    scores, likeliest = _by_galaxy(campaign, scored)
    facts = CampaignFacts(campaign, labels, scores, likeliest)
    with _lock:
        _held[key] = (stamp, facts)
    return facts


def my_labels(workspace: Workspace, campaign_id: str, annotator: str) -> dict[str, str]:
    """Answers of one person by galaxy."""
    current = workspace.labels.current(campaign_id)
    mine = current[current["annotator"] == annotator]
    return dict(zip(mine["galaxy_id"].tolist(), mine["answer"].tolist(), strict=True))


def _by_galaxy(
    campaign: Campaign, scored: tuple[NDArray, NDArray] | None
) -> tuple[dict[str, float], dict[str, str]]:
    if scored is None:
        return {}, {}
    ids, probabilities = scored
    names = [str(galaxy_id) for galaxy_id in ids]
    if campaign.mode not in ("multiclass", "tree"):
        return dict(zip(names, probabilities[:, 0].tolist(), strict=True)), {}
    best = np.argmax(probabilities, axis=1)
    scores = probabilities[np.arange(len(best)), best].tolist()
    named = learned_answers(campaign)
    answers = [named[column] for column in best]
    return dict(zip(names, scores, strict=True)), dict(zip(names, answers, strict=True))


_rows: dict[str, tuple[str, dict[str, int]]] = {}


def catalog_row(workspace: Workspace, galaxy_id: str) -> pd.Series | None:
    """Everything the catalogue says of one galaxy; None if it is not in it."""
    key, digest = str(workspace.folder), workspace.catalog_hash
    held = _rows.get(key)
    if held is None or held[0] != digest:
        ids = workspace.catalog["galaxy_id"].tolist()
        held = (digest, {each: row for row, each in enumerate(ids)})
        _rows[key] = held
    row = held[1].get(galaxy_id)
    return None if row is None else workspace.catalog.iloc[row]


def value_text(value: object) -> str:
    """A catalogue value for people: few digits, a dash for what is missing.

    >>> value_text(0.1234567), value_text(12.0), value_text(float("nan")), value_text("SB")
    ('0.12346', '12', '–', 'SB')
    """
    if value is None or value is pd.NA or value != value:
        return "–"
    if isinstance(value, float | np.floating):
        return f"{float(value):.5g}"
    return str(value)[:80]
