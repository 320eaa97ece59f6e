"""From a stamp to the numbers an encoder wants; part of the checkpoint and never of the display.

What a person sees may be stretched at will; what the model sees is fixed with its weights, or embeddings
made on different days could not be compared.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from galcore.model.framing import central_fraction, crop_centre
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from galcore.images.image import SkyImage

_BLUE_TO_RED = ("fuv", "nuv", "u", "b", "g", "v", "r", "i", "z", "y", "j", "h", "ks", "k")
_SOFTENING_SIGMA = 3.0
_WHITE_PERCENTILE = 99.7
_FAINTEST_WHITE_SIGMA = 30.0  # an empty stamp stays dark instead of being stretched to noise


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a checkpoint does to a stamp.

    Attributes:
        size_px: Side of the encoder's input.
        mean: Subtracted per band, pictures running from 0 to 1.
        std: Divided by per band.
        framing: ``object`` looks at the central object with some surroundings, ``frame`` at a fixed share.
        crop_fraction: Share of the shorter side: the smallest for ``object``, the share for ``frame``.
        margin: Frame over the object's radius, for ``object``.
        stretch: How flux becomes brightness before anything else; pictures are taken as they are.
        glimpse_px: 0: the network sees the input as it is. Else the size it was trained at, smaller than
            ``size_px``: it sees the whole input brought to that size, and its middle at full resolution.
        views: Orientations of each look that the encoder averages.
        unit_length: Whether vectors are brought to length 1, each look before the average and the average
            itself: the direction says what an object is, the length follows its brightness and size.

    Example:
        >>> Preprocessing(size_px=64).prepare(np.zeros((90, 90, 3), np.uint8)).shape
        torch.Size([3, 64, 64])
    """

    size_px: int
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    framing: Literal["object", "frame"] = "object"
    crop_fraction: float = 0.4
    margin: float = 1.6
    stretch: Literal["asinh"] = "asinh"
    glimpse_px: int = 0
    views: int = 1
    unit_length: bool = False

    def prepare(self, image: SkyImage | NDArray[np.uint8]) -> torch.Tensor:
        """The network's input for one stamp.

        Args:
            image: A stamp, or an (H, W, 3) or (H, W) uint8 picture. Missing pixels count as sky, one band
                is used three times, of more than three bands three are chosen.

        Returns:
            (3, size_px, size_px) float32.

        Raises:
            GalcoreError: If the array is no picture.
        """
        return self.normalise(stack_frames([self.frame(image)]))[0]

    def frame(self, image: SkyImage | NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of a stamp that the network sees, still in grey levels: (size_px, size_px, 3).

        Raises:
            GalcoreError: If the array is no picture.
        """
        return self.crop(as_picture(image))

    def normalise(self, framed: torch.Tensor) -> torch.Tensor:
        """Grey levels (B, 3, H, W) uint8 as the float32 numbers that the network was trained on.

        Colours lie innermost in memory, as :func:`stack_frames` leaves them and networks like them; rows of
        pixels are scaled as one long line, four times as fast as band by band.
        """
        _, _, height, width = framed.shape
        std = torch.tensor(self.std, device=framed.device)
        offset = -torch.tensor(self.mean, device=framed.device) / std
        rows = framed.permute(0, 2, 3, 1).float().reshape(len(framed), height, width * 3)
        rows.mul_((1 / (255 * std)).repeat(width)).add_(offset.repeat(width))
        return rows.view(len(framed), height, width, 3).permute(0, 3, 1, 2)

    def crop(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of a picture that the network sees, (size_px, size_px, 3)."""
        fraction = self.crop_fraction
        if self.framing == "object":
            fraction = central_fraction(rgb, margin=self.margin, smallest=self.crop_fraction)
        return crop_centre(rgb, fraction, self.size_px)

    def to_json(self) -> str:
        """Text for a checkpoint's metadata or a manifest; the same settings give the same text."""
        fields = asdict(self)
        if (
            not self.unit_length
        ):  # came later: without it the text, and every hash made of it, stays as it was
            del fields["unit_length"]
        return json.dumps(fields, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Preprocessing:
        """Read what :meth:`to_json` wrote.

        Raises:
            GalcoreError: If a field is missing or unknown.
        """
        try:
            fields: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in json.loads(text).items()
            }
            return cls(**fields)
        except (ValueError, TypeError, AttributeError) as error:
            raise GalcoreError(
                f"preprocessing of the checkpoint is not readable ({error}); it was written by another "
                "version of Galcore, so save the checkpoint again with this one"
            ) from error


def stack_frames(frames: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    """Frames (H, W, 3) as one batch (B, 3, H, W) uint8 with the colours innermost in memory."""
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)


def as_picture(image: SkyImage | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Any stamp as an (H, W, 3) uint8 picture, flux through the fixed model stretch."""
    if isinstance(image, np.ndarray):
        return _three_bands_last(image)
    if image.kind == "picture":
        return _three_bands_last(np.moveaxis(image.pixels, 0, -1))
    return stretch_flux(image.pixels, image.bands)


def stretch_flux(pixels: NDArray[np.floating], bands: tuple[str, ...]) -> NDArray[np.uint8]:
    """Flux as a colour picture by an asinh of the mean brightness (Lupton et al. 2004, eqs. 1-3).

    Sky and noise are measured in the stamp itself, so that neither units nor zero points matter; colours
    are ratios of bands in units of their noise.

    Args:
        pixels: (C, H, W) flux; NaN and infinities count as sky.
        bands: Name of each band, to tell red from blue where the names are known.

    Returns:
        (H, W, 3) uint8.
    """
    flux = np.asarray(pixels, dtype=np.float32)
    if flux.ndim != 3 or 0 in flux.shape:
        raise GalcoreError(f"an image needs the shape (bands, height, width), got {flux.shape}")
    flux = flux[choose_bands(bands, len(flux))]
    flux = np.where(np.isfinite(flux), flux, np.nan)
    scaled = np.stack([_in_units_of_noise(band) for band in flux])
    mean = np.clip(scaled.mean(axis=0), 1e-3, None)
    white = max(float(np.percentile(mean, _WHITE_PERCENTILE)), _FAINTEST_WHITE_SIGMA)
    brightness = np.arcsinh(mean / _SOFTENING_SIGMA) / np.arcsinh(white / _SOFTENING_SIGMA)
    rgb = np.clip(scaled, 0, None) * (brightness / mean)
    rgb = rgb / np.maximum(rgb.max(axis=0), 1.0)
    return np.ascontiguousarray((255 * rgb).transpose(1, 2, 0).round().astype(np.uint8))


def choose_bands(bands: tuple[str, ...], n_bands: int) -> list[int]:
    """Which bands play red, green and blue: known names by wavelength, else the first three as they come.

    Example:
        >>> choose_bands(("g", "r", "z"), 3)
        [2, 1, 0]
        >>> choose_bands(("r",), 1)
        [0, 0, 0]
    """
    names = [name.strip().lower() for name in bands]
    if n_bands == 1:
        return [0, 0, 0]
    if set(names) != {"r", "g", "b"} and len(names) == n_bands and all(n in _BLUE_TO_RED for n in names):
        order = sorted(range(n_bands), key=lambda index: _BLUE_TO_RED.index(names[index]))
        optical = [i for i in order if names[i] in ("g", "r", "i", "z")]
        order = optical if len(optical) >= 3 else order
        return (
            [order[-1], order[len(order) // 2], order[0]]
            if len(order) < 4
            else [order[2], order[1], order[0]]
        )
    return [0, min(1, n_bands - 1), min(2, n_bands - 1)]


def _in_units_of_noise(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """Flux above the sky over the noise of the stamp; missing pixels become sky."""
    known = band[np.isfinite(band)]
    if known.size == 0:
        return np.zeros_like(band)
    sky = float(np.median(known))
    for _ in range(3):
        noise = 1.4826 * float(np.median(np.abs(known - sky)))
        kept = known[np.abs(known - sky) < 3 * noise]
        if noise == 0 or kept.size == 0:
            break
        sky = float(np.median(kept))
    scale = noise or float(np.abs(known - sky).max()) / 100 or 1.0
    return np.nan_to_num((band - sky) / scale).astype(np.float32)


def _three_bands_last(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.ndim == 2:
        picture = picture[..., None]
    if picture.ndim != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise GalcoreError(
            f"a picture needs the shape (height, width, 3) and type uint8, "
            f"got {picture.shape} {picture.dtype}"
        )
    if picture.shape[2] < 3:
        picture = np.repeat(picture[..., :1], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3])
