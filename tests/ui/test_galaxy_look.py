"""The galaxy page with what the model looks at laid over the picture."""

import pytest
from streamlit.testing.v1 import AppTest

from galcore.settings import ROOT
from galcore.web.registry import serve_workspaces
from galcore.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def folder(copy_sky):
    made = copy_sky("sky")
    serve_workspaces([made])
    yield made
    serve_workspaces(None)


def open_galaxy(folder, **session):
    workspace = Workspace.open(folder)
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    workspace.close()
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60)
    app.session_state["galcore.user"] = "Vera"
    app.query_params["galaxy"] = galaxy_id
    for key, value in session.items():
        app.session_state[key] = value
    app.run()
    return app.switch_page("../../pages/galaxy.py").run()


def pictures(app):
    return "".join(str(each.proto.body) for each in app.get("html"))


def test_the_picture_is_bare_until_contours_are_asked_for(folder):
    app = open_galaxy(folder)

    assert not app.exception
    assert 'src="stamps/' in pictures(app)
    assert "data:image/svg" not in pictures(app)


def test_contours_lie_over_the_picture_when_asked_for(folder):
    app = open_galaxy(folder, galaxy_look="at all")

    assert not app.exception
    assert not app.caption or "cannot be shown" not in " ".join(each.value for each in app.caption)
    assert "data:image/svg" in pictures(app)
