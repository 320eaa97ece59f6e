"""Loads what the grid needs while people still look at the first page."""

from __future__ import annotations

import threading

_started = threading.Event()


def warm_up() -> None:
    """Import the learner in the background, once a process: the first grid then opens at once."""
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_import_learner, name="warm-up", daemon=True).start()


def _import_learner() -> None:
    import sklearn.linear_model  # noqa: F401

    import galcore.loop.session  # noqa: F401
