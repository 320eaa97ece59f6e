"""Votes of a file into a campaign; what cannot be taken is named, and the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from galcore.exchange.comments import is_comments, take_in_comments
from galcore.exchange.counts import count_columns, read_counts
from galcore.exchange.result import BroughtIn, store_votes
from galcore.exchange.rows import SourceTable, read_table
from galcore.exchange.votes import NEEDED, read_votes
from galcore.exchange.zooniverse import is_zooniverse, read_zooniverse
from galcore.export.votes import vote_rows
from galcore.labels import LabelStore
from galcore.types import Campaign, GalcoreError, LabelEvent, LeftOut

FORMATS = ("votes", "counts", "zooniverse", "comments")
_SAME = ("galaxy_id", "annotator", "question", "answer", "reason", "created_at")


def take_in(
    store: LabelStore,
    path: Path,
    campaign: Campaign,
    *,
    known: frozenset[str],
    format: str = "",
    anonymous_counts: bool = False,
    tasks: Mapping[str, str] | None = None,
    subject_key: str = "",
) -> BroughtIn:
    """Read a file of votes and store what can be stored; doing it again stores nothing new.

    Args:
        store: Where the votes go.
        path: CSV, Parquet or FITS; one of comments (``labels export --comments``) becomes discussions.
        campaign: Open campaign that asks the same questions.
        known: Galaxies of the workspace.
        format: One of :data:`FORMATS`; empty: told by the columns.
        anonymous_counts: Take numbers of votes per galaxy as votes of people without a name; without it a
            table that has only numbers is refused, because who answered what is lost in it.
        tasks: Zooniverse: question of the campaign per task.
        subject_key: Zooniverse: field of a subject that holds the galaxy's id.

    Raises:
        GalcoreError: If the file cannot be read as votes, or the campaign is not open.
    """
    if campaign.state != "open":
        raise GalcoreError(f"campaign {campaign.name!r} is {campaign.state}: open it, or choose another")
    table = read_table(path)
    chosen = format or _format_of(table, campaign)
    left_out = [LeftOut(place, reason) for place, reason in table.broken]
    notes: tuple[str, ...] = ()
    if chosen == "comments":
        n_new, n_known, problems = take_in_comments(store, table, campaign, known=known)
        n_rows = len(table.rows) + len(table.broken)
        return BroughtIn(chosen, n_rows, n_new, n_known, (*left_out, *problems))
    if chosen == "zooniverse":
        votes, problems, notes = read_zooniverse(
            table, campaign, known=known, tasks=tasks, subject_key=subject_key
        )
    elif chosen == "counts":
        if not anonymous_counts:
            raise GalcoreError(
                f"{path} has numbers of votes, not who gave them; --anonymous-counts takes them as votes "
                "of people without a name"
            )
        votes, problems = read_counts(table, campaign, known=known)
    else:
        votes, problems = read_votes(table, campaign, known=known)
    fresh = _without_known(store, campaign, votes)
    n_new, n_sent_before, refused = store_votes(store, fresh)
    return BroughtIn(
        format=chosen,
        n_rows=len(table.rows) + len(table.broken),
        n_new=n_new,
        n_known=len(votes) - len(fresh) + n_sent_before,
        left_out=(*left_out, *problems, *refused),
        notes=notes,
    )


def _format_of(table: SourceTable, campaign: Campaign) -> str:
    if is_zooniverse(table):
        return "zooniverse"
    if is_comments(table):
        return "comments"
    if all(name in table.columns for name in NEEDED):
        return "votes"
    if "galaxy_id" in table.columns and count_columns(table, campaign):
        return "counts"
    raise GalcoreError(
        f"{table.path} is no file of votes for {campaign.name!r}: it has the columns "
        f"{', '.join(table.columns[:12])}. Needed are {', '.join(NEEDED)} (one row a vote), galaxy_id with "
        "columns QUESTION_ANSWER (one row a galaxy), or a classification export of Zooniverse"
    )


def _without_known(
    store: LabelStore, campaign: Campaign, votes: list[tuple[str, LabelEvent]]
) -> list[tuple[str, LabelEvent]]:
    """Those that do not stand in the campaign already, said by the same person at the same time."""
    standing = vote_rows(store.history(campaign.campaign_id))
    there = set(zip(*(standing[name].astype(str) for name in _SAME), strict=True))
    return [(place, event) for place, event in votes if _key(event) not in there]


def _key(event: LabelEvent) -> tuple[str, ...]:
    moment = event.created_at.isoformat(timespec="microseconds") if event.created_at else ""
    return event.galaxy_id, event.annotator, event.question, event.answer, str(event.reason), moment
