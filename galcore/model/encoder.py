"""A network that turns a batch of prepared stamps into vectors, however it was trained."""

from __future__ import annotations

import hashlib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galcore.model.inference import speed_up
from galcore.model.preprocessing import Preprocessing


class Encoder:
    """Frozen backbone with the preprocessing that belongs to it.

    Attributes:
        name: Name to load it by.
        preprocessing: What its input must go through; ``preprocessing.prepare`` does it.
        embedding_dim: Length D of a vector.
        model_hash: Short sha256 over weights and preprocessing; equal hashes give comparable vectors.
        device: Where it runs. On a CPU several threads may call :meth:`encode` at once.
    """

    def __init__(
        self, network: nn.Module, *, name: str, preprocessing: Preprocessing, device: str = "auto"
    ) -> None:
        self.name = name
        self.preprocessing = preprocessing
        self.device = choose_device(device)
        self.model_hash = hash_weights(network, preprocessing)
        self._network = network.eval().requires_grad_(False)
        self._half = has_fast_bfloat16(self.device)
        self._fast = speed_up(network, self.device, half=self._half)
        self.embedding_dim = self._measure_dim()

    def encode(self, images: Tensor) -> Tensor:
        """Vectors of a batch.

        Args:
            images: (B, 3, H, W) float32 as ``preprocessing.prepare`` makes them, or uint8 as
                :func:`~galcore.model.preprocessing.stack_frames` does of its frames.

        Returns:
            (B, D) float32 on the CPU, the mean over all looks (see :func:`list_looks`).
        """
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            batch = images.to(self.device)
            if batch.dtype == torch.uint8:
                batch = self.preprocessing.normalise(batch)
            total = torch.zeros(1, device=self.device)
            looks = list_looks(
                batch, glimpse_px=self.preprocessing.glimpse_px, views=self.preprocessing.views
            )
            for look in looks:
                vectors = self._fast(look.contiguous(memory_format=torch.channels_last))
                total = total + self._scale(vectors.float().flatten(1))
            return self._scale(total / len(looks)).cpu()

    def _scale(self, vectors: Tensor) -> Tensor:
        return F.normalize(vectors, dim=1) if self.preprocessing.unit_length else vectors

    @property
    def network(self) -> nn.Module:
        """The frozen backbone, for those who look inside (:mod:`galcore.model.hot_pixels`)."""
        return self._network

    def count_parameters(self) -> int:
        """Number of weights."""
        return sum(parameter.numel() for parameter in self._network.parameters())

    def state_dict(self) -> dict[str, Tensor]:
        """Weights by name, for saving."""
        return self._network.state_dict()

    def _measure_dim(self) -> int:
        size_px = self.preprocessing.size_px
        return int(self.encode(torch.zeros(1, 3, size_px, size_px)).shape[1])


def list_looks(images: Tensor, *, glimpse_px: int, views: int) -> list[Tensor]:
    """What the network is shown of each image; the vectors of all looks are averaged.

    A network trained at few pixels keeps its scale: instead of more pixels at once it gets a second look at
    the middle, where bars and rings are. Each look has another orientation.

    Args:
        images: (B, 3, H, W) square images.
        glimpse_px: Side of a look; 0 shows the images as they are.
        views: Looks of each kind.

    Returns:
        ``views`` tensors (B, 3, H, W), or twice as many (B, 3, glimpse_px, glimpse_px).
    """
    if glimpse_px == 0:
        return [orient(images, view) for view in range(views)]
    whole = F.interpolate(images, size=(glimpse_px, glimpse_px), mode="bilinear", antialias=True)
    start = (images.shape[-1] - glimpse_px) // 2
    middle = images[..., start : start + glimpse_px, start : start + glimpse_px]
    return [orient((whole, middle)[look % 2], look % 8) for look in range(2 * views)]


def orient(images: Tensor, view: int) -> Tensor:
    """One of the eight orientations of a square: quarter turns, the odd views mirrored as well."""
    turned = torch.rot90(images, view % 4, dims=(2, 3))
    return turned.flip(3) if view % 2 != (view // 4) % 2 else turned


def choose_device(wanted: str) -> torch.device:
    """The device of that name; ``auto`` takes a GPU where there is one."""
    if wanted != "auto":
        return torch.device(wanted)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether half precision is faster there, not only possible."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type != "cpu":
        return False
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in probes)


def hash_weights(network: nn.Module, preprocessing: Preprocessing) -> str:
    """Twelve hexadecimal digits of sha256 over weights and preprocessing."""
    digest = hashlib.sha256(preprocessing.to_json().encode())
    _add_weights(digest, network)
    return digest.hexdigest()[:12]


def hash_weights_only(network: nn.Module) -> str:
    """Twelve hexadecimal digits of sha256 over weights alone."""
    digest = hashlib.sha256()
    _add_weights(digest, network)
    return digest.hexdigest()[:12]


def _add_weights(digest: hashlib._Hash, network: nn.Module) -> None:
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
