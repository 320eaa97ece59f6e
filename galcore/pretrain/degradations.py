"""What an instrument does to an image: point spread functions, noise, and pixels that are lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from galcore.model.priors import convolve, fill_missing, wiener
from galcore.model.stretching import stretch, unstretch
from galcore.simulate.surveys import DECALS, LEAST_NOISE, LogNormal

PSF_PX = 25
PATCH_SHARE = 1 / 16  # of the side, as the patches of a masked autoencoder


@dataclass(frozen=True, slots=True)
class Degraded:
    """A batch of a restoration task.

    Attributes:
        observed: (B, 3, H, W) what the instrument gives; zero under ``missing``.
        prior: (B, 3, H, W) classical first guess.
        missing: (B, 1, H, W) 1 where a pixel is lost.
        target: (B, 3, H, W) undisturbed pixels.
    """

    observed: Tensor
    prior: Tensor
    missing: Tensor
    target: Tensor


def lognormal(laws: tuple[LogNormal, ...], n: int, generator: torch.Generator) -> Tensor:
    """(n, len(laws)) draws, one column a law."""
    shape, loc, scale = torch.tensor([(law.shape, law.loc, law.scale) for law in laws]).T
    return loc + scale * torch.exp(shape * torch.randn(n, len(laws), generator=generator))


def gaussian_psf(sigma_px: Tensor, size_px: int = PSF_PX) -> Tensor:
    """Round Gaussian PSFs (…, size_px, size_px), each summing to one, for widths (…)."""
    offsets = torch.arange(size_px, dtype=torch.float32) - size_px // 2
    taps = torch.exp(-0.5 * (offsets / sigma_px[..., None]) ** 2)
    psf = taps[..., :, None] * taps[..., None, :]
    return psf / psf.sum(dim=(-2, -1), keepdim=True)


def moffat_psf(
    fwhm_px: Tensor, beta: Tensor, ellipticity: Tensor, angle_rad: Tensor, size_px: int = PSF_PX
) -> Tensor:
    """Elliptical Moffat PSFs (…, size_px, size_px), each summing to one (Moffat 1969)."""
    offsets = torch.arange(size_px, dtype=torch.float32) - size_px // 2
    y, x = offsets[:, None].expand(size_px, size_px), offsets[None, :].expand(size_px, size_px)
    cosine, sine = angle_rad.cos()[..., None, None], angle_rad.sin()[..., None, None]
    stretch = torch.sqrt((1 + ellipticity) / (1 - ellipticity))[..., None, None]
    along, across = (x * cosine + y * sine) / stretch, (y * cosine - x * sine) * stretch
    core = (fwhm_px / (2 * torch.sqrt(2 ** (1 / beta) - 1)))[..., None, None]
    psf = (1 + (along**2 + across**2) / core**2) ** (-beta[..., None, None])
    return psf / psf.sum(dim=(-2, -1), keepdim=True)


def decals_like(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """PSFs and noise of DECaLS g, r, z, for pictures whose bands run from red to blue.

    Returns:
        (n, 3, k, k) Gaussian PSFs and (n, 3) noise sigma, both z, r, g.
    """
    sigma_px = lognormal(DECALS.psf_sigma_px, n, generator).flip(1)
    noise = lognormal(DECALS.noise_sigma, n, generator).clamp(min=LEAST_NOISE).flip(1)
    return gaussian_psf(sigma_px), noise


def any_instrument(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """PSFs and noise wider than any one survey's: elliptical Moffat profiles, noise over two decades."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    common = torch.exp(uniform(math.log(1.8), math.log(7.0), n, 1))
    fwhm_px = common * torch.exp(0.1 * torch.randn(n, 3, generator=generator))
    beta = uniform(2.2, 6.0, n, 1).expand(n, 3)
    ellipticity = uniform(0.0, 0.12, n, 1).expand(n, 3)
    angle = uniform(0.0, math.pi, n, 1).expand(n, 3)
    noise = torch.exp(uniform(math.log(8e-4), math.log(0.04), n, 1))
    return moffat_psf(fwhm_px, beta, ellipticity, angle), noise.expand(n, 3) * uniform(0.6, 1.6, n, 3)


