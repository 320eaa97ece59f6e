"""Run as a script: fork a writer, `kill -9` it in mid-append, reopen, compare; again and again on one file.

The parent imports everything once and opens no store itself, so that a try costs a fork and not an import.
Prints one JSON object: the tries, the events acknowledged, those of them that were not found afterwards, and
the galaxies whose lease and answer do not fit together.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from galcore.labels import LabelStore
from galcore.types import Campaign, EventKind, LabelEvent

CAMPAIGN = Campaign("c1", "Spirals", "?", ("yes", "no"))


def append_for_ever(path: Path, pipe: int, *, checkpoint_often: bool) -> None:
    """Lease and answer grids of nine and write each id into the pipe once its grid is acknowledged."""
    store = LabelStore.open(path)
    if checkpoint_often:
        store._file.connection.execute("SET checkpoint_threshold = '16KB'")
    if not store.campaigns():
        store.create_campaign(CAMPAIGN)
    while True:
        event_ids = [str(uuid.uuid4()) for _ in range(9)]
        given = store.lease("c1", "ada", [f"g-{event_id}" for event_id in event_ids])
        grid = [
            LabelEvent(event_id, "c1", galaxy_id, "ada", EventKind.LABEL, "yes")
            for event_id, galaxy_id in zip(event_ids, given, strict=True)
        ]
        store.append(grid)
        os.write(pipe, "".join(f"{event.event_id}\n" for event in grid).encode())


def list_events(path: Path, pipe: int) -> None:
    """Write every stored event id into the pipe, and the galaxies whose lease does not fit its answer."""
    with LabelStore.open(path) as store:
        events = store.history("c1")
        torn = store.leased("c1", "ada") & set(events.galaxy_id)
        lines = [*events.event_id, *(f"torn {galaxy_id}" for galaxy_id in torn)]
        loads, _ = store.loads("c1")
        lines += [f"torn {galaxy_id}" for galaxy_id, load in loads.items() if load != 1]
        with os.fdopen(os.dup(pipe), "w") as stream:
            stream.writelines(f"{line}\n" for line in lines)


def fork(work: Callable[[int], None]) -> tuple[int, int]:
    """A child that runs ``work(pipe)``; returns its process id and the end of the pipe to read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(writing)
        finally:
            os._exit(0)
    os.close(writing)
    return child, reading


def read_lines(pipe: int) -> list[str]:
    """Complete lines until the writer is gone."""
    with os.fdopen(pipe) as stream:
        return [line.strip() for line in stream if line.endswith("\n")]


def main(path: Path, tries: int) -> None:
    """Kill ``tries`` writers; each finds the file as the one before left it."""
    rng = random.Random(7)
    acknowledged: list[str] = []
    for number in range(tries):
        writer, pipe = fork(
            lambda end, often=number % 2 == 1: append_for_ever(path, end, checkpoint_often=often)  # type: ignore[misc]
        )
        first = os.read(pipe, 37)  # it is at work
        time.sleep(rng.uniform(0.0, 0.08))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        acknowledged += [first.decode().strip(), *read_lines(pipe)]
    reader, pipe = fork(lambda end: list_events(path, end))
    lines = read_lines(pipe)
    os.waitpid(reader, 0)
    stored = [line for line in lines if not line.startswith("torn ")]
    torn = [line for line in lines if line.startswith("torn ")]
    lost = sorted(set(acknowledged) - set(stored))
    doubled = len(stored) - len(set(stored))
    told = {"tries": tries, "acknowledged": len(acknowledged), "lost": lost, "doubled": doubled, "torn": torn}
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
