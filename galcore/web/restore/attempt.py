"""What is asked of a restorer, and how far the answer is: values that page, bench and routes share.

What is asked is its own key (image, task, method, mask, PSF, noise, weights).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.images.image import SkyImage
from galcore.images.stretch import SurveyLimits
from galcore.types import Progress

if TYPE_CHECKING:
    from astropy.io import fits

    from galcore.restore.psf import Psf
    from galcore.restore.restoration import Restoration, Task

METHODS: dict[Task, dict[str, str]] = {
    "reconstruct": {"model": "Galcore", "biharmonic": "Biharmonic"},
    "deconvolve": {"model": "Galcore", "wiener": "Wiener", "richardson-lucy": "Richardson-Lucy"},
}
"""Name of each method for people, by task; the first one is the model."""

WHITE = 255


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
