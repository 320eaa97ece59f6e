"""Restorations under way and done: one bench a process, shared by everybody who looks at the page.

What is asked is its own key (image, task, method, mask, PSF, noise, weights), so the same question is
computed once, whoever asks; a reload finds it again. Two threads work, so that one long deconvolution does
not keep others from filling in a star. Nothing here knows Streamlit.
"""

from __future__ import annotations

import functools
import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from galcore.images.image import SkyImage
from galcore.images.stretch import SurveyLimits
from galcore.settings import DEFAULT_MODEL, MODELS_DIR
from galcore.types import GalcoreError, Progress

if TYPE_CHECKING:
    from astropy.io import fits

    from galcore.model.restorer import Restorer
    from galcore.restore.psf import Psf
    from galcore.restore.restoration import Restoration

Task = Literal["reconstruct", "deconvolve"]
METHODS: dict[Task, dict[str, str]] = {
    "reconstruct": {"model": "Galcore", "biharmonic": "Biharmonic"},
    "deconvolve": {"model": "Galcore", "wiener": "Wiener", "richardson-lucy": "Richardson-Lucy"},
}
"""Name of each method for people, by task; the first one is the model."""

WHITE = 255
_KEPT_BYTES = 512 * 1024 * 1024
_KEPT_SOURCES = 32
_THREADS = 2
_MAX_HEADER_BYTES = 16 * 1024 * 1024
FIRST_GUESS_S_PER_MEGAPIXEL = {"model": 6.0, "biharmonic": 5.0, "wiener": 4.0, "richardson-lucy": 6.0}


class AttemptStatus(StrEnum):
    """How far an attempt is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, eq=False)
class RestoreSource:
    """An image that may be restored.

    Attributes:
        key: Digest of where it came from; the same pixels of the same catalogue have the same key.
        name: Galaxy or file, for people.
        image: Its pixels.
        limits: Display levels of its survey, where known.
        unit: Of its flux, from the header where it says so.
        header: Of the FITS file it came from, fitting these pixels; ``None`` for anything else.
        surroundings: Reads more of the field that a stamp was cut from, to look for stars there.
    """

    key: str
    name: str
    image: SkyImage
    limits: SurveyLimits | None = None
    unit: str = ""
    header: fits.Header | None = None
    surroundings: Callable[[], SkyImage] | None = None

    @property
    def flux(self) -> NDArray[np.float32]:
        """Pixels ``(C, H, W)`` as the restoring functions take them; a picture from black 0 to white 1."""
        pixels = self.image.pixels.astype(np.float32)
        return pixels / np.float32(WHITE) if self.image.kind == "picture" else pixels

    @property
    def unit_words(self) -> str:
        """Unit of a pixel for people."""
        return "of white" if self.image.kind == "picture" else self.unit or "flux unit of the file"


@dataclass(frozen=True, slots=True, eq=False)
class RestoreRequest:
    """One question to one method.

    Attributes:
        mask: ``(H, W)``, true where pixels are to be filled in; only to reconstruct.
        psf: One stamp, or one a band; only to deconvolve.
        noise_sigma: Scatter of the sky a pixel, one number or one a band; ``None``: estimated.
        model_mark: What tells the weights apart from others.
        said: What the mask is, in words for the record.
    """

    source: RestoreSource
    task: Task
    method: str
    mask: NDArray[np.bool_] | None = None
    psf: Psf | None = None
    noise_sigma: tuple[float, ...] | None = None
    model_mark: str = ""
    said: str = ""

    @property
    def key(self) -> str:
        """Digest of all that decides the answer."""
        digest = hashlib.sha256()
        mark = self.model_mark if self.method == "model" else ""
        for part in (self.source.key, self.task, self.method, repr(self.noise_sigma), mark):
            digest.update(part.encode() + b"\0")
        if self.mask is not None:
            digest.update(np.packbits(self.mask).tobytes())
        if self.psf is not None:
            stamps = np.ascontiguousarray(self.psf.stamps)
            digest.update(repr(stamps.shape).encode() + stamps.tobytes())
        return digest.hexdigest()[:32]


@dataclass(eq=False)
class Attempt:
    """A request at work or answered; read from any thread. Times are those of a monotonic clock."""

    request: RestoreRequest
    key: str
    status: AttemptStatus = AttemptStatus.WAITING
    progress: Progress | None = None
    result: Restoration | None = None
    error: str = ""
    started_at: float = 0.0
    finished_at: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    _measured: dict[str, float] = field(default_factory=dict)

    def measured(self, name: str, measure: Callable[[], float]) -> float:
        """A number about the answer, measured at the first call and then kept with it."""
        if name not in self._measured:
            self._measured[name] = measure()
        return self._measured[name]

    @property
    def is_active(self) -> bool:
        """Whether it still waits or works."""
        return self.status in (AttemptStatus.WAITING, AttemptStatus.RUNNING)

    @property
    def n_bytes(self) -> int:
        """Memory that its answer holds."""
        if self.result is None:
            return 0
        parts = (self.result.pixels, self.result.sigma, self.result.residual)
        return sum(part.nbytes for part in parts if part is not None)


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

    restorer = _restorer(request.model_mark) if request.method == "model" else None
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


def model_restores() -> bool:
    """Whether the shipped weights hold a decoder; an encoder alone cannot give pixels back."""
    path = MODELS_DIR / f"{DEFAULT_MODEL}.safetensors"
    return path.is_file() and _holds_decoder(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _holds_decoder(path: Path, _changed: int) -> bool:
    # read by hand, so that the page need not wait for torch: the length of the header, then the header
    with path.open("rb") as file, suppress(ValueError, KeyError, TypeError):
        header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _MAX_HEADER_BYTES)))
        return "architecture" in json.loads(header["__metadata__"]["galcore"])
    return False


def weights_mark() -> str:
    """Digest of the shipped weights: part of the key of every answer of the model."""
    files = sorted(MODELS_DIR.glob(f"{DEFAULT_MODEL}*.safetensors"))
    return _digest_files(tuple((path, path.stat().st_mtime_ns) for path in files))


@functools.lru_cache(maxsize=4)
def _digest_files(files: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=1)
def _restorer(_mark: str) -> Restorer:
    """The shipped restorer, opened once for each set of weights."""
    from galcore.model.restorer import load_restorer

    return load_restorer()


def _fail(attempt: Attempt, message: str) -> None:
    attempt.error = message
    attempt.status = AttemptStatus.CANCELLED if attempt.stop.is_set() else AttemptStatus.FAILED


def _megapixels(request: RestoreRequest) -> float:
    return max(request.source.image.pixels.size / 1e6, 1e-3)


_bench = RestoreBench()


def bench() -> RestoreBench:
    """The bench of this process."""
    return _bench
