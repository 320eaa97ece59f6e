"""The states of a campaign, who may change them, and the changes themselves."""

from __future__ import annotations

from dataclasses import replace

from galcore.people import Role, may, require_role
from galcore.types import Campaign, CampaignState, GalcoreError
from galcore.workspace import Workspace

_NEXT: dict[CampaignState, tuple[CampaignState, ...]] = {
    "draft": ("open",),
    "open": ("paused", "closed"),
    "paused": ("open", "closed"),
    "closed": ("open",),
}
_WORDS: dict[tuple[CampaignState, CampaignState], str] = {
    ("draft", "open"): "Open it",
    ("open", "paused"): "Pause",
    ("open", "closed"): "Close this campaign",
    ("paused", "open"): "Go on",
    ("paused", "closed"): "Close this campaign",
    ("closed", "open"): "Open it again",
}
_ICONS = {"open": ":material/play_arrow:", "paused": ":material/pause:", "closed": ":material/lock:"}
_HELP = {
    "open": "People can annotate.",
    "paused": "Nobody can annotate until it goes on; what is there stays.",
    "closed": "A closed campaign takes no more labels; what is there stays.",
}


def next_states(campaign: Campaign) -> tuple[CampaignState, ...]:
    """States a campaign can be changed to.

    >>> next_states(Campaign("c", "Bars", "Barred?", ("yes", "no"), state="paused"))
    ('open', 'closed')
    """
    return _NEXT[campaign.state]


def state_change_words(campaign: Campaign, wanted: CampaignState) -> tuple[str, str, str]:
    """What the button of a change says: label, icon, tooltip."""
    return _WORDS[campaign.state, wanted], _ICONS[wanted], _HELP[wanted]


def may_manage(workspace: Workspace, user: str | None) -> bool:
    """Whether this person may make campaigns here and change their settings and state."""
    return user is not None and may(workspace.folder, user, Role.OWNER)


def change_campaign_state(workspace: Workspace, campaign: Campaign, wanted: CampaignState, user: str) -> None:
    """Put a campaign into another state; the running loop learns of it.

    Raises:
        GalcoreError: If this person may not, or the state does not follow from the one it is in.
    """
    require_role(workspace.folder, user, Role.OWNER)
    before = workspace.labels.campaign(campaign.campaign_id)
    if wanted not in _NEXT[before.state]:
        raise GalcoreError(f"Campaign {campaign.name!r} is {before.state}: it cannot become {wanted} now.")
    update_campaign(workspace, replace(before, state=wanted))


def update_campaign(workspace: Workspace, campaign: Campaign) -> Campaign:
    """Store changed settings as the next version and hand them to the running loop.

    Raises:
        GalcoreError: If a field is wrong, or an answer that has labels is missing.
    """
    stored = workspace.labels.update_campaign(campaign)
    workspace.loop(campaign.campaign_id).update_campaign(stored)
    return stored
