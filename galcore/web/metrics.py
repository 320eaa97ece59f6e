"""What a server tells its operators, as Prometheus text: counts and times, nothing about anybody."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from galcore.jobs import jobs
from galcore.types import GalcoreError
from galcore.web.registry import served
from galcore.workspace import Workspace

METRICS_ROUTE = "/galcore/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SUBMIT_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_JOBS_LOOKED_AT = 50
_log = logging.getLogger(__name__)


class Histogram:
    """Counts of times per bucket; safe from several threads.

    Args:
        name: Of the metric.
        about: What it says.
        bounds_s: Upper bounds of the buckets in seconds, rising.
    """

    def __init__(self, name: str, about: str, bounds_s: Sequence[float]) -> None:
        self.name = name
        self.about = about
        self._bounds_s = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds_s) + 1)
        self._sum_s = 0.0
        self._lock = threading.Lock()

    def observe(self, seconds: float) -> None:
        """Count one time."""
        with self._lock:
            self._counts[bisect_left(self._bounds_s, seconds)] += 1
            self._sum_s += seconds

    def lines(self) -> list[str]:
        """The metric as Prometheus reads it: counts up to each bound, sum and count.

        >>> waits = Histogram("wait_seconds", "Waits.", (0.1, 1.0))
        >>> waits.observe(0.1); waits.observe(3)
        >>> waits.lines()[-3:]
        ['wait_seconds_bucket{le="+Inf"} 2', 'wait_seconds_sum 3.100000', 'wait_seconds_count 2']
        """
        with self._lock:
            counts, sum_s = list(self._counts), self._sum_s
        lines, below = _head(self.name, self.about, "histogram"), 0
        for bound, counted in zip((*self._bounds_s, "+Inf"), counts, strict=True):
            below += counted
            lines.append(f'{self.name}_bucket{{le="{bound}"}} {below}')
        return [*lines, f"{self.name}_sum {sum_s:.6f}", f"{self.name}_count {below}"]


submit_seconds = Histogram(
    "galcore_submit_seconds", "Time from a submitted grid to its acknowledgement.", SUBMIT_BUCKETS_S
)


@contextmanager
def timed_submit() -> Iterator[None]:
    """Count the time of one submission; one that fails is no acknowledgement and is not counted."""
    started = time.perf_counter()
    yield
    spent_s = time.perf_counter() - started
    submit_seconds.observe(spent_s)
    _log.info("grid stored", extra={"event": "submit", "milliseconds": round(spent_s * 1e3, 1)})


def metrics_text() -> str:
    """All metrics, of the workspaces that this process has open."""
    opened = served().open_now()
    stores = [workspace.labels for workspace in opened if workspace.labels_are_open]
    campaigns = [(store, each) for store in stores for each in store.campaigns()]
    here = {who for store, each in campaigns for who in store.present(each.campaign_id)}
    n_labels = sum(len(store.current(each.campaign_id)) for store, each in campaigns)
    n_open = sum(each.state == "open" for _, each in campaigns)
    numbers = (
        ("galcore_labels", "Standing answers.", n_labels),
        ("galcore_campaigns_open", "Campaigns that take labels.", n_open),
        ("galcore_people_here", "People at work in the last minute.", len(here)),
        ("galcore_writes_waiting", "Writes that wait.", sum(store.n_writes_waiting for store in stores)),
        ("galcore_jobs_waiting", "Jobs that wait or run.", sum(_n_active_jobs(each) for each in opened)),
        ("galcore_workspaces_open", "Workspaces in use.", len(opened)),
    )
    lines = []
    for name, about, value in numbers:
        lines += [*_head(name, about, "gauge"), f"{name} {value}"]
    return "\n".join([*lines, *submit_seconds.lines()]) + "\n"


def metrics(_request: Request) -> Response:
    """The metrics; on a thread of its own, since it asks the label stores."""
    return Response(metrics_text(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def metrics_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [Route(METRICS_ROUTE, metrics, methods=["GET"])]


def _head(name: str, about: str, kind: str) -> list[str]:
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]


def _n_active_jobs(workspace: Workspace) -> int:
    try:
        return sum(job.status.is_active for job in jobs(workspace.folder)[:_JOBS_LOOKED_AT])
    except GalcoreError:
        return 0
