"""Review and Data in a real browser over a real server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from galcore.settings import ROOT
from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.workspace import Workspace
from tests.e2e.driver import Server

pytestmark = pytest.mark.e2e
BARS = Campaign("bars", "Bars", "Which of these are barred?", ("bar", "no bar"), truth_column="barred")


@pytest.fixture
def labelled_server(copy_sky: Callable[[str], Path], tmp_path: Path) -> Iterator[Server]:
    """A server over a workspace in which Vera and Carlos differ about two galaxies."""
    folder = copy_sky("sky")
    workspace = Workspace.open(folder)
    workspace.labels.create_campaign(BARS)
    ids = workspace.catalog["galaxy_id"].astype(str).tolist()
    barred = workspace.catalog["barred"].astype(str).eq("True").tolist()
    for person, flipped in (("Vera", ()), ("Carlos", (2, 5))):
        workspace.labels.append(
            [
                LabelEvent(
                    str(uuid.uuid4()), "bars", ids[row], person, EventKind.LABEL,
                    "bar" if barred[row] != (row in flipped) else "no bar", True, Reason.RANDOM,
                )
                for row in range(24)
            ]
        )  # fmt: skip
    workspace.labels.snapshot(folder / "labels.snapshot")
    workspace.close()
    with Server(folder.parent, tmp_path / "server.log") as server:
        yield server


@pytest.fixture
def page(browser: Browser, labelled_server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.add_cookies([{"name": "galcore_name", "value": "Judge", "url": labelled_server.address}])
    yield context.new_page()
    context.close()


def test_disagreements_are_decided_by_key_discussed_and_kept(
    browser: Browser, page: Page, labelled_server: Server
) -> None:
    ids, at_hand = [], page.locator(".sp-picture")

    def shown() -> str:
        return str(at_hand.get_attribute("alt"))

    def press(key: str) -> None:
        ids.append(shown())
        page.keyboard.press(key)

    page.goto(f"{labelled_server.address}/review?campaign=bars")
    page.get_by_text("Disagreements", exact=True).click()
    expect(page.get_by_text("2 galaxies to decide")).to_be_visible()
    expect(at_hand).to_have_attribute("alt", re.compile("galaxy"))
    press("Space")  # the focus was on the tab: keys mean the galaxy all the same
    expect(at_hand).not_to_have_attribute("alt", ids[0])
    press("ArrowRight")
    expect(at_hand).to_have_attribute("alt", ids[0])
    page.get_by_placeholder("why (optional)").fill("1 bar, 2 arms")  # digits in a field decide nothing
    page.keyboard.press("Tab")
    press("1")
    expect(page.get_by_text("1 galaxy to decide")).to_be_visible()
    expect(at_hand).not_to_have_attribute("alt", ids[-1])
    press("u")
    expect(page.get_by_text("2 galaxies to decide")).to_be_visible()
    expect(at_hand).to_have_attribute("alt", ids[0])
    press("1")
    expect(at_hand).not_to_have_attribute("alt", ids[-1])
    last = shown().removeprefix("galaxy ")

    page.get_by_role("tab", name="Discussion").click()
    page.get_by_label("Message").locator("visible=true").fill("look: <img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("look: <img src=x onerror=alert(1)>")).to_be_visible()
    other = browser.new_context(viewport={"width": 1280, "height": 900})
    other.add_cookies([{"name": "galcore_name", "value": "Vera", "url": labelled_server.address}])
    galaxy = other.new_page()
    galaxy.on("dialog", lambda dialog: pytest.fail(f"a comment ran as a script: {dialog.message}"))
    galaxy.goto(f"{labelled_server.address}/galaxy?campaign=bars&galaxy={last}")
    expect(galaxy.get_by_text("look: <img src=x onerror=alert(1)>")).to_be_visible()
    galaxy.get_by_label("Message").fill("I see it, too")
    galaxy.get_by_role("button", name="Send").click()
    expect(galaxy.locator("p", has_text="I see it, too")).to_be_visible()  # not the field it was typed in
    other.close()

    at_hand.click()
    page.keyboard.press("2")
    expect(page.get_by_text("everything is decided")).to_be_visible()
    history, thread = labelled_server.read(
        lambda workspace: (workspace.labels.history("bars"), workspace.labels.thread("bars", last))
    )
    decided = history[history["reason"] == "adjudication"]
    assert set(decided["annotator"]) == {"Judge"}
    assert decided["kind"].tolist() == ["label", "undo", "label", "label"]
    assert decided["answer"].tolist() == ["bar", "", "bar", "no bar"]
    assert decided["comment"].tolist()[0] == "1 bar, 2 arms"
    assert thread["annotator"].tolist() == ["Judge", "Vera"]


def test_a_candidate_is_selected_for_every_page(page: Page, labelled_server: Server) -> None:
    page.goto(f"{labelled_server.address}/review?campaign=bars")
    page.get_by_role("button", name="Select this page").click()
    expect(page.get_by_role("button", name=re.compile(r"^selection \([1-9]"))).to_be_enabled()


def test_the_download_and_the_command_give_the_same_numbers(
    page: Page, labelled_server: Server, tmp_path: Path
) -> None:
    page.goto(f"{labelled_server.address}/review?campaign=bars")
    page.get_by_role("button", name="Export results").click()
    with page.expect_download() as waiting:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download", exact=True).click()
    waiting.value.save_as(tmp_path / "bars.zip")
    with zipfile.ZipFile(tmp_path / "bars.zip") as archive:
        archive.extractall(tmp_path)
    out = tmp_path / "command.csv"
    folder = labelled_server.workspaces_dir / "sky"
    command = [
        sys.executable,
        "-m",
        "galcore",
        "export",
        str(folder),
        "--campaign",
        "Bars",
        "--out",
        str(out),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # while the server holds the labels
    downloaded, exported = (
        pd.read_csv(path, dtype={"galaxy_id": str}) for path in (tmp_path / "bars.csv", out)
    )
    pd.testing.assert_frame_equal(downloaded, exported, rtol=1e-5)
    provenance = json.loads((tmp_path / "bars.csv.provenance.json").read_text("utf-8"))
    assert provenance["model_name"] == "galcore-tiny" and provenance["parameters"]["counts"]["rows"] == 24


def test_an_import_is_watched_to_its_end(page: Page, labelled_server: Server, tmp_path: Path) -> None:
    from galcore.simulate.write import write_survey

    written = write_survey(tmp_path / "survey", 4, survey="SDSS", seed=1, size_px=64)
    for number, path in enumerate(sorted((written.folder / "images").iterdir())):
        path.rename(path.with_name(f"new-{number}{path.suffix}"))  # ids of their own, beside those of the sky
    (written.folder / "images" / "broken.png").write_bytes(b"nothing")
    page.goto(f"{labelled_server.address}/data")
    page.get_by_label("Folder, picture, FITS file or stack").fill(str(written.folder / "images"))
    page.get_by_label("Folder, picture, FITS file or stack").press("Tab")
    page.get_by_test_id("stCheckbox").filter(has_text="Prepare afterwards").locator("label").click()
    page.get_by_test_id("stButton").filter(has_text="Import").get_by_role("button").click()
    expect(page.get_by_text("4 galaxies added, 52 in all")).to_be_visible(timeout=60_000)
    page.get_by_text("1 left out, and why").click()
    expect(page.get_by_text("Download this table")).to_be_visible()
