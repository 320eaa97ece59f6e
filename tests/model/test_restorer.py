from __future__ import annotations

from pathlib import Path

import pytest
import torch

from galcore.model.checkpoints import load_encoder, load_foundation, save_foundation
from galcore.model.foundation import Architecture, FoundationModel
from galcore.model.preprocessing import Preprocessing
from galcore.model.priors import convolve
from galcore.model.restorer import Restorer, load_restorer
from galcore.pretrain.degradations import gaussian_psf
from galcore.types import GalcoreError

ARCHITECTURE = Architecture("test_resnet", norm="folded", size_px=32, decoder_widths=(8, 8, 8, 8))


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    model = FoundationModel(ARCHITECTURE, seed=1)
    with torch.no_grad():
        model.decoder.out.weight.normal_(0, 0.02, generator=torch.Generator().manual_seed(2))
    return Restorer(model, name="small", device="cpu")


def test_known_pixels_are_untouched_and_have_no_sigma(restorer: Restorer) -> None:
    observed = torch.rand(2, 3, 32, 64)
    missing = torch.zeros(2, 1, 32, 64, dtype=torch.bool)
    missing[..., 4:12, 20:40] = True

    done = restorer.reconstruct(observed, missing)

    lost = missing.expand_as(observed)
    assert torch.equal(done.pixels[~lost], observed[~lost])
    assert (done.sigma[~lost] == 0).all()
    assert (done.sigma[lost] > 0).all()


@pytest.mark.parametrize("behind", [float("nan"), float("inf"), 1e9])
def test_values_under_the_mask_are_never_looked_at(restorer: Restorer, behind: float) -> None:
    observed = torch.rand(1, 3, 32, 32)
    missing = torch.rand(1, 1, 32, 32) < 0.5
    other = torch.where(missing, behind, observed)

    one, two = restorer.reconstruct(observed, missing), restorer.reconstruct(other, missing)

    assert torch.equal(one.pixels, two.pixels)
    assert torch.equal(one.sigma, two.sigma)


def test_flux_is_deconvolved_on_its_own_scale(restorer: Restorer) -> None:
    psf = gaussian_psf(torch.full((1, 3), 1.5))
    observed = convolve(torch.rand(1, 3, 32, 32), psf)
    noise = torch.full((1, 3), 0.01)

    picture = restorer.deconvolve(observed, psf, noise)
    flux = restorer.deconvolve(observed, psf, noise, softening=1e3)

    assert torch.isfinite(flux.pixels).all()
    assert (flux.sigma > 0).all()
    torch.testing.assert_close(flux.pixels, picture.pixels, rtol=0.02, atol=0.01)


def test_a_chunk_of_many_images_is_the_same_as_one_by_one(restorer: Restorer) -> None:
    observed, missing = torch.rand(18, 3, 32, 32), torch.rand(18, 1, 32, 32) < 0.3

    whole = restorer.reconstruct(observed, missing).pixels
    single = restorer.reconstruct(observed[17:], missing[17:]).pixels

    torch.testing.assert_close(whole[17:], single, rtol=0.02, atol=0.01)


def test_shapes_that_do_not_fit_are_named(restorer: Restorer) -> None:
    with pytest.raises(GalcoreError, match="multiples of 32"):
        restorer.reconstruct(torch.rand(1, 3, 40, 32), torch.zeros(1, 1, 40, 32, dtype=torch.bool))
    with pytest.raises(GalcoreError, match="mask of shape"):
        restorer.reconstruct(torch.rand(1, 3, 32, 32), torch.zeros(1, 32, 32, dtype=torch.bool))
    with pytest.raises(GalcoreError, match="k odd"):
        restorer.deconvolve(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 4, 4), torch.zeros(1, 3))


def test_one_file_serves_the_encoder_and_the_restorer(tmp_path: Path) -> None:
    model = FoundationModel(ARCHITECTURE, seed=3).eval()
    file = tmp_path / "mine.safetensors"
    save_foundation(file, model, preprocessing=Preprocessing(size_px=32))

    encoder, restorer = load_encoder(str(file), device="cpu"), load_restorer(str(file), device="cpu")

    assert encoder.embedding_dim == model.embedding_dim
    assert encoder.preprocessing.size_px == 32
    assert restorer.model_name == str(file)
    again = load_foundation(str(file)).state_dict()
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(again[name], weight, rtol=1e-3, atol=1e-4)


def test_an_encoder_without_decoder_cannot_restore(tmp_path: Path) -> None:
    pickle = tmp_path / "weights.pt"
    torch.save({"weight": torch.zeros(1)}, pickle)

    with pytest.raises(GalcoreError, match="pickle"):
        load_restorer(str(pickle))
    with pytest.raises(GalcoreError, match="no decoder"):
        load_restorer("timm:resnet18")
    with pytest.raises(GalcoreError, match="no such weights file"):
        load_restorer(str(tmp_path / "absent.safetensors"))
