"""The report of a campaign of a workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from galcore.code_version import code_version
from galcore.export.questions import asked_questions
from galcore.export.scores import calibration_note
from galcore.export.sources import weights_among
from galcore.export.votes import iso_times
from galcore.questions import questions_of
from galcore.report.measure import Said, measure_gold, measure_question, measure_reasks
from galcore.report.numbers import CampaignReport
from galcore.review.scores import ModelScores
from galcore.types import Campaign, EventKind, Reason
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from galcore.labels.reader import LabelReader


def report_campaign(
    workspace: Workspace,
    campaign: Campaign,
    labels: LabelReader,
    *,
    scores: ModelScores | None,
    labels_from: str = "label store",
    name_of: Callable[[str], str] = str,
) -> CampaignReport:
    """All numbers of a campaign as they stand now.

    Args:
        workspace: It belongs to.
        campaign: Which.
        labels: The store, or its snapshot.
        scores: What the model says; ``None`` without one.
        labels_from: In words.
        name_of: How people are named, for example by pseudonym.
    """
    history = labels.history(campaign.campaign_id)
    embeddings = workspace.campaign_embeddings(campaign.model)
    weights = weights_among(workspace, history["annotator"].unique())
    said = Said.of(campaign, history, asked_galaxies(workspace, campaign, labels), weights=weights)
    asked = asked_questions(campaign, said.votes)
    texts = {question.name: question.text for question in questions_of(campaign)}
    several = campaign.mode == "multilabel"
    questions = tuple(
        measure_question(
            campaign,
            question,
            said,
            text=texts.get(question.name, question.name),
            main=several or not place,
            name_of=name_of,
        )
        for place, question in enumerate(asked)
    )
    n_gold, gold = measure_gold(campaign, said.rows)
    n_reasks, consistency = measure_reasks(said.rows)
    answered = _people_per_galaxy(said.votes)
    times = iso_times(history["created_at"]) if len(history) else pd.Series([], dtype=object)
    kinds = history["kind"].astype(str)
    return CampaignReport(
        workspace=workspace.title,
        campaign=campaign.name,
        question=campaign.question,
        mode=campaign.mode,
        state=campaign.state,
        overlap=campaign.overlap,
        visibility=campaign.visibility,
        n_galaxies=said.n_asked,
        n_answered=len(answered),
        n_complete=int((answered >= campaign.overlap).sum()),
        n_people=int(said.rows.loc[said.rows["reason"] != Reason.ADJUDICATION, "annotator"].nunique()),
        n_votes=len(said.votes),
        n_explicit=int(said.votes["explicit"].sum()),
        n_skipped=len(history[kinds == EventKind.SKIP].drop_duplicates(["galaxy_id", "annotator"])),
        n_undone=int(history["undone"].sum()),
        n_decided=int(said.rows.loc[said.rows["reason"] == Reason.ADJUDICATION, "galaxy_id"].nunique()),
        votes_per_galaxy=float(answered.mean()) if len(answered) else 0.0,
        n_gold=n_gold,
        gold=gold,
        n_reasks=n_reasks,
        consistency=consistency,
        reasons=tuple((str(name), int(n)) for name, n in said.votes["reason"].value_counts().items()),
        questions=questions,
        people=questions[0].people,
        consensus=questions[0].consensus,
        weights=tuple((name_of(name), weight) for name, weight in weights.items()),
        first_at=str(times.min()) if len(times) else "",
        last_at=str(times.max()) if len(times) else "",
        learns=campaign.learns,
        model_name=embeddings.manifest.model if embeddings else "",
        model_hash=embeddings.manifest.model_hash if embeddings else "",
        learner_version=scores.model_version if scores else "",
        calibration=calibration_note(workspace, campaign, history, scores),
        catalog_hash=workspace.catalog_hash,
        code_version=code_version(),
        labels_from=labels_from,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def asked_galaxies(workspace: Workspace, campaign: Campaign, labels: LabelReader) -> list[str]:
    """Galaxies a campaign is about: its own list or the catalogue, where the model can see them."""
    embeddings = workspace.campaign_embeddings(campaign.model)
    whole = workspace.catalog["galaxy_id"] if embeddings is None else pd.Series(embeddings.galaxy_ids)
    galaxy_ids = whole.astype(str).tolist()
    listed = labels.scope(campaign.campaign_id) if campaign.scoped else None
    if listed is None:
        return galaxy_ids
    chosen = frozenset(listed)
    return [each for each in galaxy_ids if each in chosen]


def _people_per_galaxy(votes: pd.DataFrame) -> pd.Series:
    return votes.groupby("galaxy_id")["annotator"].nunique()
