"""Export of one campaign: labels and model together, while the dashboard runs or not."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pandas as pd

from galcore.export.files import SIDECAR_SUFFIX, check_suffix, provenance_json, table_bytes, write_table
from galcore.export.names import slug
from galcore.export.provenance import export_provenance

# from galcore.export.scores import campaign_embeddings, campaign_scores
from galcore.export.scores import campaign_scores
from galcore.export.sources import LabelSource, find_campaign, opened_for_reading
from galcore.export.table import results_table
from galcore.review.scores import ModelScores
from galcore.types import Campaign, Provenance
from galcore.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        files: Files made, the table first.
        n_rows: Rows of the table.
        n_labelled: Galaxies with at least one answer.
        n_events: Rows of the events file, 0 without one.
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


def export_campaign(
    workspace: Workspace | Path,
    campaign: Campaign | str,
    path: Path,
    *,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
    events: Path | None = None,
) -> ExportReport:
    """Write the results of a campaign as CSV, Parquet or FITS, by the suffix of ``path``.

    Args:
        workspace: An open workspace, or its folder.
        campaign: A campaign, its name or its id.
        path: File to write; one that is there is replaced.
        all_galaxies: Every galaxy of the catalogue with its model probability, not only the labelled ones.
        catalog_columns: Also every other column of the catalogue.
        events: File for the raw label events, one row each; same formats.

    Raises:
        GalcoreError: If campaign or suffix are unknown, or a file cannot be written.
    """
    for file in filter(None, (path, events)):
        check_suffix(file)
    opened = workspace if isinstance(workspace, Workspace) else Workspace.open(workspace)
    with opened_for_reading(opened) as (labels, labels_from):
        chosen = campaign if isinstance(campaign, Campaign) else find_campaign(labels, campaign)
        scores = campaign_scores(opened, chosen, labels)
        table = export_table(
            opened, chosen, labels, scores=scores, all_galaxies=all_galaxies, catalog_columns=catalog_columns
        )
        history = labels.history(chosen.campaign_id)
    provenance, left_out = describe(opened, chosen, table, history, scores=scores, labels_from=labels_from)
    files = write_table(table, path, provenance)
    if events is not None:
        files += write_table(history, events, provenance)
    n_labelled = int((table["n_annotators"] > 0).sum())
    return ExportReport(
        campaign=chosen.name,
        files=files,
        n_rows=len(table),
        n_labelled=n_labelled,
        n_events=len(history) if events is not None else 0,
        message=_message(chosen, table, n_labelled),
        left_out=left_out,
    )


def campaign_bytes(
    workspace: Workspace,
    campaign: Campaign,
    suffix: str,
    *,
    scores: ModelScores | None,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
) -> bytes:
    """The export of a campaign as the content of a file, for the dashboard, which holds the label store.

    CSV comes as a zip archive with its provenance beside it.
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
    provenance, _ = describe(workspace, campaign, table, history, scores=scores, labels_from="label store")
    content = table_bytes(table, suffix, provenance)
    if suffix != ".csv":
        return content
    name = slug(campaign.name, otherwise="campaign") + suffix
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(name, content)
        files.writestr(name + SIDECAR_SUFFIX, provenance_json(provenance))
    return archive.getvalue()


def export_table(
    workspace: Workspace,
    campaign: Campaign,
    labels: LabelSource,
    *,
    scores: ModelScores | None,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
) -> pd.DataFrame:
    """The table of results of a campaign as it stands now."""
    return results_table(
        campaign,
        workspace.catalog,
        labels.votes(campaign.campaign_id),
        labels.history(campaign.campaign_id),
        scores=scores,
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
) -> tuple[Provenance, tuple[str, ...]]:
    """Provenance of a table of results, and what the table does not hold."""
    n_catalog = len(workspace.catalog)
    counts = {
        "galaxies_in_catalog": n_catalog,
        "rows": len(table),
        "labelled_galaxies": int((table["n_annotators"] > 0).sum()),
        "label_events": len(history),
        "annotators": int(history["annotator"].nunique()) if len(history) else 0,
    }
    left_out = left_out_of(table, n_catalog)
    provenance = export_provenance(
        campaign,
        catalog_hash=workspace.catalog_hash,
        embeddings=workspace.campaign_embeddings(campaign.model),
        learner_version=scores.model_version if scores else "",
        counts=counts,
        left_out=left_out,
        labels_from=labels_from,
    )
    return provenance, left_out


def left_out_of(table: pd.DataFrame, n_catalog: int) -> tuple[str, ...]:
    """In words, what a reader of the table might miss."""
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
    workspace: Workspace, campaign: Campaign, table: pd.DataFrame, *, learner_version: str
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
    )
