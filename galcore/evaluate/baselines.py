"""Features that learned nothing from galaxies: what an encoder has to be better than."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.feature import hog

_HOG_PX = 64
_RAW_PX = 32


def raw_pixels(pictures: Sequence[NDArray[np.uint8]], *, size_px: int = _RAW_PX) -> NDArray[np.float32]:
    """Pixels in a row.

    Args:
        pictures: N pictures (H, W, 3) uint8 of any size.
        size_px: Side they are brought to.

    Returns:
        (N, size_px * size_px * 3) float32 between 0 and 1.
    """
    pixels = np.stack([_resized(picture, size_px).ravel() for picture in pictures])
    return (pixels / 255).astype(np.float32)


def hog_features(pictures: Sequence[NDArray[np.uint8]], *, size_px: int = _HOG_PX) -> NDArray[np.float32]:
    """Histograms of oriented gradients (Dalal & Triggs 2005) of the grey picture.

    Args:
        pictures: N pictures (H, W, 3) uint8 of any size.
        size_px: Side they are brought to.

    Returns:
        (N, D) float32 with eight orientations in cells of 8 x 8 pixels, blocks of 2 x 2 cells.
    """
    return np.stack(
        [
            hog(
                _resized(picture, size_px).mean(axis=2),
                orientations=8,
                pixels_per_cell=(8, 8),
                cells_per_block=(2, 2),
                feature_vector=True,
            )
            for picture in pictures
        ]
    ).astype(np.float32)


def _resized(picture: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((size_px, size_px), Image.Resampling.BOX))
