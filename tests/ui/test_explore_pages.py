"""Map, Similar and Galaxy as a person meets them: prepared, empty, unprepared, with one galaxy, with errors.

Components draw nothing here (no browser); what they get and what the pages say around them is checked.
"""

import uuid
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from galcore.settings import ROOT
from galcore.types import Campaign, EventKind, LabelEvent
from galcore.ui.similar_query import SimilarQuery
from galcore.web.registry import serve_workspaces, served
from galcore.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PAIRS = Campaign("c", "C", "Which?", ("spiral", "other"), grid_rows=2, grid_columns=2)
PAGES = ("map", "similar", "galaxy")


@pytest.fixture
def serve():
    """Serves one folder, and closes it after the test."""

    def start(folder):
        serve_workspaces([folder])
        return served().get(folder.name)

    yield start
    serve_workspaces(None)


def open_page(name, **session):
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60)
    app.session_state["galcore.user"] = "Vera"
    for key, value in session.items():
        app.session_state[key.replace("__", ".")] = value
    app.run()
    return app.switch_page(f"../../pages/{name}.py").run()


def words(app):
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.warning, *app.subheader]
    return "\n".join(str(part.value) for part in parts)


def buttons(app):
    return [button.label for button in app.button]


@pytest.mark.parametrize("page", PAGES)
def test_a_prepared_workspace_shows_the_page_without_a_complaint(copy_sky, serve, page):
    serve(copy_sky("sky"))
    app = open_page(page)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_workspace_says_what_to_do_first(tmp_path, serve, page):
    Workspace.create(tmp_path / "empty")
    serve(tmp_path / "empty")
    app = open_page(page)
    assert not app.exception
    assert "no galaxies yet" in words(app)


@pytest.mark.parametrize(("page", "part"), [("map", "atlas"), ("similar", "index")])
def test_without_a_model_the_page_says_how_to_prepare(copy_sky, serve, page, part):
    import shutil

    folder = copy_sky("sky")
    for each in ("embeddings", part):
        shutil.rmtree(folder / each)
    serve(folder)
    app = open_page(page)
    assert not app.exception
    assert "Not prepared yet" in words(app)
    assert "galcore prepare sky" in "\n".join(code.value for code in app.code)


def test_a_galaxy_is_shown_before_the_model_has_seen_it(copy_sky, serve):
    import shutil

    folder = copy_sky("sky")
    shutil.rmtree(folder / "embeddings")
    workspace = serve(folder)
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    app = open_page("galaxy", **{"galcore.selection.sky": (galaxy_id,)})
    assert not app.exception
    assert not app.error


def test_the_galaxy_page_leads_to_the_restore_room(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[3])
    app = open_page("galaxy", **{"galcore.selection.sky": (galaxy_id,)})
    next(button for button in app.button if button.label == "Restore").click().run()
    assert not app.exception and not app.error
    assert "Paint over a star" in words(app)
    assert app.query_params["galaxy"] in (galaxy_id, [galaxy_id])


def test_one_galaxy_alone_is_fine_everywhere(copy_sky, serve):
    import shutil

    from galcore.catalog.store import write_catalog
    from galcore.preparation import prepare

    folder = copy_sky("sky")
    for part in ("embeddings", "index", "atlas"):
        shutil.rmtree(folder / part)
    workspace = Workspace.open(folder)
    write_catalog(workspace.catalog.iloc[:1], folder)
    prepare(workspace)
    workspace.close()
    workspace = serve(folder)
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    for page in PAGES:
        app = open_page(page, **{"galcore.selection.sky": (galaxy_id,)})
        assert not app.exception
    app = open_page("similar", **{"galcore.similar.sky": SimilarQuery(like=(galaxy_id,))})
    assert "no other galaxy" in words(app)


def test_an_unknown_galaxy_is_said_plainly_and_not_as_markup(copy_sky, serve):
    serve(copy_sky("sky"))
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60)
    app.session_state["galcore.user"] = "Vera"
    app.run()
    app.query_params["galaxy"] = "<script>alert(1)</script>"
    app.switch_page("../../pages/galaxy.py").run()
    assert not app.exception
    assert "There is no galaxy" in app.error[0].value
    assert "<script>" not in app.error[0].value


def test_labelling_a_galaxy_on_its_page_stores_one_explicit_label(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    workspace.labels.create_campaign(Campaign("c", "C", "Which?", ("spiral", "other")))
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[3])
    app = open_page("galaxy", **{"galcore.selection.sky": (galaxy_id,)})
    next(button for button in app.button if "other" in button.label).click().run()
    current = workspace.labels.current("c")
    assert current[["galaxy_id", "annotator", "answer"]].to_numpy().tolist() == [[galaxy_id, "Vera", "other"]]
    assert bool(current["explicit"].iloc[0])


