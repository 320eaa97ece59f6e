"""What a FITS header says of the sky: pixel scale, position, where north is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.io.fits import Header
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from numpy.typing import NDArray

from galcore.images.quiet import quiet

SCALE_KEYS = ("PIXSCALE", "PIXSCAL1", "SECPIX", "SECPIX1", "PSCALE")  # arcsec per pixel in common use


@dataclass(frozen=True, slots=True)
class SkyFrame:
    """The celestial WCS of an image, reduced to what a stamp needs.

    Attributes:
        wcs: Celestial WCS, or ``None`` where the header has none.
        pixel_scale_arcsec: Geometric mean of the two axes, or from a header key.
    """

    wcs: WCS | None
    pixel_scale_arcsec: float | None

    def sky_positions(self, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """ICRS degrees of 0-based pixel positions; NaN where there is no WCS."""
        x, y = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
        if self.wcs is None:
            return np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        try:
            sky = self.wcs.pixel_to_world(x, y).icrs
        except (ValueError, TypeError, AttributeError):
            return np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        return np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)

    def north_angle_deg(self, x: float, y: float) -> float | None:
        """Angle of north at a pixel, counter-clockwise from the +y axis of the file; ``None`` without WCS."""
        if self.wcs is None or self.pixel_scale_arcsec is None:
            return None
        ra, dec = self.wcs.celestial.wcs_pix2world(x, y, 0)
        step_deg = self.pixel_scale_arcsec / 3600
        north_x, north_y = self.wcs.celestial.wcs_world2pix(ra, dec + step_deg, 0)
        return float(np.degrees(np.arctan2(-(north_x - x), north_y - y)))


def read_frame(header: Header) -> SkyFrame:
    """The sky frame of a header; an unusable WCS counts as none.

    >>> read_frame(Header()).pixel_scale_arcsec is None
    True
    """
    wcs = _celestial_wcs(header)
    scale = None
    if wcs is not None:
        scales = proj_plane_pixel_scales(wcs) * 3600  # degrees to arcsec
        scale = float(np.sqrt(scales[0] * scales[1]))
    if scale is None or not np.isfinite(scale) or scale <= 0:
        scale = _scale_from_keys(header)
    return SkyFrame(wcs, scale)


def _celestial_wcs(header: Header) -> WCS | None:
    if "CTYPE1" not in header:
        return None
    try:
        with quiet():  # old headers: deprecated keys, dates that do not parse
            wcs = WCS(header, naxis=2).celestial
    except Exception:  # wcslib raises a family of its own; whatever it is, there is no usable WCS
        return None
    return wcs if wcs.has_celestial and wcs.naxis == 2 else None


def _scale_from_keys(header: Header) -> float | None:
    for key in SCALE_KEYS:
        value = header.get(key)
        if isinstance(value, int | float) and np.isfinite(value) and value > 0:
            return float(value)
    return None
