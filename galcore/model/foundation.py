"""The foundation model: one encoder with a mask band, and a light decoder that reads its maps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from galcore.model.backbone import Pyramid
from galcore.model.decoder import Decoder
from galcore.types import GalcoreError


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a foundation model is built from; stored with its weights.

    Attributes:
        backbone: timm name of the encoder.
        norm: ``as_built`` or ``folded`` (see :class:`~galcore.model.backbone.Pyramid`).
        size_px: Side of the images it was trained on.
        decoder_widths: Width of the decoder at each step, coarse to fine.
        mean: Subtracted per band before the encoder, pictures running from 0 to 1.
        std: Divided by per band.
    """

    backbone: str = "resnet18"
    norm: str = "as_built"
    size_px: int = 128
    decoder_widths: tuple[int, ...] = (128, 64, 48, 40)
    mean: tuple[float, float, float] = (0.08, 0.07, 0.07)
    std: tuple[float, float, float] = (0.12, 0.11, 0.11)

    def to_json(self) -> str:
        """Text for a checkpoint's metadata."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Architecture:
        """Read what :meth:`to_json` wrote.

        Raises:
            GalcoreError: If a field is unknown.
        """
        try:
            fields: dict[str, Any] = {
                k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(text).items()
            }
            return cls(**fields)
        except (ValueError, TypeError, AttributeError) as error:
            raise GalcoreError(f"architecture of the checkpoint is not readable ({error})") from error


# base has about 100 million weights, as the model of Fu et al. (2024)
SIZES = {
    "tiny": Architecture("resnet18"),
    "small": Architecture("swin_tiny_patch4_window7_224", decoder_widths=(192, 128, 96, 64)),
    "base": Architecture("swin_base_patch4_window7_224", decoder_widths=(384, 256, 192, 96)),
}


class FoundationModel(nn.Module):
    """Encoder and decoder.

    Pixels that are marked missing are set to zero here, before anything else reads the image: no path leads
    from them to the encoder, the guide or the result.

    Args:
        architecture: What to build.
        seed: Of the random weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, architecture: Architecture, *, seed: int = 0) -> None:
        super().__init__()
        self.architecture = architecture
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.encoder = Pyramid(
                architecture.backbone, norm=architecture.norm, size_px=architecture.size_px
            )
            self.decoder = Decoder(self.encoder.channels, architecture.decoder_widths)
        self.register_buffer("mean", torch.tensor(architecture.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(architecture.std).view(3, 1, 1), persistent=False)

    @property
    def embedding_dim(self) -> int:
        """Length D of an embedding."""
        return self.encoder.channels[-1]

    def pyramid(self, images: Tensor, missing: Tensor | None = None) -> list[Tensor]:
        """Maps of an image.

        Args:
            images: (B, 3, H, W), pictures running from 0 to 1.
            missing: (B, 1, H, W), 1 where a pixel is not known; None: all are.

        Returns:
            Maps (B, C_i, H_i, W_i), fine to coarse.
        """
        normalised = (images - self.mean) / self.std
        if missing is None:
            missing = torch.zeros_like(images[:, :1])
        seen = torch.cat([normalised * (1 - missing), missing], dim=1)
        return self.encoder(seen.contiguous(memory_format=torch.channels_last))

    def embed(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) pictures → (B, D) mean of the coarsest map."""
        return self.pyramid(images)[-1].mean(dim=(2, 3))

    def restore(self, observed: Tensor, prior: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
        """Undisturbed pixels by correcting a first guess.

        Args:
            observed: (B, 3, H, W) pictures; values under ``missing`` are not looked at.
            prior: (B, 3, H, W) first guess, made without the missing pixels.
            missing: (B, 1, H, W) 1 where a pixel is not known.

        Returns:
            (B, 3, H, W) restored pixels and (B, 3, H, W) log variance.
        """
        known = observed * (1 - missing)
        maps = self.pyramid(known, missing)
        return self.decoder(maps, known, prior, missing)

    def count_parameters(self) -> int:
        """Number of weights."""
        return sum(parameter.numel() for parameter in self.parameters())
