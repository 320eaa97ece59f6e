"""What the Restore room finds out about an image by itself: proposed masks, the PSF of its stars, its noise.

Found once an image on a thread of its own; the page goes on and shows it when it is there.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from galcore.types import GalcoreError
from galcore.web.restore.attempt import RestoreSource

if TYPE_CHECKING:
    from galcore.restore.proposals import MaskProposal
    from galcore.restore.psf import Psf

_KEPT = 64
LEAST_PROPOSED_PX = 3


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """What was found in one image.

    Attributes:
        proposals: Masks, one a kind of defect.
        psf: From its stars or those around it; ``None`` where that cannot be had.
        no_psf: Why not, in words.
        noise_sigma: Scatter of the sky a pixel, one a band; empty where unknown.
    """

    proposals: tuple[MaskProposal, ...] = ()
    psf: Psf | None = None
    no_psf: str = ""
    noise_sigma: tuple[float, ...] = ()


_found: OrderedDict[str, Future[Hints]] = OrderedDict()
_lock = threading.Lock()
_threads = ThreadPoolExecutor(2, thread_name_prefix="restore-hints")


def hints_of(source: RestoreSource, *, wait_s: float = 0.0) -> Hints | None:
    """What was found in an image; None while the search goes on.

    Args:
        source: The image.
        wait_s: How long to wait for it.
    """
    with _lock:
        if source.key not in _found:
            _found[source.key] = _threads.submit(find_hints, source)
            while len(_found) > _KEPT:
                _found.popitem(last=False)
        search = _found[source.key]
    try:
        return search.result(timeout=wait_s)
    except TimeoutError:
        return None
    except Exception:  # hints are a help: whatever goes wrong over an odd image, the page works without them
        logging.getLogger(__name__).exception("no hints for %s", source.name)
        return Hints(no_psf="nothing could be measured in this image; give the PSF as FITS, or its FWHM")


def find_hints(source: RestoreSource) -> Hints:
    """Search an image; what cannot be found is left out."""
    psf, no_psf = _estimate_psf(source)
    return Hints(_propose(source), psf, no_psf, _measure_noise(source))


def _propose(source: RestoreSource) -> tuple[MaskProposal, ...]:
    from galcore.restore.proposals import propose_masks

    try:
        found = propose_masks(source.image)
    except (GalcoreError, ValueError, ArithmeticError):
        return ()  # an image too small or too empty to search is no error: the person paints
    return tuple(each for each in found if each.mask.sum() >= LEAST_PROPOSED_PX and not each.mask.all())


def _estimate_psf(source: RestoreSource) -> tuple[Psf | None, str]:
    from galcore.restore.psf import estimate_psf

    reasons = []
    for look_at in (lambda: source.image, source.surroundings):
        if look_at is None:
            continue
        try:
            return estimate_psf(look_at()), ""
        except (GalcoreError, ValueError, ArithmeticError, KeyError) as error:
            reasons.append(str(error) if isinstance(error, GalcoreError) else "no stars could be measured")
    return None, reasons[-1]


def _measure_noise(source: RestoreSource) -> tuple[float, ...]:
    from galcore.restore.scaling import measure_scaling

    try:
        scaling = measure_scaling(source.flux, kind=source.image.kind)
    except (GalcoreError, ValueError):
        return ()
    return tuple(float(each) for each in scaling.noise if np.isfinite(each))
