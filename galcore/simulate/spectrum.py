"""Broad-band colours from two stellar populations, so that colour follows age and redshift."""

from __future__ import annotations

import numpy as np

from galcore.types import FloatArray

# Magnitudes relative to 0.62 micron at rest, read off an old (10 Gyr) and a star-forming population:
# the old one reproduces g-r = 0.75, r-i = 0.38 of nearby ellipticals (Fukugita et al. 1995).
_WAVELENGTH_UM = np.array([0.25, 0.30, 0.36, 0.40, 0.48, 0.62, 0.76, 0.89, 1.00, 1.25, 1.65, 2.2])
_OLD = np.array([5.5, 4.2, 2.5, 1.55, 0.75, 0.0, -0.38, -0.65, -0.78, -0.98, -1.25, -1.0])
_YOUNG = np.array([1.1, 0.95, 0.7, 0.25, 0.10, 0.0, 0.02, 0.0, -0.02, -0.02, 0.05, 0.3])


def band_flux(redness: FloatArray, redshift: FloatArray, wavelength_um: tuple[float, ...]) -> FloatArray:
    """Flux per band relative to the second band.

    Args:
        redness: 0 for a young population, 1 for an old one, ``(N,)``; outside values extrapolate.
        redshift: ``(N,)``; moves the 4000 Å break through the bands.
        wavelength_um: Effective wavelengths, ``C`` of them.

    Returns:
        ``(N, C)``, one in the second column.
    """
    rest = np.asarray(wavelength_um)[None, :] / (1.0 + np.asarray(redshift)[:, None])
    old = np.interp(rest, _WAVELENGTH_UM, _OLD)
    young = np.interp(rest, _WAVELENGTH_UM, _YOUNG)
    mag = young + np.asarray(redness)[:, None] * (old - young)
    return 10.0 ** (-0.4 * (mag - mag[:, 1:2]))
