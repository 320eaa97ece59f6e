"""The Restore room in a real browser: draw a mask, fill it in, compare, take the file home."""

import io
import re
import time

import numpy as np
import pytest
from astropy.io import fits
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


class RestoreDriver:
    """Does what a person does in the Restore room."""

    def __init__(self, page, server, galaxy_id):
        self.page = page
        page.goto(f"{server.address}/restore?galaxy={galaxy_id}")
        self.canvas = page.locator(".mc-canvas")
        self.count = page.locator(".mc-count")
        self.apply = page.locator(".mc-apply")
        expect(self.canvas).to_be_visible(timeout=30_000)
        expect(page.locator(".mc-message")).to_be_empty()

    def at(self, x, y):
        """Where on the screen a share of the square image is."""
        box = self.canvas.bounding_box()
        side = min(box["width"], box["height"])
        return (
            box["x"] + (box["width"] - side) / 2 + x * side,
            box["y"] + (box["height"] - side) / 2 + y * side,
        )

    def drag(self, start, end):
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=8)
        self.page.mouse.up()

    def masked(self):
        found = re.match(r"([\d,]+) px", self.count.inner_text())
        return int(found[1].replace(",", "")) if found else 0

    def compare_with(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill_in(self):
        self.apply.click()
        expect(self.page.locator(".rv-frame img").first).to_be_visible(timeout=60_000)


@pytest.fixture
def restore(page, server):
    return RestoreDriver(page, server, "SIM000003")


def test_a_mask_drawn_with_the_mouse_is_filled_in_and_goes_home_as_fits(restore):
    expect(restore.apply).to_be_disabled()
    expect(restore.count).to_have_text("nothing masked yet")
    restore.drag((0.3, 0.4), (0.45, 0.4))
    drawn = restore.masked()
    assert 15 < drawn < 80
    restore.compare_with("Biharmonic")
    restore.fill_in()
    page = restore.page
    expect(page.locator(".rv-title", has_text="Biharmonic").first).to_be_visible(timeout=60_000)
    with page.expect_download(timeout=30_000) as download:
        page.get_by_role("button", name=re.compile(r"^FITS(, Biharmonic)?$")).first.click()
    assert re.fullmatch(r"SIM000003-reconstruct-biharmonic\.fits", download.value.suggested_filename)
    with fits.open(io.BytesIO(download.value.path().read_bytes())) as hdus:
        header, mask = hdus["RESTORED"].header, hdus["MASK"].data[::-1]
        assert header["GALTASK"] == "reconstruct" and header["GALMETH"] == "biharmonic"
        assert "drawn in the dashboard" in "".join(map(str, header["HISTORY"]))
    rows, columns = np.nonzero(mask)
    assert mask.sum() == drawn
    assert abs(rows.mean() / 64 - 0.4) < 0.03 and abs(columns.mean() / 64 - 0.375) < 0.03


def test_every_tool_and_key_draws_and_what_was_drawn_survives_a_reload(restore):
    press = restore.page.keyboard.press
    restore.canvas.click(position={"x": 5, "y": 5})
    press("Backspace")
    press("l")
    restore.drag((0.2, 0.2), (0.8, 0.2))
    line = restore.masked()
    assert line > 60
    press("d")
    restore.drag((0.5, 0.6), (0.6, 0.6))
    with_disc = restore.masked()
    assert with_disc - line == pytest.approx(np.pi * 6.4**2, rel=0.2)
    press("e")
    restore.drag((0.2, 0.2), (0.5, 0.2))
    assert restore.masked() < with_disc - line / 4
    press("u")
    assert restore.masked() == with_disc
    press("Backspace")
    expect(restore.count).to_have_text("nothing masked yet")
    press("l")
    press("Shift+ArrowRight")  # a cross that keys move
    press("Space")
    press("Shift+ArrowDown")
    press("Space")
    by_keys = restore.masked()
    assert by_keys > 10
    press("?")
    expect(restore.page.locator(".mc-keys")).to_contain_text("fill in what is masked")
    press("?")
    restore.page.reload()
    expect(restore.count).to_contain_text(f"{by_keys} px", timeout=30_000)
    restore.canvas.focus()
    for key in ("Backspace", "l"):
        press(key)
    restore.page.keyboard.down("Shift")  # a trail that runs to the edges
    restore.drag((0.45, 0.5), (0.55, 0.5))
    restore.page.keyboard.up("Shift")
    size = int(restore.page.locator(".mc-size output").inner_text().removesuffix(" px"))
    assert restore.masked() >= 64 * (size - 1)


def test_sharpening_compares_tools_zoomed_together_and_takes_a_file_of_ones_own(restore, tmp_path):
    page = restore.page
    page.get_by_text("Sharpen (deconvolve)").click()
    restore.compare_with("Wiener")
    restore.compare_with("Richardson-Lucy")
    page.get_by_role("button", name="Sharpen", exact=True).click()
    titles = page.locator(".rv-title")
    expect(titles.filter(has_text="Richardson-Lucy").first).to_be_visible(timeout=60_000)
    expect(titles.filter(has_text="Wiener").first).to_be_visible(timeout=60_000)
    expect(page.locator(".rv-about").first).to_contain_text("PSF")
    frame = page.locator(".rv-frame:not(.rv-none)").first
    frame.scroll_into_view_if_needed()
    frame.click()
    page.mouse.wheel(0, -300)
    moved = page.locator(".rv-frame img").evaluate_all(
        "all => new Set(all.map(each => each.style.transform)).size"
    )
    assert moved == 1
    expect(page.locator(".rv-where")).to_contain_text("px")
    expect(page.locator(".rv-read").first).not_to_be_empty()
    page.get_by_role("button", name=re.compile("slider")).click()
    expect(page.locator(".rv-line").first).to_be_visible()
    bring_a_file_of_ones_own(page, tmp_path)


def shape_ratio(panel):
    box = panel.bounding_box() if panel.count() else None
    return box["width"] / box["height"] if box and box["height"] else 0.0


def bring_a_file_of_ones_own(page, tmp_path):
    path = tmp_path / "mine.fits"
    rng = np.random.default_rng(0)
    fits.PrimaryHDU(rng.normal(0, 1, (60, 80)).astype(np.float32)).writeto(path)
    page.get_by_role("button", name="Another image").click()
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("80 × 60 px")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="mine.fits")).to_be_visible()
    page.set_viewport_size({"width": 1900, "height": 480})  # so low that the height decides
    page.get_by_role("button", name="Sharpen", exact=True).click()
    shape = page.locator(".rv-frame").first
    deadline = time.monotonic() + 60
    while (ratio := shape_ratio(shape)) != pytest.approx(80 / 60, rel=0.02):  # the old panels go first
        assert time.monotonic() < deadline, ratio
        page.wait_for_timeout(100)
