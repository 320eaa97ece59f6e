"""Export of one campaign: labels and model together, while the dashboard runs or not."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from galcore.code_version import code_version
from galcore.export.columns import column_descriptions
from galcore.export.comments import comment_rows
from galcore.export.files import SIDECAR_SUFFIX, check_suffix, provenance_json, table_bytes, write_table
from galcore.export.names import slug
from galcore.export.provenance import export_provenance
from galcore.export.pseudonyms import pseudonym, pseudonymise, workspace_key
from galcore.export.questions import asked_questions
from galcore.export.scores import calibration_note, campaign_scores, campaign_voice
from galcore.export.sources import find_campaign, opened_for_reading, weights_among
from galcore.export.table import CodeUsed, results_table
from galcore.export.votes import vote_rows
from galcore.people.changes import person_weights
from galcore.review.scores import ModelScores
from galcore.types import Campaign, GalcoreError, Provenance
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from galcore.labels.reader import LabelReader


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        campaign: Its name.
        files: Files made, the table first.
        n_rows: Rows of the table.
        n_labelled: Galaxies with at least one answer.
        n_events: Rows of the events file, 0 without one.
        n_votes: Rows of the votes file, 0 without one.
        n_comments: Rows of the file of discussions, 0 without one.
        message: One sentence for the person who asked.
        left_out: What is not in the table, and why.
    """

    campaign: str
    files: tuple[Path, ...]
    n_rows: int
    n_labelled: int
    n_events: int
    message: str
    left_out: tuple[str, ...]
    n_votes: int = 0
    n_comments: int = 0


def export_campaign(
    workspace: Workspace | Path,
    campaign: Campaign | str,
    path: Path | None,
    *,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
    events: Path | None = None,
    votes: Path | None = None,
    comments: Path | None = None,
    pseudonymous: bool = False,
) -> ExportReport:
    """Write the results of a campaign as CSV, Parquet or FITS, by the suffix of ``path``.

    Args:
        workspace: An open workspace, or its folder.
        campaign: A campaign, its name or its id.
        path: File to write, one row a galaxy; one that is there is replaced. ``None``: only the others.
        all_galaxies: Every galaxy of the catalogue with its model probability, not only the labelled ones.
        catalog_columns: Also every other column of the catalogue.
        events: File for the raw label events, one row each; same formats.
        votes: File for the votes that stand, one row each; what ``labels import`` reads back.
        comments: File for the discussions, one row a message, edit or withdrawal; read back likewise.
        pseudonymous: Names of people replaced, and their comments left out, in every file.

    Raises:
        GalcoreError: If campaign or suffix are unknown, or a file cannot be written.
    """
    if comments is not None and pseudonymous:
        raise GalcoreError(f"{comments}: messages may hold names; export them without --pseudonymous")
    for file in filter(None, (path, events, votes, comments)):
        check_suffix(file)
    opened = workspace if isinstance(workspace, Workspace) else Workspace.open(workspace)
    with opened_for_reading(opened) as (labels, labels_from):
        chosen = campaign if isinstance(campaign, Campaign) else find_campaign(labels, campaign)
        history = labels.history(chosen.campaign_id)
        thread = labels.thread(chosen.campaign_id)
        scores = campaign_scores(opened, chosen, labels) if path else None
        table = export_table(
            opened, chosen, labels, scores=scores, all_galaxies=all_galaxies, catalog_columns=catalog_columns
        )
    hide = _hiding(opened, pseudonymous=pseudonymous)
    describing = partial(describe, opened, chosen, labels_from=labels_from, scores=scores, hide=hide)
    provenance, left_out = describing(table, history)
    files = write_table(table, path, provenance) if path else ()
    shown = pseudonymise(history, hide) if hide else history
    n_votes = 0
    for place, rows, exact in ((events, shown, False), (votes, vote_rows(shown), True)):
        if place is not None:
            files += write_table(rows, place, describing(rows, history, exact_text=exact)[0])
            n_votes += len(rows) if exact else 0
    if comments is not None:
        said = comment_rows(thread)
        files += write_table(said, comments, describing(said, history, exact_text=True)[0])
    n_labelled = int((table["label_source"] != "").sum())
    return ExportReport(
        campaign=chosen.name,
        files=files,
        n_rows=len(table),
        n_labelled=n_labelled,
        n_events=len(history) if events is not None else 0,
        message=_message(chosen, table, n_labelled),
        left_out=left_out if path else (),
        n_votes=n_votes,
        n_comments=len(thread) if comments is not None else 0,
    )


def campaign_bytes(
    workspace: Workspace,
    campaign: Campaign,
    suffix: str,
    *,
    scores: ModelScores | None,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
    pseudonymous: bool = False,
) -> bytes:
    """The export of a campaign as the content of a file, for the dashboard, which holds the label store.

    CSV comes as a zip archive with its provenance beside it, in which ``pseudonymous`` replaces names.
    """
    table = export_table(
        workspace,
        campaign,
        workspace.labels,
        scores=scores,
        all_galaxies=all_galaxies,
        catalog_columns=catalog_columns,
    )
    history = workspace.labels.history(campaign.campaign_id)
    provenance, _ = describe(
        workspace,
        campaign,
        table,
        history,
        scores=scores,
        labels_from="label store",
        hide=_hiding(workspace, pseudonymous=pseudonymous),
    )
    return _packed(table, slug(campaign.name, otherwise="campaign"), suffix, provenance)


