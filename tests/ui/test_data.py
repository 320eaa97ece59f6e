import json
import time

import numpy as np
import pytest
from PIL import Image

from galcore.jobs import JobStatus, jobs
from galcore.ui.text import clean
from galcore.web.registry import serve_workspaces


def texts(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.subheader, *app.warning]
    return clean("\n".join(part.value for part in parts)).replace("\\", "")


def press_import(app):
    return app.button(key="import_go").click().run()


def write_job(folder, name, *, kind="prepare", result=None, cancelled=False):
    job = folder / "runs" / name
    job.mkdir(parents=True)
    (job / "job.json").write_text(json.dumps({"kind": kind, "arguments": ["x"], "submitted_at": 1.0}))
    (job / "process.json").write_text(json.dumps({"pid": 1, "start_mark": "another"}))
    if result:
        (job / "result.json").write_text(
            json.dumps({"exit_code": 1, "finished_at": 2.0, "error": "", **result})
        )
    if cancelled:
        (job / "cancel").touch()


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    for index in range(3):
        Image.fromarray(np.full((32, 32, 3), 40 * index, dtype=np.uint8)).save(folder / f"{index}.png")
    (folder / "broken.png").write_bytes(b"not a picture")
    return folder


def test_the_page_says_what_the_workspace_holds(sky_served, open_page):
    app = open_page("data", "Vera")
    assert not app.exception
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Galaxies"] == metrics["Seen by the model"] == "48"
    assert metrics["Ready"] == "search · map"
    assert "galcore-tiny" in texts(app) and "No job yet" in texts(app)


def test_the_first_workspace_is_made_from_a_folder(monkeypatch, tmp_path, images, open_page):
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path / "workspaces"))
    monkeypatch.setenv("GALCORE_SECRET", "for this test")
    serve_workspaces(None)
    app = open_page("data", "Vera")
    assert "Begin with your own images" in texts(app)
    app.text_input(key="import_name_").input("My <b>survey</b>").run()
    app.text_input(key="import_path").input(str(images)).run()
    app.checkbox(key="import_prepare").uncheck().run()
    app = press_import(app)
    assert not app.exception and not app.error
    folder = tmp_path / "workspaces" / "my-b-survey-b"
    (job,) = jobs(folder)
    deadline = time.monotonic() + 60
    while job.status.is_active and time.monotonic() < deadline:
        time.sleep(0.1)
    app.run()
    assert job.status is JobStatus.DONE, job.log_tail()
    assert {metric.label: metric.value for metric in app.metric}["Galaxies"] == "3"
    assert "3 galaxies added" in texts(app)
    assert app.expander[0].label == "1 left out, and why"
    assert "broken.png" in app.dataframe[0].value["source"][0]


@pytest.mark.parametrize(
    ("path", "message"), [("", "name a folder"), ("/nowhere/at/all", "is not on the server")]
)
def test_what_cannot_be_imported_is_refused_before_anything_is_made(sky_served, open_page, path, message):
    app = open_page("data", "Vera")
    app.text_input(key="import_path").input(path).run()
    app = press_import(app)
    assert message in texts(app)
    assert jobs(sky_served.folder) == ()


def test_new_galaxies_make_preparing_the_next_step(sky_served, copy_sky, serve, open_page):
    import shutil

    folder = copy_sky("unprepared")
    shutil.rmtree(folder / "embeddings")
    serve(folder)
    app = open_page("data", "Vera")
    assert not app.exception
    assert app.button(key="prepare_new").label == "Prepare 48 new galaxies"


def test_a_failed_job_says_why_and_offers_to_resume(sky_served, open_page):
    failure = {"status": "failed", "error": "M 51.fits: <b>truncated</b>; fetch it again"}
    write_job(sky_served.folder, "20260101T000000-prepare-aa", result=failure)
    app = open_page("data", "Vera")
    assert not app.exception
    assert "truncated" in texts(app)
    assert any(button.label == "Resume" for button in app.button)


@pytest.mark.parametrize(("cancelled", "words"), [(True, "cancelled"), (False, "stopped without a word")])
def test_a_job_without_an_end_is_told_as_what_it_is(sky_served, open_page, cancelled, words):
    write_job(sky_served.folder, "20260101T000000-prepare-aa", cancelled=cancelled)
    app = open_page("data", "Vera")
    assert not app.exception and words in texts(app)


def test_a_workspace_with_one_galaxy_is_shown(sky_served, copy_sky, serve, open_page):
    from galcore.catalog.store import read_catalog, write_catalog

    folder = copy_sky("one")
    write_catalog(read_catalog(folder).head(1), folder)
    serve(folder)
    app = open_page("data", "Vera")
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["Galaxies"] == "1"


def test_a_name_with_markup_stays_text(sky_served, open_page):
    failure = {"status": "failed", "error": "<img src=x onerror=alert(1)>.fits"}
    write_job(sky_served.folder, "20260101T000000-import-aa", kind="import", result=failure)
    app = open_page("data", "Vera")
    assert "\\<img" in app.error[0].value


def test_a_preparation_that_met_other_weights_offers_to_renew(sky_served, open_page):
    failure = {"status": "failed", "error": "weights differ; run `prepare --renew` to keep these aside"}
    write_job(sky_served.folder, "20260101T000000-prepare-aa", result=failure)
    app = open_page("data", "Vera")
    (button,) = [button for button in app.button if button.label == "Renew"]
    button.click().run()
    newest = jobs(sky_served.folder)[0]
    assert newest.arguments == ("x", "--renew")
