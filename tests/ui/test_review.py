import uuid

import pytest

from galcore.people import Role
from galcore.people.changes import change_person
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


def vote(workspace, person, galaxy_id, said, **fields):
    event_id = f"{person}-{galaxy_id}"
    workspace.labels.append(
        [
            LabelEvent(
                event_id, "bars", galaxy_id, person, EventKind.LABEL, said, True, Reason.RANDOM, **fields
            )
        ]
    )


@pytest.fixture
def dispute(campaign):
    """One galaxy about which Vera and Carlos differ; Olga owns the workspace, so that roles bind others."""
    galaxy_id = str(campaign.catalog["galaxy_id"].iloc[3])
    vote(campaign, "Vera", galaxy_id, "bar", comment="dust lane? <script>alert(1)</script>", display="faint")
    vote(campaign, "Carlos", galaxy_id, "no bar")
    change_person(campaign.folder, "Olga", by="Olga", role=Role.OWNER)
    for name, role in (("Vera", Role.ANNOTATOR), ("Nora", Role.ANNOTATOR), ("Guest", Role.VIEWER)):
        change_person(campaign.folder, name, by="Olga", role=role)
    return galaxy_id


def test_the_card_tells_who_said_what_and_why_it_was_shown(campaign, dispute, open_tab):
    app = open_tab("disagreements", "Olga")
    assert not app.exception
    table = app.dataframe[0].value
    assert table["who"].tolist() == ["Vera", "Carlos"] and table["stretch"].tolist() == ["faint", ""]
    assert set(table["why shown"]) == {"random"} and table["skill"].notna().all()
    assert "people differ" in texts(app) and "alert(1)" in texts(app)
    assert "<script>" not in "".join(part.value for part in app.markdown)


def test_people_without_the_role_of_owner_read_numbers_and_no_skill(campaign, dispute, open_tab):
    app = open_tab("disagreements", "Vera")
    table = app.dataframe[0].value
    assert table["who"].tolist() == ["annotator 1 (you)", "annotator 2"] and "skill" not in table
    assert "Carlos" not in texts(app)


def test_a_blind_campaign_asks_for_the_own_answer_before_it_shows_the_others(campaign, dispute, open_tab):
    app = open_tab("disagreements", "Nora")
    assert not app.exception and "dust lane" not in texts(app)
    assert not [each for each in app.button if each.key and each.key.startswith("review_decide")]
    app.button(key="review_answer_1").click().run()
    assert "dust lane" in texts(app)
    own = campaign.labels.current("bars").set_index("annotator").loc["Nora"]
    assert (own["answer"], own["reason"]) == ("bar", "queued")  # a vote as any other
    app.button(key="review_decide_1").click().run()
    history = campaign.labels.history("bars", dispute)
    assert history["reason"].tolist()[-2:] == ["queued", "adjudication"]


def test_a_viewer_reads_the_discussion_and_cannot_write(campaign, dispute, open_tab):
    app = open_tab("disagreements", "Guest")
    assert not app.exception
    assert "dust lane" in texts(app) and "role annotator" in texts(app)
    assert not list(app.text_area)
    assert not [each for each in app.button if each.key and each.key.startswith("review_decide")]


def test_a_decision_carries_its_reason_is_reopened_by_another_and_undone(campaign, dispute, open_tab):
    app = open_tab("disagreements", "Vera")
    why = next(each for each in app.text_input if each.key.startswith("review_why_"))
    why.input("the i band shows it").run()
    app.button(key="review_decide_1").click().run()
    assert "everything is decided" in texts(app)
    decision = campaign.labels.history("bars", dispute).iloc[-1]
    assert (decision["annotator"], decision["comment"]) == ("Vera", "the i band shows it")

    second = open_tab("disagreements", "Olga")
    assert "everything is decided" in texts(second)
    second.toggle(key="review_decided").set_value(True).run()
    assert "the i band shows it" in texts(second)
    second.button(key="review_reopen").click().run()
    assert not [each for each in second.button if each.key == "review_reopen"]
    second.button(key="review_undo").click().run()
    second.button(key="review_undo").click().run()  # nothing of Olga's is left to take back
    history = campaign.labels.history("bars", dispute)
    assert history["kind"].tolist() == ["label", "label", "label", "flag", "undo"]
    assert "decided by Vera" in texts(second)


