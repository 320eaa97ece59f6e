"""Files with one row a message, as ``labels export --comments`` writes them: taken exactly as they are."""

from __future__ import annotations

from galcore.exchange.rows import SourceRow, SourceTable
from galcore.exchange.votes import FieldError, parse_time
from galcore.export.comments import COMMENT_COLUMNS
from galcore.labels import LabelStore
from galcore.types import Campaign, GalcoreError, LeftOut, ThreadEvent, ThreadKind


def is_comments(table: SourceTable) -> bool:
    """Whether a table has the columns of discussions."""
    return all(name in table.columns for name in COMMENT_COLUMNS)


def take_in_comments(
    store: LabelStore, table: SourceTable, campaign: Campaign, *, known: frozenset[str]
) -> tuple[int, int, list[LeftOut]]:
    """Store the messages of a table that are not there yet, each as it was written.

    Args:
        store: Where they go.
        table: Columns of :data:`galcore.export.comments.COMMENT_COLUMNS`.
        campaign: Whose discussions they become.
        known: Galaxies of the workspace.

    Returns:
        How many were new, how many were known, and what was left out.
    """
    n_new, n_known = 0, 0
    left_out: list[LeftOut] = []
    for row in table.rows:
        try:
            stored = store.append_thread([_event(row, campaign, known)])
        except FieldError as error:
            left_out.append(LeftOut(f"{row.place}, column {error.column}", str(error)))
            continue
        except GalcoreError as error:
            left_out.append(LeftOut(row.place, str(error)))
            continue
        n_new, n_known = n_new + stored, n_known + 1 - stored
    return n_new, n_known, left_out


def _event(row: SourceRow, campaign: Campaign, known: frozenset[str]) -> ThreadEvent:
    values = row.values
    galaxy_id, kind = values["galaxy_id"], values["kind"]
    if galaxy_id not in known:
        raise FieldError("galaxy_id", f"{galaxy_id!r} is no galaxy of this workspace")
    if kind not in list(ThreadKind):
        raise FieldError("kind", f"{kind!r} is none of {', '.join(ThreadKind)}")
    return ThreadEvent(
        event_id=values["event_id"],
        campaign_id=campaign.campaign_id,
        galaxy_id=galaxy_id,
        annotator=values["annotator"],
        kind=ThreadKind(kind),
        text=values["text"],
        message_id=values["message_id"],
        created_at=parse_time(values["created_at"], "created_at") if values["created_at"] else None,
    )