def draw_masks(n: int, size_px: int, patch_px: int, generator: torch.Generator) -> Tensor:
    """Lost pixels: half of the masks are random patches, the others discs (stars) or strips (trails).

    Args:
        n: Number of masks B.
        size_px: Side.
        patch_px: Side of a patch.
        generator: Source of all randomness.

    Returns:
        (B, 1, size_px, size_px), 1 where lost.
    """
    kinds = torch.randint(0, 4, (n,), generator=generator)
    masks = [
        _patches(size_px, patch_px, generator)
        if kind < 2
        else (_disc(size_px, generator) if kind == 2 else _strip(size_px, generator))
        for kind in kinds.tolist()
    ]
    return torch.stack(masks)[:, None]


def _patches(size_px: int, patch_px: int, generator: torch.Generator) -> Tensor:
    cells = -(-size_px // patch_px)
    share = 0.3 + 0.55 * torch.rand(1, generator=generator)
    lost = (torch.rand(cells, cells, generator=generator) < share).float()
    return lost.repeat_interleave(patch_px, 0).repeat_interleave(patch_px, 1)[:size_px, :size_px]


def _disc(size_px: int, generator: torch.Generator) -> Tensor:
    centre_y, centre_x, radius = torch.rand(3, generator=generator).tolist()
    offsets = torch.arange(size_px) / size_px
    distance = torch.hypot(offsets[:, None] - centre_y, offsets[None, :] - centre_x)
    return (distance < 0.03 + 0.15 * radius).float()


def _strip(size_px: int, generator: torch.Generator) -> Tensor:
    angle, offset, width = torch.rand(3, generator=generator).tolist()
    offsets = torch.arange(size_px) / size_px - 0.5
    across = offsets[:, None] * math.cos(math.pi * angle) + offsets[None, :] * math.sin(math.pi * angle)
    return ((across - (offset - 0.5)).abs() < 0.01 + 0.04 * width).float()


def lose_pixels(
    target: Tensor, patch_px: int, generator: torch.Generator, *, degraded_share: float = 0.5
) -> Degraded:
    """A batch for masked reconstruction: seeing and noise of DECaLS for a share of them, then a mask."""
    B = len(target)
    missing = draw_masks(B, target.shape[-1], patch_px, generator)
    psf, noise = decals_like(B, generator)
    noisy = convolve(target, psf) + noise[..., None, None] * torch.randn(target.shape, generator=generator)
    degraded = (torch.rand(B, 1, 1, 1, generator=generator) < degraded_share).float()
    observed = (degraded * noisy + (1 - degraded) * target) * (1 - missing)
    return Degraded(observed, fill_missing(observed, missing), missing, target)


def blur(target: Tensor, generator: torch.Generator) -> Degraded:
    """A batch for deconvolution: half DECaLS-like, half any instrument; half as pictures, half as flux.

    Flux means: the picture is taken for an asinh image, undone to linear, blurred and made noisy there, the
    first guess is made there too, and all is stretched again.
    """
    B = len(target)
    survey = (torch.rand(B, generator=generator) < 0.5).float()
    psf_a, noise_a = decals_like(B, generator)
    psf_b, noise_b = any_instrument(B, generator)
    psf = survey.view(-1, 1, 1, 1) * psf_a + (1 - survey).view(-1, 1, 1, 1) * psf_b
    noise = survey[:, None] * noise_a + (1 - survey[:, None]) * noise_b
    softening = torch.exp(math.log(0.01) + math.log(20.0) * torch.rand(B, generator=generator))
    softening = torch.where(torch.rand(B, generator=generator) < 0.5, softening, torch.full((B,), 1e3))
    # the noise of the picture's sky, carried to flux, so that faint and bright softenings are as noisy
    noise = noise * (softening * torch.asinh(1 / softening))[:, None]
    linear = unstretch(target, softening)
    blurred = convolve(linear, psf) + noise[..., None, None] * torch.randn(target.shape, generator=generator)
    prior = wiener(blurred, psf, noise)
    return Degraded(
        observed=stretch(blurred, softening),
        prior=stretch(prior, softening),
        missing=torch.zeros_like(target[:, :1]),
        target=target,
    )
