"""What the browser is told on either annotation page: the question, why a galaxy is shown, its pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from galcore.loop.messages import LoopStatus
from galcore.types import Campaign, Reason, ShownItem
from galcore.web.addresses import stamp_address
from galcore.workspace import Workspace

Address = Callable[..., str]  # of a stamp, given its galaxy, size and stretch
STRETCHES = (
    ("survey", "survey", "one stretch for all: brightness compares across pictures"),
    ("image", "per image", "each picture for itself, up to its 99.8th percentile"),
    ("zscale", "zscale", "linear between the IRAF limits"),
    ("faint", "faint", "for low surface brightness: the noise is visible"),
)
_WHY = {
    Reason.TOP: ("likely", "the model finds this one likely"),
    Reason.MARGIN: ("unsure", "the model is unsure of this one; your answer teaches it most"),
    Reason.RANDOM: ("random", "drawn blindly: only these measure how good the model is"),
    Reason.CLUSTER: ("variety", "a typical one of its kind, so that the start covers all kinds"),
    Reason.SIMILAR: ("similar", "similar to an example of this campaign"),
    Reason.QUEUED: ("queued", "somebody selected it and asked for it to be labelled"),
    Reason.ANOMALY: ("unusual", "unlike the others"),
    Reason.GOLD: ("random", "drawn blindly: only these measure how good the model is"),
    Reason.REASK: ("random", "drawn blindly: only these measure how good the model is"),
    Reason.ADJUDICATION: ("disputed", "people disagree about this one"),
}
_LARGE_PX = 768
_MOST_SEEDS = 12


def campaign_content(campaign: Campaign) -> dict[str, Any]:
    """The question and its answers."""
    return {
        "id": campaign.campaign_id,
        "question": campaign.question or campaign.name,
        "answers": list(campaign.answers),
        "mode": campaign.mode,
        "state": campaign.state,
    }


def guide_content(campaign: Campaign, workspace: Workspace, *, how: str) -> dict[str, Any]:
    """The guide: what the maker of the campaign wrote, the example galaxies, how the page works."""
    address = address_maker(workspace)
    named: dict[str, list[str]] = {}
    for example in campaign.examples:
        named.setdefault(example.caption or "examples", []).append(example.galaxy_id)
    named.setdefault(f"examples of {campaign.answers[0]}", []).extend(campaign.seeds[:_MOST_SEEDS])
    pictures = {
        name: [address(each, size_px=192) for each in galaxy_ids if each in workspace.images]
        for name, galaxy_ids in named.items()
    }
    examples = [{"name": name, "pictures": shown} for name, shown in pictures.items() if shown]
    return {"text": campaign.guidance, "examples": examples, "how": how}


def counts_content(status: LoopStatus) -> dict[str, Any]:
    """The counters over the grid."""
    return {
        "round": status.round,
        "mine": status.labels_mine,
        "all": status.labels_all,
        "here": list(status.present),
    }


def why_content(item: ShownItem) -> dict[str, Any]:
    """A galaxy and why it is shown, in words."""
    word, explanation = _WHY[item.reason]
    score = None if item.score is None else round(float(item.score), 3)
    if score is not None:
        explanation += f" (score {score:.2f})"
    return {"id": item.galaxy_id, "why": word, "explanation": explanation, "score": score}


def large_pictures(galaxy_id: str, address: Address) -> dict[str, str]:
    """Address of a large picture in every stretch; its headers say what it measures and where it is."""
    return {name: address(galaxy_id, size_px=_LARGE_PX, stretch=name) for name, _, _ in STRETCHES}


def stretches_content() -> list[dict[str, str]]:
    """The stretches to choose from, the first one first."""
    return [{"name": name, "word": word, "help": text} for name, word, text in STRETCHES]


def address_maker(workspace: Workspace) -> Address:
    """Makes addresses of the stamps of a workspace."""
    return partial(stamp_address, workspace.name, version=workspace.catalog_hash)
