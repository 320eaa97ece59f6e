from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.evaluate.degradations import PATCHES, degrade, draw_mask
from galcore.evaluate.image_quality import measure_quality
from galcore.settings import Settings
from galcore.types import GalcoreError

REAL = Settings.from_environment().real_data_dir


def run(*arguments: object) -> dict:
    words = ["benchmark", "restore", *map(str, arguments), "--json"]
    done = CliRunner().invoke(build_app(), words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from galcore.simulate.sample import simulate

    folder = tmp_path_factory.mktemp("pictures")
    for n, rgb in enumerate(simulate(4, survey="HSC", seed=2, size_px=128, keep_flux=False).rgb):
        Image.fromarray(rgb).save(folder / f"{n}.png")
    return folder


def test_filling_beats_the_masked_input(pictures: Path) -> None:
    result = run("--task", "reconstruct", "--images", pictures, "--seeds", 2, "--n", 3, "--classical-only")

    rows = {(row["degradation"], row["method"]): row for row in result["rows"]}
    assert {kind for kind, _ in rows} == {"patches-75", "patches-50", "trail", "star"}
    headline = rows["patches-75", "biharmonic"]
    assert headline["gain_db"] > 5
    assert headline["psnr"] - rows["patches-75", "input"]["psnr"] == pytest.approx(headline["gain_db"])
    assert (headline["n"], headline["seeds"]) == (3, 2)
    assert 0 < headline["ssim"] < 1


def test_classical_deconvolution_beats_the_blurred_input(pictures: Path) -> None:
    result = run("--task", "deconvolve", "--images", pictures, "--seeds", 1, "--n", 4, "--classical-only")

    gains = {row["method"]: row["gain_db"] for row in result["rows"]}
    assert gains["input"] == 0
    assert gains["wiener"] > 0.5
    assert gains["richardson-lucy"] > 0.5


def test_the_same_seed_measures_the_same(pictures: Path) -> None:
    options = ("--task", "deconvolve", "--images", pictures, "--seeds", 1, "--n", 2, "--classical-only")

    assert run(*options)["rows"] == run(*options)["rows"]


def test_degradations_follow_the_laws_and_spoil_nothing_else() -> None:
    truth = np.full((3, 128, 128), 0.3, np.float32)
    rng = np.random.default_rng(0)

    items = [degrade(truth, rng) for _ in range(60)]

    widths = np.array([[np.sqrt((p * np.arange(-12, 13) ** 2).sum()) for p in item.psf] for item in items])
    assert np.median(widths, 0) == pytest.approx([2.016, 2.155, 2.396], rel=0.1)  # z, r, g
    noise = np.median([item.noise for item in items], 0)
    assert noise == pytest.approx([0.0117, 0.0044, 0.0031], rel=0.15)
    for item in items[:3]:
        assert item.observed.mean((1, 2)) == pytest.approx(truth.mean((1, 2)), abs=1e-3)
        assert item.observed.std((1, 2)) == pytest.approx(item.noise, rel=0.05)


def test_three_quarters_of_the_squares_are_lost_in_the_headline() -> None:
    lost = draw_mask("patches-75", 128, np.random.default_rng(0))

    cells = lost.reshape(PATCHES, 8, PATCHES, 8).mean((1, 3))
    assert set(np.unique(cells)) == {0, 1}
    assert lost.mean() == 0.75


def test_figures_are_those_of_the_formulas() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 1, (3, 32, 32)).astype(np.float32)
    noisy = truth + rng.normal(0, 0.1, truth.shape).astype(np.float32)

    quality = measure_quality(noisy, truth, sigma=np.full(truth.shape, 0.1))

    mse = np.mean((np.clip(noisy, 0, 1) - truth) ** 2)
    assert quality.psnr == pytest.approx(10 * np.log10(1 / mse), abs=1e-4)
    assert (quality.within_1_sigma, quality.within_2_sigma) == pytest.approx((0.683, 0.954), abs=0.03)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--task", "sharpen"), "--task"),
        (("--task", "reconstruct", "--masks", "rain"), "--masks"),
        (("--task", "reconstruct", "--source", "dreams"), "--source"),
        (("--task", "reconstruct", "--pairs"), "--task deconvolve"),
    ],
)
def test_options_that_make_no_sense_are_named(options: tuple[str, ...], words: str) -> None:
    with pytest.raises(GalcoreError, match=words):
        run(*options, "--classical-only")


@pytest.mark.real
@pytest.mark.skipif(not (REAL / "fits_realsky").is_dir(), reason="real FITS files are not here")
def test_real_pairs_of_surveys_are_laid_on_each_other_and_compared() -> None:
    result = run("--task", "deconvolve", "--pairs", "--classical-only")

    inputs = [row for row in result["rows"] if row["method"] == "input"]
    assert len(inputs) == 5
    assert all(row["error"] < 0.25 for row in inputs)  # laid on each other to a fraction of a pixel
    methods = {row["method"] for row in result["rows"]}
    assert {"input", "wiener", "richardson-lucy", "wiener, to the PSF of KiDS"} <= methods
    assert all(abs(row["flux_change"]) < 0.01 for row in result["rows"])
