"""The restoring network on any image: bands in threes, sides padded, large images in tiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.restore.restoration import stop_if
from galcore.restore.tiling import feather, pad_to_multiple, tiles
from galcore.types import CancelCheck, Progress, ProgressCallback

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
PIECE = Callable[[NDArray[np.float32], tuple[slice, slice], list[int]], Pair]
BANDS = 3


def load(name: str = "") -> Restorer:
    """The restorer of that name, the shipped one without a name."""
    from galcore.model.restorer import load_restorer

    return load_restorer(name) if name else load_restorer()


def band_groups(count: int, *, reverse: bool) -> list[list[int]]:
    """Bands in groups of three; the last one is filled up with its last band.

    Args:
        count: Number of bands.
        reverse: Whether bands count from blue to red and have to be turned round: networks learned on
            pictures, whose first plane is red.

    >>> band_groups(4, reverse=False)
    [[0, 1, 2], [3, 3, 3]]
    """
    groups = []
    for start in range(0, count, BANDS):
        group = list(range(start, min(start + BANDS, count)))
        group += [group[-1]] * (BANDS - len(group))
        groups.append(group[::-1] if reverse else group)
    return groups


def reconstruct_scaled(
    x: NDArray[np.float32],
    missing: NDArray[np.bool_],
    restorer: Restorer,
    *,
    reverse: bool,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> Pair:
    """Pixels and sigma ``(C, H, W)`` with the missing pixels ``(H, W)`` filled; ``x`` about 0 to 1."""
    import torch

    padded_missing, _ = pad_to_multiple(missing)

    def piece(pixels: NDArray[np.float32], where: tuple[slice, slice], _group: list[int]) -> Pair:
        hole = torch.from_numpy(np.ascontiguousarray(padded_missing[where]))[None, None]
        restored = restorer.reconstruct(torch.from_numpy(pixels)[None], hole)
        return restored.pixels[0].float().cpu().numpy(), restored.sigma[0].float().cpu().numpy()

    return _in_pieces(np.where(missing, 0, x).astype(np.float32), piece, reverse, progress, cancel)


def deconvolve_scaled(
    x: NDArray[np.float32],
    psf: NDArray[np.float32],
    noise: NDArray,
    restorer: Restorer,
    *,
    softening: float | None,
    reverse: bool,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> Pair:
    """Pixels and sigma ``(C, H, W)`` with the blur of ``psf`` ``(C, k, k)`` taken out."""
    import torch

    def piece(pixels: NDArray[np.float32], _where: tuple[slice, slice], group: list[int]) -> Pair:
        restored = restorer.deconvolve(
            torch.from_numpy(pixels)[None],
            torch.from_numpy(psf[group].astype(np.float32))[None],
            torch.from_numpy(noise[group].astype(np.float32))[None],
            softening=softening,
        )
        return restored.pixels[0].float().cpu().numpy(), restored.sigma[0].float().cpu().numpy()

    return _in_pieces(x, piece, reverse, progress, cancel)


def _in_pieces(
    x: NDArray[np.float32],
    piece: PIECE,
    reverse: bool,
    progress: ProgressCallback | None,
    cancel: CancelCheck | None,
) -> Pair:
    padded, inner = pad_to_multiple(x)
    height, width = padded.shape[1:]
    groups = band_groups(len(x), reverse=reverse)
    total, variance, weights = (np.zeros(padded.shape, np.float32) for _ in range(3))
    parts = [(group, tile) for group in groups for tile in tiles(height, width)]
    for done, (group, tile) in enumerate(parts):
        stop_if(cancel)
        pixels, sigma = piece(np.ascontiguousarray(padded[group][:, *tile.slices]), tile.slices, group)
        weight = feather(tile, height, width)
        for plane, band in enumerate(group):
            at = (band, *tile.slices)
            total[at] += weight * pixels[plane]
            variance[at] += weight * sigma[plane] ** 2
            weights[at] += weight
        if progress is not None:
            progress(Progress("restore", done + 1, len(parts)))
    cut = (slice(None), *inner)
    return (total / weights)[cut], np.sqrt(variance / weights)[cut]
