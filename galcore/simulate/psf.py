"""Blurring by the atmosphere and the optics: a core and a wing, both Gaussian, one width per band."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from galcore.simulate.surveys import FWHM_PER_SIGMA

# The SDSS pipeline models its PSF as two Gaussians (Stoughton et al. 2002, section 4.3); typical values.
WING_FLUX = 0.12
WING_RATIO = 2.4


def blur_matrix(sigma_px: Tensor, size_px: int) -> Tensor:
    """Matrix ``(..., H, H)`` that convolves a column with a Gaussian integrated over pixels.

    Rows sum to one: light is neither lost nor gained at the frame's edge (the sky beyond is like the sky
    inside).
    """
    scale = 1.0 / (math.sqrt(2.0) * sigma_px[..., None].clamp(min=1e-3))
    offsets = torch.arange(-size_px, size_px + 1, device=sigma_px.device, dtype=sigma_px.dtype)
    step = torch.erf((offsets - 0.5) * scale)  # (..., 2H + 1): edges of every pixel offset
    weight = 0.5 * (step[..., 1:] - step[..., :-1])  # weight of offset -H .. H - 1
    kernel = weight.unfold(-1, size_px, 1)[..., 1:, :].flip(-2)  # row i begins at offset -i
    return kernel / kernel.sum(-1, keepdim=True)


def convolve(flux: Tensor, psf_fwhm_px: Tensor) -> Tensor:
    """Blurred flux.

    Args:
        flux: ``(B, C, H, W)``, square.
        psf_fwhm_px: Full width at half maximum of the core per galaxy and band, ``(B, C)`` pixels.

    Returns:
        ``(B, C, H, W)``.
    """
    sigma = psf_fwhm_px / FWHM_PER_SIGMA
    core = blur_matrix(sigma, flux.shape[-1])
    wing = blur_matrix(sigma * WING_RATIO, flux.shape[-1])
    sharp = core @ flux @ core.mT
    return (1.0 - WING_FLUX) * sharp + WING_FLUX * (wing @ flux @ wing.mT)


def correlate(deviates: Tensor, sigma_px: Tensor) -> Tensor:
    """White noise ``(B, C, H, W)`` smoothed by a Gaussian of ``sigma_px``, ``(B, 1)``, as by resampling.

    The variance is scaled back to that of the white noise, which is what resampling by interpolation with
    the same signal keeps in relation to the sky.
    """
    matrix = blur_matrix(sigma_px.expand(-1, deviates.shape[1]), deviates.shape[-1])
    gain = (matrix**2).sum(-1)
    return matrix @ deviates @ matrix.mT / torch.sqrt(gain[..., :, None] * gain[..., None, :])
