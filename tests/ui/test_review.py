import uuid

import pytest

from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.ui.text import clean

BARS = Campaign("bars", "Bars", "Which of these are <b>barred</b>?", ("bar", "no bar"), truth_column="barred")
TABS = ("candidates", "galleries", "disagreements", "statistics", "history")


def answer(workspace, person, n, *, flip=(), comment=""):
    ids = workspace.catalog["galaxy_id"].astype(str).tolist()[:n]
    barred = dict(zip(workspace.catalog["galaxy_id"], workspace.catalog["barred"].astype(str), strict=True))
    workspace.labels.append(
        [
            LabelEvent(
                str(uuid.uuid4()), "bars", galaxy_id, person, EventKind.LABEL,
                "bar" if (barred[galaxy_id] == "True") != (row in flip) else "no bar",
                True, Reason.RANDOM, 0.4, comment=comment,
            )
            for row, galaxy_id in enumerate(ids)
        ]
    )  # fmt: skip
    return ids


def texts(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.success, *app.error, *app.subheader, *app.warning]
    return clean("\n".join(part.value for part in parts)).replace("\\", "")


@pytest.fixture
def campaign(sky_served):
    sky_served.labels.create_campaign(BARS)
    return sky_served


@pytest.fixture
def open_tab(open_page):
    def open_at(tab: str, name: str = "Vera"):
        app = open_page("review", name, campaign="bars")
        app.session_state["review_tab"] = tab
        return app.run()

    return open_at


def test_nobody_sees_results_without_a_name(campaign, open_page):
    app = open_page("review")
    assert not app.exception and "Which" not in texts(app)


def test_without_a_campaign_the_page_says_what_to_do(sky_served, open_page):
    app = open_page("review", "Vera")
    assert not app.exception
    assert "Nothing to review yet" in texts(app)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_an_untouched_campaign_teaches(campaign, open_tab, tab):
    app = open_tab(tab)
    assert not app.exception and not app.error
    expected = {
        "candidates": "No ranking yet",
        "galleries": "Nobody has put a galaxy",
        "disagreements": "two people",
        "statistics": "first submitted grid",
        "history": "Nothing has happened yet",
    }
    assert expected[tab] in texts(app)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_a_campaign_of_two_people_works(campaign, open_tab, tab):
    answer(campaign, "Vera", 30, comment="<script>alert(1)</script>")
    answer(campaign, "أحمد " + "long name " * 15, 20, flip={1, 5})
    app = open_tab(tab)
    assert not app.exception and not app.error
    assert "<script>" not in "".join(part.value for part in app.markdown)


def test_statistics_count_what_people_did(campaign, open_tab):
    answer(campaign, "Vera", 30)
    answer(campaign, "Carlos", 20, flip={1, 5})
    app = open_tab("statistics")
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Answered"] == "30" and metrics["Answers"] == "50" and metrics["Undecided"] == "2"
    assert metrics["Overlap"] == "20 galaxies" and metrics["Equal answers"] == "90 %"


def test_labels_are_reviewed_before_the_model_has_looked(campaign, open_page):
    import shutil

    answer(campaign, "Vera", 5)
    shutil.rmtree(campaign.folder / "embeddings")
    app = open_page("review", "Vera", campaign="bars")
    assert not app.exception
    assert "Prepare the workspace" in texts(app)


def test_a_campaign_over_one_galaxy_is_reviewed(copy_sky, serve, open_page):
    from galcore.catalog.store import read_catalog, write_catalog
    from galcore.web.registry import served

    folder = copy_sky("sky")
    write_catalog(read_catalog(folder).head(1), folder)
    serve(folder)
    served().get("sky").labels.create_campaign(BARS)
    answer(served().get("sky"), "Vera", 1)
    for tab in TABS:
        app = open_page("review", "Vera", campaign="bars")
        app.session_state["review_tab"] = tab
        assert not app.run().exception


def test_candidates_name_purity_and_completeness_with_intervals(campaign, open_tab):
    answer(campaign, "Vera", 30)
    app = open_tab("candidates")
    metrics = {metric.label: metric for metric in app.metric}
    assert metrics["Purity"].value.endswith("%") or metrics["Purity"].value == "–"
    assert "to" in metrics["Completeness"].delta


def test_a_decision_is_stored_with_its_reason_and_ends_the_dispute(campaign, open_tab):
    answer(campaign, "Vera", 10)
    ids = answer(campaign, "Carlos", 10, flip={3})
    app = open_tab("disagreements", "Judge")
    assert "1 galaxy" in texts(app)
    app.button(key="review_decide_2").click().run()
    assert not app.exception
    history = campaign.labels.history("bars", ids[3])
    decision = history.iloc[-1]
    assert (decision["annotator"], decision["answer"], decision["reason"]) == (
        "Judge",
        "no bar",
        "adjudication",
    )
    assert "everything is decided" in texts(app)


def test_a_closed_campaign_shows_disagreements_and_takes_no_decision(campaign, open_tab):
    from dataclasses import replace

    answer(campaign, "Vera", 10)
    answer(campaign, "Carlos", 10, flip={3})
    campaign.labels.update_campaign(replace(campaign.labels.campaign("bars"), state="closed"))
    app = open_tab("disagreements", "Judge")
    assert "closed" in texts(app)
    assert not [button for button in app.button if button.key and button.key.startswith("review_decide")]


def test_history_is_filtered_by_galaxy(campaign, open_tab):
    ids = answer(campaign, "Vera", 10)
    app = open_tab("history")
    app.text_input(key="review_history_galaxy").input(ids[4]).run()
    assert "1 event" in texts(app)
    assert app.dataframe[0].value["galaxy_id"].tolist() == [ids[4]]


def test_only_the_selection_keeps_every_tab_to_it(campaign, open_page):
    ids = answer(campaign, "Vera", 30)
    app = open_page("review", "Vera", campaign="bars")
    app.session_state["galcore.selection.sky"] = tuple(ids[:2])
    app.session_state["review_tab"] = "history"
    app.run()
    app.toggle(key="review_only").set_value(True).run()
    assert set(app.dataframe[0].value["galaxy_id"]) == set(ids[:2])