def votes_bytes(
    workspace: Workspace, campaign: Campaign, suffix: str, *, history: pd.DataFrame, pseudonymous: bool
) -> bytes:
    """Votes of a campaign as the content of a file, for the dashboard; CSV as a zip archive.

    Args:
        workspace: Where they come from.
        campaign: What they are about.
        suffix: Of the format.
        history: The events that the reader may see.
        pseudonymous: Names replaced, comments left out.
    """
    hide = _hiding(workspace, pseudonymous=pseudonymous)
    votes = vote_rows(pseudonymise(history, hide) if hide else history)
    provenance, _ = describe(
        workspace,
        campaign,
        votes,
        history,
        scores=None,
        labels_from="label store",
        hide=hide,
        exact_text=True,
    )
    return _packed(votes, slug(campaign.name, otherwise="campaign") + "-votes", suffix, provenance)


def _hiding(workspace: Workspace, *, pseudonymous: bool) -> Callable[[str], str] | None:
    return partial(pseudonym, key=workspace_key(workspace.folder)) if pseudonymous else None


def _packed(table: pd.DataFrame, stem: str, suffix: str, provenance: Provenance) -> bytes:
    content = table_bytes(table, suffix, provenance)
    if suffix != ".csv":
        return content
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(stem + suffix, content)
        files.writestr(stem + suffix + SIDECAR_SUFFIX, provenance_json(provenance))
    return archive.getvalue()


def export_table(
    workspace: Workspace,
    campaign: Campaign,
    labels: LabelReader,
    *,
    scores: ModelScores | None,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
) -> pd.DataFrame:
    """The table of results of a campaign as it stands now."""
    embeddings = workspace.campaign_embeddings(campaign.model)
    return results_table(
        campaign,
        workspace.catalog,
        labels.history(campaign.campaign_id),
        scores=scores,
        voice=campaign_voice(workspace, campaign),
        weights=person_weights(workspace.folder),
        code=CodeUsed(code_version(), embeddings.manifest.model_hash if embeddings else ""),
        all_galaxies=all_galaxies,
        catalog_columns=catalog_columns,
    )


def describe(
    workspace: Workspace,
    campaign: Campaign,
    table: pd.DataFrame,
    history: pd.DataFrame,
    *,
    scores: ModelScores | None,
    labels_from: str,
    exact_text: bool = False,
    hide: Callable[[str], str] | None = None,
) -> tuple[Provenance, tuple[str, ...]]:
    """Provenance of a table about a campaign, and what the table does not hold.

    Args:
        workspace: Where it comes from.
        campaign: What it is about.
        table: Rows that are written.
        history: Every event of the campaign.
        scores: Model probabilities in the table.
        labels_from: Label store or snapshot.
        exact_text: See :func:`galcore.export.provenance.export_provenance`; so is ``hide``.
        hide: Pseudonym of a name.
    """
    n_catalog = len(workspace.catalog)
    is_results = "label_source" in table
    counts = {
        "galaxies_in_catalog": n_catalog,
        "rows": len(table),
        "label_events": len(history),
        "annotators": int(history["annotator"].nunique()) if len(history) else 0,
    }
    if is_results:
        counts["labelled_galaxies"] = int((table["label_source"] != "").sum())
    left_out = left_out_of(table, n_catalog) if is_results else ()
    questions = asked_questions(campaign, vote_rows(history))
    provenance = export_provenance(
        campaign,
        catalog_hash=workspace.catalog_hash,
        embeddings=workspace.campaign_embeddings(campaign.model),
        learner_version=scores.model_version if scores else "",
        counts=counts,
        left_out=left_out,
        labels_from=labels_from,
        weights=weights_among(workspace, history["annotator"].unique()),
        columns=column_descriptions(map(str, table.columns), campaign, questions),
        calibration=calibration_note(workspace, campaign, history, scores) if is_results else "",
        exact_text=exact_text,
        hide=hide,
    )
    return provenance, left_out


def left_out_of(table: pd.DataFrame, n_catalog: int) -> tuple[str, ...]:
    """In words, what a reader of a table of results might miss."""
    notes = []
    if len(table) < n_catalog:
        notes.append(f"{n_catalog - len(table):,} galaxies of the catalogue are not in this table")
    unscored = int((table["model_version"] == "").sum())
    if unscored:
        notes.append(f"{unscored:,} rows without a model probability (no fitted model, or no embedding)")
    tied = int((table["label_source"] == "tie").sum())
    if tied:
        notes.append(f"{tied:,} galaxies without a label because the votes tie; adjudicate them in Review")
    return tuple(notes)


def _message(campaign: Campaign, table: pd.DataFrame, n_labelled: int) -> str:
    if not n_labelled:
        what = "nobody has labelled anything yet"
        return f"{campaign.name!r}: {what}; the table has {len(table):,} rows"
    return f"{campaign.name!r}: {len(table):,} rows, {n_labelled:,} galaxies labelled"


def describe_table(
    workspace: Workspace,
    campaign: Campaign,
    table: pd.DataFrame,
    *,
    learner_version: str,
    pseudonymous: bool = False,
) -> Provenance:
    """Provenance of any table about a campaign, such as the filtered ones of the Review page."""
    return export_provenance(
        campaign,
        catalog_hash=workspace.catalog_hash,
        embeddings=workspace.campaign_embeddings(campaign.model),
        learner_version=learner_version,
        counts={"galaxies_in_catalog": len(workspace.catalog), "rows": len(table)},
        left_out=("the table holds the rows that were on screen, after filters",),
        labels_from="label store",
        weights=weights_among(workspace, workspace.labels.annotators(campaign.campaign_id)),
        hide=_hiding(workspace, pseudonymous=pseudonymous),
    )
