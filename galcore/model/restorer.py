"""The decoder at work: lost pixels filled in, blur undone, with an uncertainty for every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from galcore.model.checkpoints import load_foundation
from galcore.model.encoder import choose_device, has_fast_bfloat16, hash_weights_only
from galcore.model.foundation import FoundationModel
from galcore.model.priors import fill_missing, wiener
from galcore.model.stretching import stretch, stretch_slope, unstretch
from galcore.types import GalcoreError

DEFAULT_MODEL = "galcore-tiny"
SIDE_MULTIPLE_PX = 32
_CHUNK = 16
_FILL_ITERATIONS = 40  # converged; training does with fewer
# Stretched pixels run from 0 to 1. Far above, where only stars are, the network never learned anything.
_TRUSTED, _SHOWN = 1.5, 2.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        pixels: (B, 3, H, W) float32 restored pixels, on the scale of the input.
        sigma: (B, 3, H, W) float32 standard deviation of each pixel; 0 where the pixel was known.
    """

    pixels: Tensor
    sigma: Tensor


def load_restorer(
    name: str = DEFAULT_MODEL, *, device: str = "auto", untrained: bool = False, seed: int = 0
) -> Restorer:
    """Open the restoring half of a foundation model.

    Args:
        name: A shipped name, or the path of a ``.safetensors`` file.
        device: ``auto``, ``cpu``, ``cuda`` …
        untrained: Same network with random weights, for comparison.
        seed: Of the random weights.

    Raises:
        GalcoreError: If there is no such model, or it has no decoder.
    """
    model = load_foundation(name, untrained=untrained, seed=seed)
    return Restorer(model, name=f"{name} (untrained)" if untrained else name, device=device)


class Restorer:
    """A foundation model that gives pixels back.

    Sides of all images must be multiples of 32.

    Attributes:
        model_name: Name it was loaded by.
        model_hash: Short sha256 over its weights.
    """

    def __init__(self, model: FoundationModel, *, name: str, device: str = "auto") -> None:
        self.model_name = name
        self.model_hash = hash_weights_only(model)
        self.device = choose_device(device)
        self._model = model.eval().requires_grad_(False).to(self.device)
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._half = has_fast_bfloat16(self.device)

    def reconstruct(self, observed: Tensor, missing: Tensor) -> Restored:
        """Fill pixels that are lost.

        Args:
            observed: (B, 3, H, W) float32, pictures running from 0 to 1; values under ``missing`` are never
                looked at.
            missing: (B, 1, H, W) bool.

        Returns:
            Known pixels as they were, with a sigma of 0.

        Raises:
            GalcoreError: If the shapes do not fit.
        """
        _check(observed, "observed")
        if missing.shape != (len(observed), 1, *observed.shape[2:]):
            raise GalcoreError(
                f"mask of shape {tuple(missing.shape)} for images of {tuple(observed.shape)}; it must be "
                "(images, 1, height, width)"
            )
        lost = missing.bool().to(self.device)
        known = torch.where(lost, 0.0, observed.float().to(self.device))
        prior = fill_missing(known, lost.float(), iterations=_FILL_ITERATIONS)
        mean, log_variance = self._correct(known, prior, lost.float())
        return Restored(
            torch.where(lost, mean, known).cpu(), torch.where(lost, torch.exp(0.5 * log_variance), 0.0).cpu()
        )

    def deconvolve(
        self, observed: Tensor, psf: Tensor, noise_sigma: Tensor, *, softening: float | None = None
    ) -> Restored:
        """Undo a known blur, and the noise with it.

        Args:
            observed: (B, 3, H, W) float32.
            psf: (B, 3, k, k), k odd, each summing to one.
            noise_sigma: (B, 3) standard deviation of the noise of a pixel, on the scale of ``observed``.
            softening: None: ``observed`` is a picture and is treated as it is. A number: it is linear flux
                over its scale, and the network works on ``asinh(x / softening) / asinh(1 / softening)``.

        Returns:
            Pixels and sigma on the scale of ``observed``.

        Raises:
            GalcoreError: If the shapes do not fit.
        """
        _check(observed, "observed")
        if psf.ndim != 4 or psf.shape[:2] != observed.shape[:2] or psf.shape[2] % 2 * psf.shape[3] % 2 == 0:
            raise GalcoreError(
                f"PSF of shape {tuple(psf.shape)} for images of {tuple(observed.shape)}; it must be "
                "(images, bands, k, k) with k odd"
            )
        observed = observed.float().to(self.device)
        prior = wiener(observed, psf.to(self.device), noise_sigma.to(self.device))
        nothing = torch.zeros_like(observed[:, :1])
        if softening is None:
            mean, log_variance = self._correct(observed, prior, nothing)
            return Restored(mean.cpu(), torch.exp(0.5 * log_variance).cpu())
        beta = torch.full((len(observed),), softening, device=self.device)
        seen, assumed = stretch(observed, beta), stretch(prior, beta)
        corrected, log_variance = self._correct(_within(seen), _within(assumed), nothing)
        # Beyond what it learned the network has no say; light is bright there, and the Wiener filter right.
        trust = ((_SHOWN - torch.maximum(seen, assumed).abs()) / (_SHOWN - _TRUSTED)).clamp(0, 1)
        bright = assumed + trust * (_within(corrected) - _within(assumed))
        sigma = torch.exp(0.5 * log_variance) / stretch_slope(unstretch(bright, beta), beta)
        return Restored(unstretch(bright, beta).cpu(), sigma.cpu())

    def _correct(self, observed: Tensor, prior: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
        pieces = []
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            for start in range(0, len(observed), _CHUNK):
                part = slice(start, start + _CHUNK)
                pieces.append(self._model.restore(observed[part], prior[part], missing[part]))
        return torch.cat([mean for mean, _ in pieces]), torch.cat([spread for _, spread in pieces])


def _within(stretched: Tensor) -> Tensor:
    """Stretched pixels within what the network has seen."""
    return stretched.clamp(-_SHOWN, _SHOWN)


def _check(images: Tensor, name: str) -> None:
    if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] % 32 or images.shape[3] % 32:
        raise GalcoreError(
            f"{name}: images of shape {tuple(images.shape)}; they must be (images, 3, height, width) with "
            f"sides that are multiples of {SIDE_MULTIPLE_PX}"
        )
