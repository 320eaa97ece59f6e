"""What came of a load: answers lost, doubled or changed, waiting times, memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from galcore.load.answers import Answers, Sent
from galcore.load.browsers import BrowserTab
from galcore.load.crowd import Crowd, LoadPlan, Sample
from galcore.workspace import Workspace

ACK_LIMIT_MS, NEXT_LIMIT_MS = 500.0, 700.0
GROWTH_LIMIT_MB = 30.0  # per 10,000 labels, in the last third: 3 kB an answer, which the server keeps at hand


@dataclass(frozen=True, slots=True)
class Kept:
    """What the label store holds of what was said.

    Attributes:
        lost: Answers that were acknowledged and are not stored.
        missing: Answers that were sent, acknowledged or not, and are not stored.
        doubled: Answers that are stored more than once.
        changed: Answers that are stored as something else.
        overfull: Galaxies that more people answered than the campaign asks for.
        models: Versions of the model by which grids were chosen.
        browser_lost: Galaxies whose answer a real browser called saved and that are not stored.
        browser_missing: Those that a real browser submitted and that are not stored.
        browser_saved: Galaxies whose answer a real browser called saved.
    """

    lost: int
    missing: int
    doubled: int
    changed: int
    overfull: int
    models: int
    browser_lost: int = 0
    browser_missing: int = 0
    browser_saved: int = 0


def compare_with_store(
    workspace: Workspace, campaign_id: str, said: Sequence[Answers], tabs: Sequence[BrowserTab] = ()
) -> Kept:
    """Look every answer up in the label store of a workspace that no server has open."""
    events = workspace.labels.history(campaign_id)
    campaign = workspace.labels.campaign(campaign_id)
    stored = dict(zip(events["event_id"], events["answer"], strict=True))
    sent = [
        (event_id, answer, grid.acknowledged_at is not None)
        for answers in said
        for grid in answers.sent
        for event_id, answer in grid.events.values()
    ]
    missing = [acknowledged for event_id, _, acknowledged in sent if event_id not in stored]
    held = set(zip(events["annotator"], events["galaxy_id"], strict=True))
    browser_lost = sum((tab.name, each) not in held for tab in tabs for each in tab.saved)
    unsaved = sum((tab.name, each) not in held for tab in tabs for each in tab.on_the_way)
    pairs = events.groupby(["annotator", "galaxy_id", "question"]).size()
    people = events.groupby("galaxy_id")["annotator"].nunique()
    return Kept(
        lost=sum(missing),
        missing=len(missing),
        doubled=len(events) - len(stored) + int((pairs - 1).sum()),
        changed=sum(stored.get(event_id, answer) != answer for event_id, answer, _ in sent),
        overfull=int((people > campaign.overlap).sum()),
        models=int(events["model_version"].nunique()),
        browser_lost=browser_lost,
        browser_missing=browser_lost + unsaved,
        browser_saved=sum(len(tab.saved) for tab in tabs),
    )


def read_kept(
    folder: Path, campaign_id: str, said: Sequence[Answers], tabs: Sequence[BrowserTab] = ()
) -> Kept:
    """As :func:`compare_with_store`, for a workspace in a folder."""
    workspace = Workspace.open(folder)
    try:
        return compare_with_store(workspace, campaign_id, said, tabs)
    finally:
        workspace.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One load, measured.

    Attributes:
        plan: What the crowd did.
        grids: Grids submitted.
        labels: Answers in them.
        labels_per_s: Answers acknowledged per second.
        ack_ms: (n,) submission to acknowledgement, which is after the commit.
        next_ms: (n,) submission to a grid that was composed afterwards.
        without_grid_s: Time that people had no grid in front of them, all people together.
        kept: What the label store says.
        samples: Memory and processor time of the server.
        problems: What pages were told of refused answers.
    """

    plan: LoadPlan
    grids: int
    labels: int
    labels_per_s: float
    ack_ms: np.ndarray
    next_ms: np.ndarray
    without_grid_s: float
    kept: Kept
    samples: tuple[Sample, ...]
    problems: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, crowd: Crowd, plan: LoadPlan, kept: Kept) -> Outcome:
        """Measure what a crowd did."""
        sent = [each for answers in crowd.said for each in answers.sent]
        done = [each for each in sent if each.acknowledged_at is not None]
        last = max((each.acknowledged_at or 0.0 for each in done), default=crowd.began_at)
        taken_s = max(last - crowd.began_at, 1e-9)
        return cls(
            plan=plan,
            grids=len(sent),
            labels=sum(len(each.events) for each in sent),
            labels_per_s=sum(len(each.events) for each in done) / taken_s,
            ack_ms=_waits_ms([(each, each.acknowledged_at) for each in sent]),
            next_ms=_waits_ms([(each, each.next_at) for each in sent]),
            without_grid_s=sum(person.without_grid_s for person in crowd.people),
            kept=kept,
            samples=tuple(crowd.samples),
            problems=tuple(problem for answers in crowd.said for problem in answers.problems),
        )

    @property
    def figures(self) -> dict[str, float | None]:
        """The figures by their short names."""
        first, final = (self.samples[0], self.samples[-1]) if self.samples else (None, None)
        cpu_s = final.cpu_s - first.cpu_s if first and final and not self.plan.kills else None
        client_s = final.client_cpu_s - first.client_cpu_s if first and final else None
        mean = self.labels / max(self.grids, 1)
        wall_s = max(final.at_s - first.at_s, 1e-9) if first and final else 1e-9
        return {
            "lost": self.kept.lost,
            "missing": self.kept.missing,
            "doubled": self.kept.doubled,
            "changed": self.kept.changed,
            "overfull": self.kept.overfull,
            "browser_lost": self.kept.browser_lost,
            "browser_missing": self.kept.browser_missing,
            "browser_saved": self.kept.browser_saved,
            "grids": self.grids,
            "models": self.kept.models,
            "refused": len(self.problems),
            "labels_per_s": round(self.labels_per_s, 1),
            "ack_p50_ms": _percentile(self.ack_ms, 50),
            "ack_p95_ms": _percentile(self.ack_ms, 95),
            "ack_max_ms": _percentile(self.ack_ms, 100),
            "next_p50_ms": _percentile(self.next_ms, 50),
            "next_p95_ms": _percentile(self.next_ms, 95),
            "without_grid_s": round(self.without_grid_s, 2),
            "rss_start_mb": first.rss_mb if first else None,
            "rss_mb": final.rss_mb if final else None,
            "rss_peak_mb": max((sample.rss_mb for sample in self.samples), default=None),
            "rss_growth_mb": None if self.plan.kills else rss_growth(self.samples, labels_per_grid=mean),
            "server_cpu_ms_per_grid": _per(cpu_s, self.grids),
            "client_cpu_ms_per_grid": _per(client_s, self.grids),
            "server_cores": None if cpu_s is None else round(cpu_s / wall_s, 2),
            "client_cores": None if client_s is None else round(client_s / wall_s, 2),
        }


def rss_growth(samples: Sequence[Sample], *, labels_per_grid: float) -> float | None:
    """MiB that the server grew by per 10,000 labels over the last third of the load; least squares."""
    late = [sample for sample in samples if sample.at_s >= 2 / 3 * samples[-1].at_s]
    labels = np.array([sample.sent for sample in late]) * labels_per_grid
    if len(late) < 4 or np.ptp(labels) == 0:
        return None
    slope = np.polyfit(labels, [sample.rss_mb for sample in late], 1)[0]
    return round(float(slope) * 1e4, 1)


def _waits_ms(pairs: Sequence[tuple[Sent, float | None]]) -> np.ndarray:
    return np.array([(at - each.sent_at) * 1e3 for each, at in pairs if at is not None])


def _percentile(values: np.ndarray, percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if len(values) else None


def _per(seconds: float | None, count: int) -> float | None:
    return None if seconds is None or not count else round(seconds / count * 1e3, 1)
