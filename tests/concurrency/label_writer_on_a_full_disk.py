"""Run as a script: append until the disk refuses, five times, then make room and append again.

The full disk is a limit on the size of files. The process ends without closing the store, like a crash, and
prints one JSON object: what was acknowledged before and after, and what the refusals said.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import uuid
from pathlib import Path

from galcore.labels import LabelStore, LabelWriteError
from galcore.types import Campaign, EventKind, LabelEvent


def append_one(store: LabelStore) -> str:
    """Append one label with a long comment; its id."""
    event = LabelEvent(
        str(uuid.uuid4()), "c1", "g1", "ada", EventKind.LABEL, "yes", comment="a long comment " * 20
    )
    store.append([event])
    return event.event_id


def main(path: Path) -> None:
    """Fill the disk, be refused, make room, go on."""
    store = LabelStore.open(path)
    store.create_campaign(Campaign("c1", "Spirals", "?", ("yes", "no")))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    used = max(file.stat().st_size for file in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (used + 60_000, resource.RLIM_INFINITY))
    before: list[str] = []
    refusals: list[str] = []
    while len(refusals) < 5 and len(before) < 5000:
        try:
            before.append(append_one(store))
        except OSError as error:
            assert isinstance(error, LabelWriteError)
            refusals.append(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = [append_one(store) for _ in range(3)]
    print(json.dumps({"acknowledged": {"before": before, "after": after}, "refusals": refusals}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
