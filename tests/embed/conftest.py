from __future__ import annotations

import pytest

from galcore.images.image import SkyImage, picture_from_rgb
from galcore.model.checkpoints import load_encoder
from galcore.model.encoder import Encoder
from galcore.simulate.sample import simulate


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder("timm:test_resnet", untrained=True, device="cpu")


def simulated_stamps(galaxy_ids: list[str]) -> dict[str, SkyImage]:
    """One simulated galaxy of 40 px for each id."""
    rgb = simulate(len(galaxy_ids), seed=1, size_px=40).rgb
    return {name: picture_from_rgb(picture, name) for name, picture in zip(galaxy_ids, rgb, strict=True)}
