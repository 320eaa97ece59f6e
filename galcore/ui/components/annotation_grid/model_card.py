"""The card "how the model is doing": a curve with intervals, what was found and what may be left."""

from __future__ import annotations

from typing import Any

from galcore.loop.messages import LoopStatus
from galcore.loop.target import learned_answers
from galcore.types import Campaign
from galcore.ui.text import shorten

_LEAST_AUDITED = 20


def model_content(status: LoopStatus, campaign: Campaign) -> dict[str, Any]:
    """Curve and figures of one campaign, each with its interval; in words where there is too little."""
    return {
        "curve": [
            {
                "labels": point.labels,
                "auc": round(point.auroc.value, 4),
                "low": round(point.auroc.low, 4),
                "high": round(point.auroc.high, 4),
            }
            for point in status.curve
        ],
        "waiting": _why_no_curve(status),
        "found": _found(status, campaign),
        "found_help": _found_help(status),
    }


def _why_no_curve(status: LoopStatus) -> str:
    if not status.ready:
        return (
            "The model has not seen these images yet: the grids are random and nothing is learnt. "
            "Data → prepare changes that; your labels count in any case."
        )
    missing = max(0, _LEAST_AUDITED - status.audited)
    if missing:
        return (
            f"Not enough random labels yet: {status.audited} of {_LEAST_AUDITED}. Only galaxies drawn "
            "blindly can measure the model fairly; the curve starts there."
        )
    return "The curve starts when the random labels hold a few of each answer."


def _found(status: LoopStatus, campaign: Campaign) -> str:
    found = f"{status.positives:,} {shorten(learned_answers(campaign)[0], 24)} found"
    if status.remaining is None:
        return found if status.labels_all else ""
    left = status.remaining
    return f"{found} · about {left.value:,.0f} left [{left.low:,.0f} – {left.high:,.0f}]"


def _found_help(status: LoopStatus) -> str:
    if status.prevalence is None:
        return "How many are left is estimated from the random galaxies once there are enough of them."
    share = status.prevalence
    return (
        f"From {status.audited} random galaxies: {share.value:.1%} [{share.low:.1%} – {share.high:.1%}] "
        f"of all {status.n_galaxies:,} (95 % interval)."
    )
