"""Imaging surveys: pixel scale, bands, seeing and depth, and what they imply for one pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

from galcore.types import GalcoreError

FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
ZERO_POINT = 22.5  # AB magnitude of one nanomaggy
LEAST_NOISE = 5e-4  # the noise law of DECaLS g reaches below zero in rare draws and is cut here


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Shifted log-normal law ``loc + scale * exp(shape * N(0, 1))``."""

    shape: float
    loc: float
    scale: float


@dataclass(frozen=True, slots=True)
class Survey:
    """One imaging survey; three bands from blue to red, fluxes in nanomaggies.

    Attributes:
        name: Name as :func:`survey` takes it.
        pixel_scale_arcsec: Side of a pixel.
        bands: Band names, blue to red; the second is the reference band.
        wavelength_um: Effective wavelength per band.
        psf_fwhm_arcsec: Median seeing per band.
        depth_mag: Five-sigma point-source depth per band (AB).
        sky_mag_arcsec2: Surface brightness of the night sky (zodiacal light in space) per band.
        zero_point: AB magnitude of one flux unit.
        psf_sigma_px: Law of the PSF sigma per band; made from the median seeing where not measured.
        noise_sigma: Law of the pixel noise per band (nanomaggies); made from the depth where not measured.
        diffraction_spikes: Whether bright stars carry a cross (secondary mirror on vanes).
    """

    name: str
    pixel_scale_arcsec: float
    bands: tuple[str, str, str]
    wavelength_um: tuple[float, float, float]
    psf_fwhm_arcsec: tuple[float, float, float]
    depth_mag: tuple[float, float, float]
    sky_mag_arcsec2: tuple[float, float, float]
    zero_point: float = ZERO_POINT
    psf_sigma_px: tuple[LogNormal, ...] = ()
    noise_sigma: tuple[LogNormal, ...] = ()
    diffraction_spikes: bool = True

    def psf_law(self, band: int) -> LogNormal:
        """Law of the PSF sigma in pixels; 12 % scatter about the median seeing unless measured."""
        if self.psf_sigma_px:
            return self.psf_sigma_px[band]
        return LogNormal(0.12, 0.0, self.psf_fwhm_arcsec[band] / self.pixel_scale_arcsec / FWHM_PER_SIGMA)

    def noise_law(self, band: int) -> LogNormal:
        """Law of the noise per pixel in nanomaggies; 10 % scatter about the depth unless measured.

        A point source at the depth has five times the noise summed over ``4 pi sigma^2`` pixels, the
        effective area of a Gaussian PSF (King 1983).
        """
        if self.noise_sigma:
            return self.noise_sigma[band]
        sigma_px = self.psf_fwhm_arcsec[band] / self.pixel_scale_arcsec / FWHM_PER_SIGMA
        limit = 10.0 ** (0.4 * (self.zero_point - self.depth_mag[band]))
        return LogNormal(0.10, 0.0, limit / 5.0 / math.sqrt(4.0 * math.pi * sigma_px**2))

    def electrons_per_flux(self, band: int) -> float:
        """Electrons behind one unit of flux, if the pixel noise is the Poisson noise of the sky."""
        sky = 10.0 ** (0.4 * (self.zero_point - self.sky_mag_arcsec2[band])) * self.pixel_scale_arcsec**2
        law = self.noise_law(band)
        return sky / (law.loc + law.scale) ** 2


# SDSS: seeing and depths of the imaging survey (DR7 paper, Abazajian et al. 2009; sdss.org "scope").
SDSS = Survey(
    "SDSS",
    0.396,
    ("g", "r", "i"),
    (0.48, 0.62, 0.76),
    (1.44, 1.32, 1.26),
    (23.13, 22.70, 22.20),
    (21.9, 20.9, 20.2),
)
# DECaLS: Dey et al. 2019 (scale, depths); PSF and noise laws fitted to DR stamps by Fu et al. 2024.
DECALS = Survey(
    "DECaLS",
    0.262,
    ("g", "r", "z"),
    (0.48, 0.64, 0.92),
    (1.29, 1.18, 1.11),
    (24.0, 23.4, 22.5),
    (22.0, 21.0, 19.1),
    psf_sigma_px=(
        LogNormal(0.211, 1.081, 1.315),
        LogNormal(0.301, 1.239, 0.916),
        LogNormal(0.347, 1.193, 0.823),
    ),
    noise_sigma=(
        LogNormal(0.2265, -0.00067, 0.00376),
        LogNormal(0.2431, -0.00237, 0.00674),
        LogNormal(0.1335, -0.01434, 0.02608),
    ),
)
# HSC-SSP Wide: Aihara et al. 2022 (PDR3), table of seeing and depth.
HSC = Survey(
    "HSC",
    0.168,
    ("g", "r", "i"),
    (0.48, 0.62, 0.77),
    (0.79, 0.75, 0.61),
    (26.5, 26.5, 26.2),
    (22.0, 21.0, 20.2),
)
# CSST wide survey: Zhan 2021, Gong et al. 2019 (0.074 arcsec pixels, R_EE80 <= 0.15 arcsec).
CSST = Survey(
    "CSST",
    0.074,
    ("g", "r", "i"),
    (0.48, 0.62, 0.76),
    (0.135, 0.135, 0.14),
    (26.3, 26.0, 25.9),
    (22.7, 22.4, 22.3),
)
# Euclid Wide: Euclid Collaboration (Mellier et al. 2025); NISP resampled to the VIS grid.
EUCLID = Survey(
    "Euclid",
    0.10,
    ("VIS", "Y", "H"),
    (0.71, 1.08, 1.77),
    (0.16, 0.48, 0.56),
    (26.2, 24.3, 24.4),
    (22.3, 22.1, 22.1),
)

SURVEYS = {s.name: s for s in (SDSS, DECALS, HSC, CSST, EUCLID)}


def survey(name: str) -> Survey:
    """The survey of that name, in any case.

    Raises:
        GalcoreError: If the name is not known; the message lists the known ones.

    >>> survey("sdss").pixel_scale_arcsec
    0.396
    """
    for known, value in SURVEYS.items():
        if known.lower() == name.lower():
            return value
    raise GalcoreError(f"survey: '{name}' is not known; choose one of {', '.join(SURVEYS)}")
