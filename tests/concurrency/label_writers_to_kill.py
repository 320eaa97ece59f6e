"""Run as a script: fork a writer, `kill -9` it in mid-append, reopen, compare; again and again on one file.

The parent imports everything once and opens no store itself, so that a try costs a fork and not an import.
Prints one JSON object: the tries, the events acknowledged, and those of them that were not found afterwards.
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
    """Append grids of nine and write each id into the pipe once its grid is acknowledged."""
    store = LabelStore.open(path)
    if checkpoint_often:
        store._connection.execute("SET checkpoint_threshold = '16KB'")
    if not store.campaigns():
        store.create_campaign(CAMPAIGN)
    while True:
        grid = [
            LabelEvent(str(uuid.uuid4()), "c1", f"g{position}", "ada", EventKind.LABEL, "yes")
            for position in range(9)
        ]
        store.append(grid)
        os.write(pipe, "".join(f"{event.event_id}\n" for event in grid).encode())


def list_events(path: Path, pipe: int) -> None:
    """Write every stored event id into the pipe."""
    with LabelStore.open(path) as store:
        os.write(pipe, "".join(f"{event_id}\n" for event_id in store.history("c1").event_id).encode())


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
    stored = read_lines(pipe)
    os.waitpid(reader, 0)
    lost = sorted(set(acknowledged) - set(stored))
    doubled = len(stored) - len(set(stored))
    print(json.dumps({"tries": tries, "acknowledged": len(acknowledged), "lost": lost, "doubled": doubled}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