def test_similar_begins_with_the_selection_and_shows_rings(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    ids = tuple(workspace.catalog["galaxy_id"].iloc[:2])
    app = open_page("similar", **{"galcore.selection.sky": ids})
    assert app.session_state["galcore.similar.sky"].like == ids
    assert "away" in words(app)
    shown = app.session_state["similar_shown"]
    assert len(shown) == 46
    assert not set(ids) & set(shown)


def test_clearing_the_query_brings_back_galaxies_to_begin_with(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    app = open_page("similar", **{"galcore.selection.sky": tuple(workspace.catalog["galaxy_id"].iloc[:1])})
    app = app.button(key="similar_clear").click().run()
    assert "Begin with any galaxy" in words(app)
    assert app.session_state["galcore.selection.sky"]


def test_an_example_that_left_the_workspace_is_named_and_passed_over(copy_sky, serve):
    serve(copy_sky("sky"))
    app = open_page("similar", **{"galcore.similar.sky": SimilarQuery(like=("gone",))})
    assert not app.exception
    assert "gone" in app.warning[0].value
    assert "Begin with any galaxy" in words(app)


def test_a_selection_on_the_map_can_be_annotated_searched_exported_and_cleared(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    workspace.labels.create_campaign(Campaign("c", "C", "Which?", ("spiral", "other")))
    ids = tuple(workspace.catalog["galaxy_id"].iloc[:5])
    app = open_page("map", **{"galcore.selection.sky": ids})
    assert "5 galaxies selected" in words(app)
    assert {"Annotate these", "Find more like these", "Clear"} <= set(buttons(app))
    app = app.button(key="map_clear").click().run()
    assert "Nothing selected" in words(app)


def test_annotating_a_selection_puts_it_into_the_next_grids(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    workspace.labels.create_campaign(PAIRS)
    ids = tuple(workspace.catalog["galaxy_id"].iloc[:3])
    open_page("map", **{"galcore.selection.sky": ids}).button(key="map_annotate").click().run()
    shown, _ = workspace.loop("c").grids("Vera")
    assert {item.galaxy_id for item in shown.items} == set(ids)


def test_the_map_can_be_coloured_by_everything_it_offers(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    workspace.labels.create_campaign(Campaign("c", "C", "Which?", ("spiral", "other")))
    ids = workspace.catalog["galaxy_id"].tolist()
    workspace.labels.append(
        [
            LabelEvent(str(uuid.uuid4()), "c", each, "Vera", EventKind.LABEL, answer=PAIRS.answers[row % 2])
            for row, each in enumerate(ids[:12])
        ]
    )
    app = open_page("map")
    box = next(each for each in app.selectbox if each.label == "Colour by")
    for choice in box.options:
        app = next(each for each in app.selectbox if each.label == "Colour by").select(choice).run()
        assert not app.exception, choice


def test_filtering_offers_a_range_for_numbers_and_a_list_for_classes(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    catalog = workspace.catalog
    app = open_page("map")
    box = next(each for each in app.selectbox if each.label == "Show only")
    for column in box.options[1:]:
        app = next(each for each in app.selectbox if each.label == "Show only").select(column).run()
        assert not app.exception, column
        has_widget = len(app.slider) + len(app.multiselect)
        assert has_widget == 1, (column, catalog[column].dtype)


def test_a_galaxy_whose_file_is_gone_says_which_file(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    row = workspace.catalog.iloc[4]
    (workspace.folder / row["source"]).unlink()
    app = open_page("galaxy", **{"galcore.selection.sky": (str(row["galaxy_id"]),)})
    assert not app.exception
    assert row["source"].rsplit("/", 1)[-1] in app.error[0].value


def test_a_closed_campaign_takes_no_labels_and_no_queue(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    workspace.labels.create_campaign(replace(PAIRS, state="closed"))
    ids = tuple(workspace.catalog["galaxy_id"].iloc[:2])
    app = open_page("map", **{"galcore.selection.sky": ids})
    assert "map_annotate" not in [button.key for button in app.button]
    app = open_page("galaxy", **{"galcore.selection.sky": ids})
    assert "closed" in words(app)
    assert not any("spiral" in label for label in buttons(app))


def test_finding_more_like_a_selection_takes_it_as_examples(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    ids = tuple(workspace.catalog["galaxy_id"].iloc[:3])
    app = open_page("map", **{"galcore.selection.sky": ids}).button(key="map_similar").click().run()
    assert not app.exception
    assert app.session_state["galcore.similar.sky"].like == ids


def test_names_of_200_letters_and_markup_do_no_harm(copy_sky, serve):
    workspace = serve(copy_sky("sky"))
    nasty = "<img src=x onerror=alert(1)>" + "גלקסיה " * 30
    workspace.labels.create_campaign(
        replace(PAIRS, name=nasty[:200], answers=(nasty[:60], "**other** [x](javascript:1)"))
    )
    ids = tuple(workspace.catalog["galaxy_id"].iloc[:2])
    for page in PAGES:
        app = open_page(page, **{"galcore.selection.sky": ids})
        assert not app.exception
