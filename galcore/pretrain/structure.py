"""What a galaxy looks like in numbers that need no label: a profile and its angular harmonics.

The brightness of the central object is sampled on ellipses of its own shape and expanded in angle (Fourier
amplitudes, the classical measure of bars and arms: Elmegreen & Elmegreen 1985; Aguerri et al. 2000). A bar
is a second harmonic whose phase stays put with radius, arms one whose phase winds, a ring a bump of the
mean, a disturbance odd harmonics. Pretraining predicts these numbers from an augmented view.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from galcore.model.framing import central_object

N_RADII = 16
N_ANGLES = 48
N_HARMONICS = 4
STRUCTURE_DIM = N_RADII * (2 + N_HARMONICS) + (N_RADII - 1) + 2
_SMALLEST_AXIS_RATIO = 0.25
_DEFAULT_SEMIMAJOR = 0.3  # of the side, where no object is found


def measure_structure(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rotation- and mirror-invariant structure of the central object.

    Args:
        rgb: (H, W, 3) square picture with the object in the middle.

    Returns:
        (STRUCTURE_DIM,) float32: mean profile, amplitudes of harmonics 1-4, phase steadiness of the second,
        colour profile, axis ratio and asymmetry under half a turn.
    """
    bands = rgb.astype(np.float32)
    luminance = bands.mean(axis=2)
    found = central_object(luminance)
    sky = 0.0 if found is None else found[1]
    semimajor, axis_ratio, angle = _ellipse(None if found is None else found[0], luminance.shape[0])
    polar = _sample_ellipses(bands, semimajor, max(axis_ratio, _SMALLEST_AXIS_RATIO), angle)
    light = np.clip(polar.mean(axis=0) - sky, 0, None)
    spectrum = np.fft.rfft(light, axis=1)[:, : N_HARMONICS + 1] / N_ANGLES
    mean = spectrum[:, 0].real
    floor = 0.02 * mean.max() + 1.0
    relative = spectrum[:, 1:] / (mean + floor)[:, None]
    second = relative[:, 1]
    steady = (second[:-1] * second[1:].conj()).real / (np.abs(second[:-1]) * np.abs(second[1:]) + 0.01)
    band_means = polar.mean(axis=2)
    colour = (band_means[0] - band_means[2]) / (band_means.sum(axis=0) + 6.0)
    half_turn = np.roll(light, N_ANGLES // 2, axis=1)
    asymmetry = np.abs(light - half_turn).sum() / (2 * light.sum() + 1.0)
    parts = [mean / (mean.max() + 1.0), *np.sqrt(np.abs(relative)).T, steady, colour, [axis_ratio, asymmetry]]
    return np.concatenate(parts).astype(np.float32)


def _ellipse(mask: NDArray[np.bool_] | None, side_px: int) -> tuple[float, float, float]:
    """Semi-major axis in pixels, axis ratio and angle in radians from the second moments of a mask."""
    if mask is None or mask.sum() < 6:
        return _DEFAULT_SEMIMAJOR * side_px, 1.0, 0.0
    rows, columns = np.nonzero(mask)
    covariance = np.cov(np.stack([columns, rows]).astype(np.float64)) + np.eye(2) / 12
    values, vectors = np.linalg.eigh(covariance)
    angle = float(np.arctan2(vectors[1, 1], vectors[0, 1]))
    return float(2 * np.sqrt(values[1])), float(np.sqrt(values[0] / values[1])), angle


def _sample_ellipses(
    bands: NDArray[np.float32], semimajor_px: float, axis_ratio: float, angle: float
) -> NDArray[np.float32]:
    """Bands on concentric ellipses: (3, N_RADII, N_ANGLES)."""
    centre = (bands.shape[0] - 1) / 2
    radii = np.linspace(0.06, 1.3, N_RADII)[:, None] * semimajor_px
    turn = np.linspace(0, 2 * np.pi, N_ANGLES, endpoint=False)[None, :]
    along, across = radii * np.cos(turn), radii * np.sin(turn) * axis_ratio
    columns = centre + along * np.cos(angle) - across * np.sin(angle)
    rows = centre + along * np.sin(angle) + across * np.cos(angle)
    at = np.stack([rows, columns])
    return np.stack([ndimage.map_coordinates(bands[..., c], at, order=1, mode="nearest") for c in range(3)])
