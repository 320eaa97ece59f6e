"""What somebody may want to mask: cosmic rays, bright stars, trails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from galcore.images.image import SkyImage
from galcore.restore.bright_stars import cover_stars
from galcore.restore.cosmic_rays import find_cosmic_rays
from galcore.restore.input_image import InputImage
from galcore.restore.trails import find_trails
from galcore.types import GalcoreError

Defect = Literal["cosmic-ray", "star", "trail"]
KINDS: tuple[Defect, ...] = ("cosmic-ray", "star", "trail")
MIN_SIDE_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class MaskProposal:
    """Pixels that somebody may want to mask.

    Attributes:
        kind: What it seems to be.
        mask: ``(H, W)``.
        description: In words, with numbers.
    """

    kind: Defect
    mask: NDArray[np.bool_]
    description: str


def propose_masks(image: InputImage | SkyImage, *, kinds: Sequence[str] = KINDS) -> tuple[MaskProposal, ...]:
    """What looks like a cosmic ray, a bright star or a trail; one proposal a kind, none where none is found.

    Args:
        image: Flux or a picture. Cosmic rays are only looked for in flux: a picture has lost their sharpness.
        kinds: Some of ``KINDS``.

    Raises:
        GalcoreError: If a kind is not known.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise GalcoreError(f"masks: '{unknown[0]}' is not known; choose from {', '.join(KINDS)}")
    sky = image.as_sky_image() if isinstance(image, InputImage) else image
    if min(sky.pixels.shape[1:]) < MIN_SIDE_PX:
        return ()
    finders: dict[str, Callable[[SkyImage], MaskProposal | None]] = {
        "cosmic-ray": propose_cosmic_rays,
        "star": propose_stars,
        "trail": propose_trails,
    }
    found = (finders[kind](sky) for kind in KINDS if kind in kinds)
    return tuple(proposal for proposal in found if proposal is not None)


def propose_cosmic_rays(image: SkyImage) -> MaskProposal | None:
    """Hits of cosmic rays, by the Laplacian (van Dokkum 2001, PASP 113, 1420), in each band of flux."""
    if image.kind == "picture":
        return None
    mask = np.zeros(image.pixels.shape[1:], dtype=bool)
    for band in np.asarray(image.pixels, dtype=np.float64):
        mask |= find_cosmic_rays(band)
    if not mask.any():
        return None
    _, count = ndimage.label(mask, np.ones((3, 3)))
    return MaskProposal("cosmic-ray", mask, f"{count} cosmic-ray hits, {int(mask.sum())} px")


def propose_stars(image: SkyImage) -> MaskProposal | None:
    """Discs over bright point sources and saturated stars; the object in the middle of a stamp is spared."""
    mask, count = cover_stars(image)
    return MaskProposal("star", mask, f"{count} bright stars, {int(mask.sum())} px") if count else None


def propose_trails(image: SkyImage) -> MaskProposal | None:
    """Straight trails of satellites, aeroplanes and meteors, in each band, by the Hough transform."""
    shape = image.pixels.shape[1:]
    mask = np.zeros(shape, dtype=bool)
    for band in np.asarray(image.pixels, dtype=np.float32):
        mask |= find_trails(band)
    if not mask.any():
        return None
    return MaskProposal("trail", mask, f"trails over {int(mask.sum())} px")
