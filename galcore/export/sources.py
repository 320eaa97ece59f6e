"""Where the labels of an export come from: the store itself, or its copy while another process holds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from galcore.people.changes import person_weights
from galcore.types import Campaign, GalcoreError
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from galcore.labels.reader import LabelReader


def label_source(workspace: Workspace) -> tuple[LabelReader, str]:
    """Labels of a workspace and, in words, where they come from.

    A running dashboard holds the store alone; its snapshot, seconds old, is read then.

    Raises:
        GalcoreError: If another process holds the store and there is no snapshot, or it cannot be read.
    """
    from galcore.labels.snapshot import SnapshotLabels

    snapshot = workspace.files.label_snapshot
    try:
        return workspace.labels, "label store"
    except GalcoreError as error:
        if "in use" not in str(error) or not snapshot.is_dir():
            raise
        return SnapshotLabels(snapshot), "snapshot, because a running Galcore holds the label store"


def find_campaign(labels: LabelReader, name_or_id: str) -> Campaign:
    """The campaign of that name or id.

    Raises:
        GalcoreError: If there is none; the message lists those there are.
    """
    campaigns = labels.campaigns()
    wanted = name_or_id.strip()
    for campaign in campaigns:
        if wanted in {campaign.campaign_id, campaign.name}:
            return campaign
    alike = [campaign for campaign in campaigns if campaign.name.casefold() == wanted.casefold()]
    if len(alike) == 1:
        return alike[0]
    names = ", ".join(repr(campaign.name) for campaign in campaigns)
    raise GalcoreError(
        f"there is no campaign {name_or_id!r}; "
        + (f"choose one of {names}" if names else "none was made yet")
    )


def weights_among(workspace: Workspace, people: Iterable[str]) -> dict[str, float]:
    """Of these people those whose votes an owner made count more or less than 1, and how much.

    Whether somebody is paused or was removed makes no difference, as in the loop: what they said stays.
    """
    given = person_weights(workspace.folder)
    return {name: given[name] for name in sorted({str(each) for each in people} & given.keys())}


@contextmanager
def opened_for_reading(workspace: Workspace) -> Iterator[tuple[LabelReader, str]]:
    """Labels for the length of an export; a store that was opened only for it is closed again."""
    was_open = workspace.labels_are_open
    try:
        yield label_source(workspace)
    finally:
        if not was_open:
            workspace.close()