def test_the_order_and_the_reasons_choose_the_queue(campaign, open_tab):
    answer(campaign, "Vera", 20)
    answer(campaign, "Carlos", 20, flip={1, 5})
    app = open_tab("disagreements", "Judge")
    assert "2 galaxies" in texts(app)
    app.selectbox(key="review_order").select("most useful to the model").run()
    assert not app.exception and "2 galaxies" in texts(app)
    first = campaign.catalog["galaxy_id"].iloc[1], campaign.catalog["galaxy_id"].iloc[5]
    shown = texts(app)
    app.button(key="review_later").click().run()
    assert texts(app) != shown and any(str(each) in texts(app) for each in first)


def test_two_people_discuss_and_each_changes_the_own_words_only(campaign, dispute, open_tab):
    def write(app, text):
        area = next(each for each in app.text_area if each.key.startswith("discussion_"))
        area.input(text)
        next(each for each in app.button if each.label == "Send").click()
        return app.run()

    vera = write(open_tab("disagreements", "Vera"), "look at the *residual*\n<img src=x onerror=alert(2)>")
    assert "look at the" in texts(vera)
    olga = write(open_tab("disagreements", "Olga"), "agreed")
    said = campaign.labels.thread("bars", dispute)
    assert said["annotator"].tolist() == ["Vera", "Olga"]
    own = said["event_id"].tolist()
    keys = {each.key for each in olga.button}
    assert f"edit_{own[1]}" in keys and f"edit_{own[0]}" not in keys
    assert "\\<img" in (shown := "".join(part.value for part in olga.markdown))
    assert "<img" not in shown.replace("\\<img", "") and "somebody" not in shown
    olga.button(key=f"edit_{own[1]}").click().run()
    olga.text_area(key=f"edited_{own[1]}").input("agreed, no bar")
    olga.button(key=f"save_{own[1]}").click().run()
    assert "agreed, no bar" in texts(olga) and "edited" in texts(olga)
    olga.button(key=f"withdraw_{own[1]}").click().run()
    assert "agreed" not in texts(olga) and "withdrawn" in texts(olga)
    assert campaign.labels.thread("bars")["kind"].tolist() == ["write", "write", "edit", "withdraw"]


def test_who_was_made_a_viewer_meanwhile_stores_nothing(campaign, dispute, open_tab):
    app = open_tab("disagreements", "Vera")
    change_person(campaign.folder, "Vera", by="Olga", role=Role.VIEWER)
    app.button(key="review_decide_1").click().run()
    assert not app.exception and app.toast
    assert len(campaign.labels.history("bars")) == 2


def test_several_answers_at_once_are_decided_question_by_question(sky_served, open_page):
    sky_served.labels.create_campaign(
        Campaign("bars", "Several", "What is there?", ("bar", "ring"), "multilabel")
    )
    galaxy_id = str(sky_served.catalog["galaxy_id"].iloc[0])
    for person, said in (("Vera", "yes"), ("Carlos", "no")):
        for question in ("bar", "ring"):
            kept = "no" if question == "ring" else said
            sky_served.labels.append(
                [LabelEvent(f"{person}-{question}", "bars", galaxy_id, person, EventKind.LABEL, kept,
                            question=question)]
            )  # fmt: skip
    app = open_page("review", "Judge", campaign="bars")
    app.session_state["review_tab"] = "disagreements"
    app.run()
    assert "1 galaxy" in texts(app)
    app.button(key="review_decide_1").click().run()
    decision = sky_served.labels.history("bars").iloc[-1]
    assert (decision["question"], decision["answer"], decision["reason"]) == ("bar", "yes", "adjudication")


def test_the_discussion_stands_on_the_page_of_the_galaxy(campaign, dispute, open_page):
    for name, sees in (("Vera", True), ("Nora", False), ("Guest", True)):
        app = open_page("galaxy", name, campaign="bars", galaxy=dispute)
        assert not app.exception
        assert ("dust lane" in texts(app)) is sees, name
