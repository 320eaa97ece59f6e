"""Many annotators on one server at once, with the server killed now and then if it should be."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from galcore.load.annotator import Annotator
from galcore.load.answers import Answers
from galcore.load.browsers import Browsers, BrowserTab
from galcore.load.server import DashboardServer
from galcore.load.sky import CAMPAIGN
from galcore.types import GalcoreError

SAMPLE_S = 5.0
_OPEN_EVERY_S = 0.25
_OPEN_S = 180.0
_DRAIN_S = 120.0
_WORK_S = (0.5, 5.0)  # between the return of the crowd and the next kill


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What the crowd does.

    Attributes:
        annotators: People at once.
        seconds: Time in which they submit, at least: with kills, until all of these are done.
        pace_s: Seconds between two grids of one person.
        kills: How often the server is killed meanwhile.
        browsers: Real browsers that annotate beside them.
    """

    annotators: int
    seconds: float
    pace_s: float = 5.0
    kills: int = 0
    browsers: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment of the load.

    Attributes:
        at_s: Seconds since the load began.
        rss_mb: Memory of the server in MiB.
        cpu_s: Processor time of the server since it started.
        client_cpu_s: Processor time of this process.
        sent: Grids submitted so far.
        unacknowledged: Of them, those not acknowledged.
    """

    at_s: float
    rss_mb: float
    cpu_s: float
    client_cpu_s: float
    sent: int
    unacknowledged: int


@dataclass(slots=True)
class Crowd:
    """The annotators of one run and what was seen of the server.

    Attributes:
        people: Who annotated.
        samples: Memory and processor time, every five seconds.
        began_at: When the submissions began (``time.monotonic``).
        kills: How often the server was killed.
        tabs: Real browsers that annotated beside them.
    """

    people: list[Annotator]
    tabs: list[BrowserTab] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    began_at: float = 0.0
    kills: int = 0

    @property
    def said(self) -> list[Answers]:
        """What each of them said."""
        return [person.answers for person in self.people]

    def _sample(self, server: DashboardServer) -> None:
        usage = server.usage()
        if usage is not None:
            self.samples.append(
                Sample(
                    at_s=round(time.monotonic() - self.began_at, 1),
                    rss_mb=round(usage.rss_mb, 1),
                    cpu_s=usage.cpu_s,
                    client_cpu_s=time.process_time(),
                    sent=sum(len(answers.sent) for answers in self.said),
                    unacknowledged=sum(answers.waiting for answers in self.said),
                )
            )


async def run_crowd(
    server: DashboardServer, plan: LoadPlan, wanted: set[str], tell: Callable[[str], None] = lambda _: None
) -> Crowd:
    """Open everybody's page, let them annotate, wait until everything is acknowledged.

    Args:
        server: It runs.
        plan: What they do.
        wanted: Galaxies they click.
        tell: Told how it goes.

    Raises:
        GalcoreError: If a page does not open.
    """
    crowd = Crowd(
        [
            Annotator(f"person {n:03d}", server.host, Answers(CAMPAIGN, wanted), pace_s=plan.pace_s)
            for n in range(plan.annotators)
        ]
    )
    browsers = (
        Browsers(server.address, CAMPAIGN, plan.browsers, pace_s=plan.pace_s) if plan.browsers else None
    )
    if browsers is not None:
        await asyncio.to_thread(browsers.open)
        crowd.tabs = browsers.tabs
    begin, end = asyncio.Event(), asyncio.Event()
    work = [asyncio.create_task(person.work(begin, end, _DRAIN_S)) for person in crowd.people]
    await _wait_until_open(crowd, work)
    tell(f"{plan.annotators} pages are open")
    crowd.began_at = time.monotonic()
    begin.set()
    if browsers is not None:
        browsers.annotate()
    watch = asyncio.create_task(_watch(crowd, server, tell))
    try:
        await _kill_often(crowd, server, plan.kills, tell)
        await asyncio.sleep(max(0.0, crowd.began_at + plan.seconds - time.monotonic()))
        end.set()
        await asyncio.gather(*work)
        if browsers is not None:
            await asyncio.to_thread(browsers.close)
        crowd._sample(server)
    finally:
        for task in [*work, watch]:
            task.cancel()
        await asyncio.gather(*work, watch, return_exceptions=True)
    return crowd


async def _wait_until_open(crowd: Crowd, work: list[asyncio.Task[None]]) -> None:
    for person in crowd.people:
        person.open_page()
        await asyncio.sleep(_OPEN_EVERY_S)
    deadline = time.monotonic() + _OPEN_S
    while not all(person.is_open for person in crowd.people):
        if any(task.done() for task in work) or time.monotonic() > deadline:
            n_open = sum(person.is_open for person in crowd.people)
            raise GalcoreError(f"only {n_open} of {len(crowd.people)} grid pages opened")
        await asyncio.sleep(0.1)


async def _watch(crowd: Crowd, server: DashboardServer, tell: Callable[[str], None]) -> None:
    while True:
        crowd._sample(server)
        if crowd.samples:
            last = crowd.samples[-1]
            tell(
                f"{last.at_s:.0f} s: {last.sent} grids sent, {last.unacknowledged} on their way, "
                f"server {last.rss_mb:.0f} MiB"
            )
        await asyncio.sleep(SAMPLE_S)


async def _kill_often(crowd: Crowd, server: DashboardServer, kills: int, tell: Callable[[str], None]) -> None:
    """Kill at random moments, always when people have been acknowledged again; start again at once."""
    rng = random.Random(kills)
    for number in range(kills):
        await _wait_for_work(crowd)
        await asyncio.sleep(rng.uniform(*_WORK_S))
        await asyncio.to_thread(server.kill)
        crowd.kills += 1
        tell(f"killed {number + 1} of {kills}")
        await asyncio.to_thread(server.start)


async def _wait_for_work(crowd: Crowd) -> None:
    """Until half of the people got an acknowledgement from the server as it runs now."""
    since, deadline = time.monotonic(), time.monotonic() + _OPEN_S
    while time.monotonic() < deadline:
        heard = sum((answers.last_acknowledged_at or 0.0) > since for answers in crowd.said)
        if 2 * heard >= len(crowd.people):
            return
        await asyncio.sleep(0.1)
    raise GalcoreError(f"{crowd.kills} kills: the crowd did not get back to work in {_OPEN_S:.0f} s")
