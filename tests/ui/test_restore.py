"""The Restore room as a person meets it: nothing there, a galaxy, a result, and what goes wrong."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from galcore.settings import ROOT
from galcore.ui.restore.psf import read_numbers
from galcore.ui.restore.request import Question
from galcore.web.registry import serve_workspaces, served
from galcore.web.restore.sources import galaxy_key
from galcore.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def serve(monkeypatch):
    """Serves folders, and closes them after the test."""
    monkeypatch.setenv("GALCORE_SECRET", "for this test")

    def start(*folders):
        serve_workspaces(list(folders))
        return served().get(folders[0].name) if folders else None

    yield start
    serve_workspaces(None)


@pytest.fixture
def restoring_weights(monkeypatch, tmp_path):
    """Weights with a decoder, untrained, in the place of the shipped ones."""
    from galcore.model import checkpoints
    from galcore.model.foundation import Architecture, FoundationModel
    from galcore.model.preprocessing import Preprocessing
    from galcore.web.restore import weights

    model = FoundationModel(Architecture(), seed=0)
    checkpoints.save_foundation(
        tmp_path / "models" / "galcore-tiny.safetensors", model, preprocessing=Preprocessing(size_px=128)
    )
    for module in (checkpoints, weights):
        monkeypatch.setattr(module, "MODELS_DIR", tmp_path / "models")


@pytest.fixture
def weights_without_decoder(monkeypatch, tmp_path):
    """No weights at all in the place of the shipped ones."""
    from galcore.web.restore import weights

    monkeypatch.setattr(weights, "MODELS_DIR", tmp_path)


def open_restore(galaxy="", **session):
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60)
    app.session_state["galcore.user"] = "Vera"
    for key, value in session.items():
        app.session_state[key] = value
    app.run()
    if galaxy:
        app.query_params["galaxy"] = galaxy
    return app.switch_page("../../pages/restore.py").run()


def words(app):
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.warning]
    return "\n".join(str(part.value) for part in parts)


def ids_of(workspace):
    return workspace.catalog["galaxy_id"].astype(str).tolist()


def wait_for(app, text):
    for _ in range(60):
        if text in words(app):
            return app
        app = app.run()
    raise AssertionError(f"{text!r} never came:\n{words(app)}")


def test_without_a_workspace_it_says_how_to_get_one_and_takes_a_file(serve):
    serve()
    app = open_restore()
    assert not app.exception
    assert "nothing to look at yet" in words(app)
    assert "a file of your own" in words(app)


def test_nobody_is_asked_for_a_name_first(serve, copy_sky):
    serve(copy_sky("sky"))
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60).run()
    app = app.switch_page("../../pages/restore.py").run()
    assert [field.label for field in app.text_input] == ["Your name"]


def test_without_a_galaxy_it_offers_some_and_a_search(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    app = open_restore()
    assert not app.exception
    assert "Choose a galaxy" in words(app)
    part = ids_of(workspace)[7][-4:]
    app = next(field for field in app.text_input if field.label == "Galaxy id").set_value(part).run()
    assert any(part in button.label.replace("\\", "") for button in app.button)


def test_an_empty_workspace_still_takes_a_file(serve, tmp_path):
    Workspace.create(tmp_path / "empty")
    serve(tmp_path / "empty")
    app = open_restore()
    assert not app.exception
    assert "bring a FITS file or a picture along" in words(app)


def test_a_link_opens_the_galaxy_with_both_tasks_and_a_note_on_pictures(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    app = open_restore(ids_of(workspace)[0])
    assert not app.exception and not app.error
    assert "not linear flux" in words(app)
    assert "Paint over a star" in words(app)


def test_a_selection_brings_its_first_galaxy(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    chosen = tuple(ids_of(workspace)[3:5])
    app = open_restore(**{"galcore.selection.sky": chosen})
    assert app.query_params["galaxy"] in (chosen[0], [chosen[0]])


def test_somebody_who_comes_back_finds_the_last_galaxy(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    galaxy_id = ids_of(workspace)[6]
    app = open_restore(galaxy_id)
    app.switch_page("../../pages/galaxy.py").run()
    app.query_params.clear()
    app = app.switch_page("../../pages/restore.py").run()
    assert app.query_params["galaxy"] in (galaxy_id, [galaxy_id])


def test_a_selection_of_several_is_walked_through(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    chosen = tuple(ids_of(workspace)[3:6])
    app = open_restore(chosen[2], **{"galcore.selection.sky": chosen})
    app = app.button(key="restore_next").click().run()
    assert app.query_params["galaxy"] in (chosen[0], [chosen[0]])


def test_an_unknown_galaxy_is_said_plainly(serve, copy_sky):
    serve(copy_sky("sky"))
    app = open_restore("<script>alert(1)</script>")
    assert not app.exception
    assert "There is no galaxy" in app.error[0].value
    assert "<script>" not in app.error[0].value


def test_an_image_that_cannot_be_read_is_named(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    row = workspace.catalog.iloc[2]
    (workspace.folder / row["source"]).write_bytes(b"not a picture")
    app = open_restore(str(row["galaxy_id"]))
    assert not app.exception
    assert row["source"].rsplit("/", 1)[-1] in app.error[0].value.replace("\\", "")


def asked_to_fill(workspace, galaxy_id):
    mask = np.zeros((64, 64), bool)
    mask[10:16, 20:26] = True
    key = f"galcore.restore.reconstruct.{galaxy_key(workspace, galaxy_id)}"
    return {key: Question(mask=mask), "restore_compare_reconstruct": ["biharmonic"]}


def test_a_mask_is_filled_in_by_the_model_and_the_classical_tool(serve, copy_sky, restoring_weights):
    workspace = serve(copy_sky("sky"))
    galaxy_id = ids_of(workspace)[1]
    app = open_restore(galaxy_id, **asked_to_fill(workspace, galaxy_id))
    for _ in range(60):
        if app.dataframe:
            break
        app = app.run()
    assert not app.exception and not app.error
    table = app.dataframe[0].value
    assert table["method"].tolist() == ["Galcore", "Biharmonic"]
    assert table["model"].iloc[1] == "no network"


def test_without_weights_that_restore_the_classical_tool_answers_and_it_says_so(
    serve, copy_sky, weights_without_decoder
):
    workspace = serve(copy_sky("sky"))
    galaxy_id = ids_of(workspace)[1]
    asked = {key: value for key, value in asked_to_fill(workspace, galaxy_id).items() if "compare" not in key}
    app = wait_for(open_restore(galaxy_id, **asked), "Light outside the mask")
    assert not app.exception and not app.error
    assert "cannot restore" in words(app)
    assert "no network" in words(app)


def test_sharpening_with_a_gaussian_shows_its_numbers(serve, copy_sky, restoring_weights):
    workspace = serve(copy_sky("sky"))
    app = open_restore(ids_of(workspace)[4], restore_task="deconvolve")
    assert "Gaussian, FWHM" in words(app).replace("\\", "")
    app = app.button(key="restore_sharpen").click().run()
    app = wait_for(app, "Light before")
    assert not app.exception and not app.error
    assert "%" in words(app)


def test_a_noise_that_is_no_number_is_estimated_and_said(serve, copy_sky):
    workspace = serve(copy_sky("sky"))
    app = open_restore(ids_of(workspace)[4], restore_task="deconvolve", restore_noise_kind="given")
    field = next(each for each in app.text_input if each.label.startswith("1 σ"))
    app = field.set_value("-3").run()
    assert "above 0" in words(app)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2", (2.0,)),
        ("1, 2e-3;", ()),
        ("1 2,3", (1.0, 2.0, 3.0)),
        ("inf", ()),
        ("", ()),
        ("1,,2", (1.0, 2.0)),
    ],
)
def test_noise_is_read_as_numbers_or_not_at_all(text, values):
    assert read_numbers(text) == values
