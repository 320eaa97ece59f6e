"""Restorations under way and done: one bench a process, shared by everybody who looks at the page.

The same question is computed once, whoever asks; a reload finds it again. Two threads work, so that one long
deconvolution does not keep others from filling in a star. Nothing here knows Streamlit.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from galcore.types import GalcoreError, Progress
from galcore.web.restore.attempt import Attempt, AttemptStatus, RestoreRequest, RestoreSource
from galcore.web.restore.weights import shipped_restorer

if TYPE_CHECKING:
    from galcore.restore.restoration import Restoration

_KEPT_BYTES = 512 * 1024 * 1024
_KEPT_SOURCES = 32
_THREADS = 2
FIRST_GUESS_S_PER_MEGAPIXEL = {"model": 6.0, "biharmonic": 5.0, "wiener": 4.0, "richardson-lucy": 6.0}


class RestoreBench:
    """Starts, keeps and cancels attempts. Safe from several threads."""

    def __init__(self, *, max_bytes: int = _KEPT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._attempts: OrderedDict[str, Attempt] = OrderedDict()
        self._sources: OrderedDict[str, RestoreSource] = OrderedDict()
        self._pace = dict(FIRST_GUESS_S_PER_MEGAPIXEL)
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="restore")

    def keep_source(self, source: RestoreSource) -> None:
        """Keep an image at hand, so that addresses of its pictures can be answered."""
        with self._lock:
            self._sources[source.key] = source
            self._sources.move_to_end(source.key)
            while len(self._sources) > _KEPT_SOURCES:
                self._sources.popitem(last=False)

    def source(self, key: str) -> RestoreSource | None:
        """An image kept before, or None once others took its place."""
        with self._lock:
            return self._sources.get(key)

    def find(self, key: str) -> Attempt | None:
        """The attempt with this key, if it is kept."""
        with self._lock:
            if key in self._attempts:
                self._attempts.move_to_end(key)
            return self._attempts.get(key)

    def start(self, request: RestoreRequest, *, again: bool = False) -> Attempt:
        """The attempt at this request: the one there is, or a new one.

        Args:
            request: What is asked.
            again: Try anew what failed or was cancelled.
        """
        key = request.key
        with self._lock:
            kept = self._attempts.get(key)
            ended_badly = kept is not None and kept.status in (AttemptStatus.FAILED, AttemptStatus.CANCELLED)
            if kept is not None and not (again and ended_badly):
                self._attempts.move_to_end(key)
                return kept
            attempt = Attempt(request, key)
            self._attempts[key] = attempt
        self._threads.submit(self._work, attempt)
        return attempt

    def seconds_expected(self, request: RestoreRequest) -> float:
        """How long it may take, from the pace of earlier ones on this machine."""
        return self._pace.get(request.method, 10.0) * _megapixels(request)

    def _work(self, attempt: Attempt) -> None:
        if attempt.stop.is_set():
            attempt.status = AttemptStatus.CANCELLED
            return
        attempt.started_at = time.monotonic()
        attempt.status = AttemptStatus.RUNNING
        try:
            attempt.result = restore(attempt)
        except GalcoreError as error:
            _fail(attempt, str(error))
        except MemoryError:
            _fail(attempt, f"{attempt.request.source.name}: too large for the memory of this machine")
        except Exception as error:  # a defect must reach the page, not die with its thread
            _fail(attempt, f"{attempt.request.source.name}: {type(error).__name__}: {error}")
        else:
            attempt.finished_at = time.monotonic()
            taken = attempt.finished_at - attempt.started_at
            self._pace[attempt.request.method] = taken / _megapixels(attempt.request)
            attempt.status = AttemptStatus.CANCELLED if attempt.stop.is_set() else AttemptStatus.DONE
        self._make_room()

    def _make_room(self) -> None:
        with self._lock:
            total = sum(attempt.n_bytes for attempt in self._attempts.values())
            for key in list(self._attempts)[:-1]:
                if total <= self._max_bytes:
                    return
                if not self._attempts[key].is_active:
                    total -= self._attempts.pop(key).n_bytes


def restore(attempt: Attempt) -> Restoration:
    """Do what the request of an attempt asks."""
    from galcore.restore.deconvolution import deconvolve
    from galcore.restore.reconstruction import reconstruct

    request = attempt.request

    def tell(progress: Progress) -> None:
        attempt.progress = progress

    restorer = shipped_restorer(request.model_mark) if request.method == "model" else None
    flux, kind = request.source.flux, request.source.image.kind
    noise = None if request.noise_sigma is None else np.array(request.noise_sigma)
    if request.task == "reconstruct":
        return reconstruct(
            flux, request.mask, method=request.method, kind=kind, restorer=restorer,
            noise_sigma=noise, description=request.said, progress=tell,
            cancel=attempt.stop.is_set,
        )  # fmt: skip
    if request.psf is None:
        raise GalcoreError("choose a point spread function first")
    return deconvolve(
        flux, request.psf, method=request.method, kind=kind, restorer=restorer,
        noise_sigma=noise, progress=tell, cancel=attempt.stop.is_set,
    )  # fmt: skip


def _fail(attempt: Attempt, message: str) -> None:
    attempt.error = message
    attempt.status = AttemptStatus.CANCELLED if attempt.stop.is_set() else AttemptStatus.FAILED


def _megapixels(request: RestoreRequest) -> float:
    return max(request.source.image.pixels.size / 1e6, 1e-3)


_bench = RestoreBench()


def bench() -> RestoreBench:
    """The bench of this process."""
    return _bench
