"""The table of discussions: one row for each thing that was written, changed or taken back."""

from __future__ import annotations

import pandas as pd

from galcore.export.votes import iso_times

COMMENT_COLUMNS = {
    "event_id": "identifier of the event",
    "galaxy_id": "identifier of the galaxy, always text",
    "annotator": "who wrote it",
    "kind": "write, edit or withdraw",
    "text": "what was written; empty for a withdrawal",
    "message_id": "message that is edited or withdrawn; empty for a new one",
    "created_at": "when it was stored, UTC",
}


def comment_rows(thread: pd.DataFrame) -> pd.DataFrame:
    """Events of the discussions of a campaign, in order of arrival.

    Args:
        thread: See :meth:`galcore.labels.LabelStore.thread`.

    Returns:
        Columns of :data:`COMMENT_COLUMNS`, ``created_at`` as ISO 8601 text in UTC.
    """
    return thread.assign(created_at=iso_times(thread["created_at"]))[list(COMMENT_COLUMNS)]
