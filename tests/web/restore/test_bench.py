"""The bench of the Restore room: asked once, kept, cancelled, told in pictures, files and numbers."""

import io
import time

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.images.image import SkyImage
from galcore.images.stretch import STRETCHES
from galcore.restore.psf import gaussian_psf
from galcore.types import GalcoreError
from galcore.web.restore import bench as bench_room
from galcore.web.restore.attempt import AttemptStatus, RestoreRequest, RestoreSource
from galcore.web.restore.bench import RestoreBench
from galcore.web.restore.files import figure_png, file_name, fits_bytes
from galcore.web.restore.hints import find_hints, hints_of
from galcore.web.restore.numbers import restoration_numbers
from galcore.web.restore.pictures import (
    ALL_BANDS,
    PANELS,
    Scales,
    measure_scales,
    render_original,
    render_panel,
    values_at,
)
from galcore.web.restore.routes import panel_address, restore_routes, source_address, values_address
from galcore.web.restore.sources import galaxy_source, upload_source


def galaxy(size_px=48, bands=("g", "r", "i"), kind="flux", seed=1):
    """A round galaxy on noise, a different one in every band."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size_px, :size_px] - (size_px - 1) / 2
    profile = 50 * np.exp(-np.hypot(x, y) / 5)
    planes = np.stack([profile * (1 + n) + rng.normal(0, 1, profile.shape) for n in range(len(bands))])
    if kind == "picture":
        return SkyImage(np.clip(planes, 0, 255).astype(np.uint8), "picture", ("r", "g", "b"), None, "m51.jpg")
    return SkyImage(planes.astype(np.float32), "flux", bands, 0.4, "m51.fits")


def source_of(image, key="a" * 32):
    return RestoreSource(key, "M 51", image)


def disc(size_px=48, at=(30, 30), radius=4):
    y, x = np.mgrid[:size_px, :size_px]
    return np.hypot(x - at[0], y - at[1]) < radius


def fill(image=None, bench=None, **more):
    """A finished attempt at filling in a disc with the classical tool."""
    image = galaxy() if image is None else image
    request = RestoreRequest(
        source_of(image), "reconstruct", "biharmonic", mask=disc(image.pixels.shape[-1]), **more
    )
    return finish((bench or RestoreBench()).start(request))


def finish(attempt):
    deadline = time.monotonic() + 30
    while attempt.is_active:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return attempt


def test_the_same_question_is_answered_once():
    bench, image = RestoreBench(), galaxy()
    first, second = fill(image, bench), fill(image, bench)
    assert first is second
    assert first.status is AttemptStatus.DONE
    assert fill(image, bench, noise_sigma=(2.0,)) is not first


def test_other_weights_are_another_question_to_the_model_only():
    source = source_of(galaxy())
    keys = {
        (method, mark): RestoreRequest(source, "reconstruct", method, mask=disc(), model_mark=mark).key
        for method in ("model", "biharmonic")
        for mark in ("old", "new")
    }
    assert keys["model", "old"] != keys["model", "new"]
    assert keys["biharmonic", "old"] == keys["biharmonic", "new"]


def test_what_failed_is_told_and_tried_again_only_when_asked():
    bench = RestoreBench()
    request = RestoreRequest(source_of(galaxy()), "reconstruct", "biharmonic", mask=np.zeros((48, 48), bool))
    failed = finish(bench.start(request))
    assert failed.status is AttemptStatus.FAILED
    assert "marks no pixel" in failed.error
    assert bench.start(request) is failed
    assert bench.start(request, again=True) is not failed


def test_an_attempt_can_be_cancelled():
    bench = RestoreBench()
    source = source_of(galaxy(160, bands=tuple("ugrizyjhk")))
    attempt = bench.start(RestoreRequest(source, "deconvolve", "richardson-lucy", psf=gaussian_psf(4.0)))
    attempt.stop.set()
    assert finish(attempt).status is AttemptStatus.CANCELLED
    assert attempt.result is None


def test_old_answers_make_room_for_new_ones():
    bench = RestoreBench(max_bytes=1)
    first = fill(galaxy(seed=1), bench)
    fill(galaxy(seed=1), bench, noise_sigma=(3.0,))
    deadline = time.monotonic() + 5
    while bench.find(first.key) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bench.find(first.key) is None


@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize("kind", ["flux", "picture"])
def test_original_and_result_are_shown_on_one_stretch(stretch, kind):
    attempt = fill(galaxy(kind=kind))
    scales = Scales(1, 1)
    original = render_original(attempt.request.source, stretch=stretch)
    shown = render_panel(attempt, "result", stretch=stretch, band=ALL_BANDS, scales=scales)
    known = ~disc()
    assert (original[known] == shown[known]).all()
    assert (original[~known] != shown[~known]).any()


def test_residuals_are_blue_where_the_result_is_brighter_and_amber_where_fainter():
    attempt = fill(galaxy(bands=("r",)))
    attempt.result.residual[:] = 0
    attempt.result.residual[0, 0, 0], attempt.result.residual[0, 0, 1] = -2, 2
    shown = render_panel(attempt, "residual", stretch="survey", band=0, scales=Scales(2, 1))
    (low_r, _, low_b), (high_r, _, high_b) = shown[0, 0].astype(int), shown[0, 1].astype(int)
    assert low_b > low_r and high_r > high_b
    assert shown[5, 5].max() < 30


@pytest.mark.parametrize("bands", [("r",), tuple("ugrizyjhk")])
def test_one_band_and_nine_bands_have_every_panel_and_number(bands):
    attempt = fill(galaxy(bands=bands))
    for band in (ALL_BANDS, 0, len(bands) - 1):
        scales = measure_scales([attempt], band)
        assert scales.residual > 0 and scales.sigma > 0
        for panel in PANELS:
            rgb = render_panel(attempt, panel, stretch="survey", band=band, scales=scales)
            assert rgb.shape == (48, 48, 3)
        numbers = restoration_numbers(attempt, band)
        assert numbers["model"] == "no network"
        assert numbers["sigma"] == "none"


def test_the_misfit_of_a_sharpened_image_tells_residuals_in_units_of_the_noise():
    request = RestoreRequest(
        source_of(galaxy()), "deconvolve", "wiener", psf=gaussian_psf(2.0), noise_sigma=(2.0,)
    )
    attempt = finish(RestoreBench().start(request))
    rms = np.sqrt(np.mean(attempt.result.residual[1] ** 2))
    assert float(restoration_numbers(attempt, 1)["misfit"]) == pytest.approx(rms / 2.0, abs=0.006)
    assert "…" in restoration_numbers(attempt, ALL_BANDS)["misfit"]
    assert "misfit" not in restoration_numbers(fill(), 1)


def test_values_under_the_pointer_are_those_of_the_arrays():
    attempt = fill()
    told = values_at(attempt, 30, 31, band=1)
    assert told["original"] == pytest.approx(attempt.request.source.image.pixels[1, 31, 30])
    assert told["residual"] == pytest.approx(told["original"] - told["result"], rel=1e-5)
    assert "sigma" not in told
    assert values_at(attempt, 48, 0, band=1) == {}


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("GALCORE_SECRET", "for this test")
    bench = RestoreBench()
    monkeypatch.setattr(bench_room, "_bench", bench)
    return TestClient(Starlette(routes=restore_routes())), bench


def test_pictures_and_values_come_by_signed_address(client):
    browser, bench = client
    attempt = fill(bench=bench)
    bench.keep_source(attempt.request.source)
    address = panel_address(attempt, "result", stretch="survey", band=ALL_BANDS, scales=Scales(1, 1))
    answer = browser.get(address)
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size == (48, 48)
    assert "immutable" in answer.headers["cache-control"]
    assert browser.get(source_address(attempt.request.source, stretch="faint")).status_code == 200
    assert set(browser.get(values_address(attempt, band=0) + "3/4").json()) >= {"original", "result"}


def test_a_changed_address_is_refused_and_a_gone_result_is_not_found(client):
    browser, bench = client
    attempt = fill(bench=bench)
    address = panel_address(attempt, "result", stretch="survey", band=0, scales=Scales(1, 1))
    assert browser.get(address[:-3] + "xyz").status_code == 403
    assert browser.get(values_address(attempt, band=0).replace("values", "panel")[:-1]).status_code == 403
    bench._attempts.clear()
    assert browser.get(address).status_code == 404


def fits_file(image, wcs=True):
    header = fits.Header()
    if wcs:
        header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 10.0, "CRPIX2": 12.0})
        header.update({"CRVAL1": 150.0, "CRVAL2": 2.0, "CDELT1": -1e-4, "CDELT2": 1e-4, "BUNIT": "nanomaggy"})
    content = io.BytesIO()
    fits.PrimaryHDU(image.astype(np.float32), header).writeto(content)
    return content.getvalue()


def test_a_fits_file_goes_through_with_its_rows_its_sky_and_its_unit():
    rows = np.arange(48 * 40, dtype=np.float32).reshape(48, 40) + np.random.default_rng(0).normal(
        0, 1, (48, 40)
    )
    source = upload_source("m51.fits", fits_file(rows))
    assert source.unit_words == "nanomaggy"
    assert source.image.pixel_scale_arcsec == pytest.approx(0.36)
    mask = np.zeros((48, 40), bool)
    mask[2, 3:6] = True  # near the top as shown: the last rows of the file
    attempt = finish(RestoreBench().start(RestoreRequest(source, "reconstruct", "biharmonic", mask=mask)))
    with fits.open(io.BytesIO(fits_bytes(attempt))) as hdus:
        assert np.flatnonzero(hdus["MASK"].data.any(1)).tolist() == [45]
        kept = hdus["MASK"].data == 0
        assert (hdus["RESTORED"].data[kept] == rows.astype(np.float32)[kept]).all()
        header = hdus["RESTORED"].header
        assert WCS(header).wcs.crval.tolist() == [150.0, 2.0]
        assert header["GALTASK"] == "reconstruct"
        assert header["GALMETH"] == "biharmonic"


def test_a_picture_says_in_its_file_that_it_is_no_flux():
    attempt = fill(galaxy(kind="picture"))
    with fits.open(io.BytesIO(fits_bytes(attempt))) as hdus:
        assert "not linear flux" in "".join(map(str, hdus["RESTORED"].header["HISTORY"]))


def test_the_figure_is_a_picture_of_all_panels_and_names_are_harmless():
    attempt = fill()
    picture = figure_png([attempt, attempt], stretch="survey", band=ALL_BANDS, scales=Scales(1, 1))
    wide, high = Image.open(io.BytesIO(picture)).size
    assert wide > 4 * 400 and high > 2 * 400
    named = fill(galaxy())
    object.__setattr__(named.request.source, "name", "../../etc/<b>M 51</b>")
    assert set(file_name(named, "fits")) <= set("abcdefghijklmnopqrstuvwxyzM51_-.")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("m51.exe", b"MZ", "not an image"),
        ("m51.fits", b"SIMPLE  =    T", "m51.fits"),
        ("m51.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50, "m51.png"),
        ("small.fits", fits_file(np.ones((4, 4)), wcs=False), "too small"),
        ("blank.fits", fits_file(np.full((32, 32), np.nan), wcs=False), "no pixel"),
        ("field.fits", fits_file(np.ones((8, 2049)), wcs=False), "whole field"),
    ],
)
def test_an_upload_that_cannot_be_restored_is_told_by_its_name(name, content, complaint):
    with pytest.raises(GalcoreError, match=complaint) as caught:
        upload_source(name, content)
    assert name in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_a_galaxy_of_a_workspace_has_one_key_until_the_catalogue_changes(sky):
    galaxy_id = str(sky.catalog["galaxy_id"].iloc[0])
    assert galaxy_source(sky, galaxy_id).key == galaxy_source(sky, galaxy_id).key
    assert galaxy_source(sky, galaxy_id).image.kind == "picture"


def test_an_image_that_breaks_the_search_for_hints_still_has_a_page():
    def read_a_torn_field():
        raise IndexError("a field that ends too early")

    source = RestoreSource("torn", "M 51", galaxy(), surroundings=read_a_torn_field)
    hints = hints_of(source, wait_s=60)
    assert hints is not None and hints.psf is None and "FWHM" in hints.no_psf


def test_hints_name_the_noise_and_why_there_is_no_psf():
    hints = find_hints(source_of(galaxy()))
    assert len(hints.noise_sigma) == 3
    assert hints.noise_sigma[0] == pytest.approx(1.0, rel=0.3)
    assert hints.psf is None and "stars" in hints.no_psf
