from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.model.stretching import stretch, stretch_slope, unstretch


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.5, 3.0), st.floats(0.005, 1e3))
def test_flux_survives_the_stretch_and_its_way_back(flux: float, softening: float) -> None:
    linear, beta = torch.full((1, 2, 2), flux, dtype=torch.float64), torch.tensor([softening])

    torch.testing.assert_close(
        unstretch(stretch(linear, beta), beta), linear, rtol=1e-4, atol=1e-6, check_dtype=False
    )


def test_a_large_softening_leaves_a_picture_as_it_is() -> None:
    picture = torch.rand(2, 3, 8, 8)

    torch.testing.assert_close(stretch(picture, torch.full((2,), 1e3)), picture, rtol=1e-4, atol=1e-5)


def test_the_slope_is_the_derivative() -> None:
    linear = torch.tensor([[0.0, 0.02, 0.5]], dtype=torch.float64, requires_grad=True)
    beta = torch.tensor([0.05], dtype=torch.float64)

    (derivative,) = torch.autograd.grad(stretch(linear, beta).sum(), linear)

    torch.testing.assert_close(stretch_slope(linear.detach(), beta), derivative)


def test_every_image_has_its_own_softening() -> None:
    linear = torch.full((2, 3, 4, 4), 0.1)

    bright = stretch(linear, torch.tensor([0.01, 1.0]))

    assert bright[0].min() > 2 * bright[1].max()
