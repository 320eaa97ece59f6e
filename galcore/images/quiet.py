"""Warnings of third-party readers, silenced without a race.

``warnings.catch_warnings`` swaps a global list, so two threads inside it at once can leave it swapped.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing warns inside; one thread at a time."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
