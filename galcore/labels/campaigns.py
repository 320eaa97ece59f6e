"""Campaigns in the label store: settings as versioned rows, so that a label keeps what it was asked under."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from galcore.labels.queries import read_campaign, read_campaigns
from galcore.labels.records import as_utc, campaign_to_json, now_utc, validate_campaign
from galcore.questions import check_answer
from galcore.types import Campaign, GalcoreError

_GIVEN = """
SELECT question, answer, count(*)::INTEGER FROM (
    SELECT question, answer FROM current_answers($campaign_id)
    UNION ALL SELECT question, answer FROM decisions($campaign_id)
) GROUP BY ALL
"""


def insert_campaign(cursor: duckdb.DuckDBPyConnection, campaign: Campaign) -> Campaign:
    """Store a new campaign and return it as stored: trimmed, with its time of creation.

    Raises:
        GalcoreError: If a field is wrong, or the id or the name is taken.
    """
    checked = validate_campaign(campaign)
    if any(other.campaign_id == checked.campaign_id for other in read_campaigns(cursor)):
        raise GalcoreError(f"There is a campaign {checked.campaign_id!r} already: update that one.")
    stored = replace(checked, created_at=checked.created_at or as_utc(now_utc()))
    _insert_version(cursor, stored, version=1)
    return stored


def insert_changed_campaign(cursor: duckdb.DuckDBPyConnection, campaign: Campaign) -> Campaign:
    """Store changed settings as the next version; the time of creation stays.

    Raises:
        GalcoreError: If there is no such campaign, a field is wrong, or an answer that has labels is missing.
    """
    checked = validate_campaign(campaign)
    before, version = read_campaign(cursor, checked.campaign_id)
    changed = replace(checked, created_at=before.created_at)
    if changed == before:
        return before
    _require_used_answers(cursor, changed)
    _insert_version(cursor, changed, version=version + 1)
    return changed


def _insert_version(cursor: duckdb.DuckDBPyConnection, campaign: Campaign, *, version: int) -> None:
    for other in read_campaigns(cursor):
        if other.campaign_id != campaign.campaign_id and other.name.casefold() == campaign.name.casefold():
            raise GalcoreError(f"There is a campaign named {other.name!r} already: choose another name.")
    cursor.execute(
        "INSERT INTO campaign_versions VALUES (?, ?, ?, ?, ?)",
        [campaign.campaign_id, version, campaign.name, campaign_to_json(campaign), now_utc()],
    )


def _require_used_answers(cursor: duckdb.DuckDBPyConnection, campaign: Campaign) -> None:
    used = cursor.execute(_GIVEN, {"campaign_id": campaign.campaign_id}).fetchall()
    for question, answer, count in used:
        try:
            check_answer(campaign, question, answer)
        except GalcoreError as error:
            said = f"{answer!r} to {question!r}" if question else repr(answer)
            raise GalcoreError(
                f"Campaign {campaign.name!r}: {count} labels say {said}, so that answer has to stay."
            ) from error
