"""The same lens bent by caustics: deflections and the place of an image must agree."""

import pytest
import torch
from caustics.lenses.func import reduced_deflection_angle_sie

from galcore.simulate.lensing import sie_deflection


@pytest.mark.parametrize("q", [0.35, 0.6, 0.8, 0.97])
@pytest.mark.parametrize("einstein_radius", [0.4, 1.7])
def test_the_deflection_is_that_of_caustics(q: float, einstein_radius: float) -> None:
    axis = torch.linspace(-4, 4, 41, dtype=torch.float64)
    y, x = (plane.reshape(1, -1) for plane in torch.meshgrid(axis + 0.013, axis - 0.021, indexing="ij"))
    b, ratio = (torch.full((1, 1), value, dtype=torch.float64) for value in (einstein_radius, q))

    ours = sie_deflection(x, y, b, ratio)

    theirs = reduced_deflection_angle_sie(0.0, 0.0, ratio, torch.zeros(()), b, x, y)
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-5)


def test_a_round_lens_deflects_by_its_einstein_radius_everywhere() -> None:
    angle = torch.linspace(0, 6.28, 50, dtype=torch.float64)[None]
    b, q = torch.tensor([[1.3]], dtype=torch.float64), torch.tensor([[0.999]], dtype=torch.float64)

    ax, ay = sie_deflection(2.5 * angle.cos(), 2.5 * angle.sin(), b, q)

    torch.testing.assert_close(torch.hypot(ax, ay), b.expand_as(ax), rtol=2e-3, atol=0)
