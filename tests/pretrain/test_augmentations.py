from __future__ import annotations

import torch

from galcore.pretrain.augmentations import Augmentation, augment, resample

ONE_STILL_VIEW = Augmentation(
    zoom=(1.0, 1.0), shift=0, gain=0, colour=0, gamma=0, pedestal=0, grey=0, blur=0, noise=0
)


def test_views_stay_pictures_and_follow_their_seed() -> None:
    pictures = torch.randint(0, 255, (6, 3, 40, 40), dtype=torch.uint8)
    views = [
        augment(
            pictures,
            torch.ones(6),
            size_px=32,
            strength=Augmentation(),
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (0, 0, 1)
    ]

    assert views[0].shape == (6, 3, 32, 32)
    assert views[0].min() >= 0
    assert views[0].max() <= 1
    assert torch.equal(views[0], views[1])
    assert not torch.equal(views[0], views[2])


def test_rotation_keeps_a_round_galaxy_round() -> None:
    axis = torch.linspace(-1, 1, 64)
    blob = torch.exp(-8 * (axis[:, None] ** 2 + axis[None, :] ** 2)).expand(4, 3, 64, 64).contiguous()

    turned = resample(
        blob, torch.ones(4), size_px=64, strength=ONE_STILL_VIEW, generator=torch.Generator().manual_seed(0)
    )

    assert (turned - blob).abs().max() < 0.05


def test_a_worse_seeing_lowers_the_peak_and_keeps_the_light() -> None:
    star = torch.zeros(4, 3, 33, 33, dtype=torch.uint8)
    star[..., 14:19, 14:19] = 200
    seen = {
        share: augment(
            star,
            torch.ones(4),
            size_px=33,
            strength=Augmentation(
                zoom=(1.0, 1.0), shift=0, gain=0, colour=0, gamma=0, pedestal=0, grey=0, blur=share, noise=0
            ),
            generator=torch.Generator().manual_seed(2),
        )
        for share in (0.0, 1.0)
    }

    assert (seen[1.0].amax(dim=(2, 3)) < seen[0.0].amax(dim=(2, 3))).all()
    light = [views.sum(dim=(2, 3)) for views in seen.values()]
    torch.testing.assert_close(light[1], light[0], rtol=0.05, atol=0.2)


def test_colour_survives_better_than_brightness() -> None:
    pictures = torch.full((400, 3, 16, 16), 60, dtype=torch.uint8)
    views = augment(
        pictures,
        torch.ones(400),
        size_px=16,
        strength=Augmentation(grey=0),
        generator=torch.Generator().manual_seed(3),
    ).mean(dim=(2, 3))

    brightness = torch.log(views.mean(dim=1)).std()
    colour = torch.log(views[:, 0] / views[:, 2]).std()
    assert colour < 0.5 * brightness
