"""The Consensus tab: empty, one person, several, those who may not read names, and what goes wrong."""

import uuid
from dataclasses import replace

import numpy as np
import pytest

from galcore.export.campaign import export_table
from galcore.people import Role
from galcore.people.changes import change_person
from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.ui.text import clean

BARS = Campaign("bars", "Bars", "Which are <b>barred</b>?", ("bar", "no bar"), overlap=2)
PEOPLE = ("Vera", "Edwin", "Maria <script>alert(1)</script>", "أحمد " + "long name " * 15)


@pytest.fixture
def campaign(sky_served):
    sky_served.labels.create_campaign(BARS)
    return sky_served


def vote(workspace, people, *, n=40, wrong=0.15, reason=Reason.RANDOM, overlap=True):
    ids = workspace.catalog["galaxy_id"].astype(str).tolist()[:n]
    barred = workspace.catalog["barred"].astype(str).eq("True").tolist()
    rng = np.random.default_rng(1)
    workspace.labels.append(
        [
            LabelEvent(
                str(uuid.uuid4()), "bars", galaxy_id, person, EventKind.LABEL,
                "bar" if barred[row] != (rng.random() < wrong) else "no bar", True, reason,
            )
            for place, person in enumerate(people)
            for row, galaxy_id in enumerate(ids)
            if overlap or row % len(people) == place
        ]
    )  # fmt: skip


@pytest.fixture
def open_tab(open_page):
    def open_at(name: str = "Vera", tab: str = "consensus"):
        app = open_page("review", name, campaign="bars")
        app.session_state["review_tab"] = tab
        return app.run()

    return open_at


def texts(app) -> str:
    assert not app.exception
    parts = [*app.markdown, *app.caption, *app.info, *app.error]
    return clean("\n".join(part.value for part in parts)).replace("\\", "")


def tables(app) -> str:
    return str([frame.value.to_dict("list") for frame in app.dataframe])


def test_an_untouched_campaign_says_what_will_stand_here(campaign, open_tab):
    assert "first submitted grid" in texts(open_tab())


def test_one_person_alone_has_a_majority_and_no_skill(campaign, open_tab):
    vote(campaign, ("Vera",))
    app = open_tab()
    assert "Majority." in texts(app) and not app.error
    assert app.dataframe[0].value["skill"].isna().all()
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Shared"] == "0" and metrics["Krippendorff α"] == "–"


def test_several_people_have_skills_with_intervals_and_unsure_galaxies_to_decide(campaign, open_tab):
    vote(campaign, PEOPLE)
    app = open_tab()
    text = texts(app)
    assert "Dawid-Skene" in text and "Unsure" in text and "Likely label errors" in text
    people = app.dataframe[0].value
    assert people["annotator"].tolist()[0] in [f"{name.strip()} (you)" for name in PEOPLE] + list(PEOPLE)
    assert people["skill"].between(0, 100).all() and people["skill_range"].str.contains("–").all()
    alpha = next(metric for metric in app.metric if metric.label == "Krippendorff α")
    assert float(alpha.value) <= 1 and " to " in alpha.delta
    assert "<script>" not in "".join(each.value for each in app.markdown)


def test_a_campaign_without_the_model_is_decided_by_people_as_its_export_is(sky_served, open_tab):
    bars = replace(BARS, learns=False)
    sky_served.labels.create_campaign(bars)
    vote(sky_served, PEOPLE[:3])
    told = texts(open_tab())
    assert "people alone decide" in told
    table = export_table(sky_served, bars, sky_served.labels, scores=None)
    assert set(table["consensus_method"]) - {""} == {"dawid-skene"}


def test_deciding_turns_to_the_disagreements_about_these_galaxies_only(campaign, open_tab):
    vote(campaign, PEOPLE[:2])
    app = open_tab()
    app.slider(key="review_unsure_below").set_value(100).run()
    app.button(key="review_unsure_decide").click().run()
    assert not app.exception and app.session_state["review_tab"] == "disagreements"
    assert "from *Consensus*" in texts(app)
    app.button(key="review_deciding_end").click().run()
    assert "from *Consensus*" not in texts(app)


def test_asking_again_about_full_galaxies_asks_one_person_who_has_not_answered_them(campaign, open_tab):
    vote(campaign, ("Edwin", "Vera"), n=6)
    app = open_tab()
    app.slider(key="review_unsure_below").set_value(100).run()
    app.button(key="review_unsure_ask").click().run()
    assert not app.exception and "to one more person each" in app.toast[0].value
    asked = set(campaign.labels.asked_again("bars"))
    assert asked and not asked & campaign.labels.leased("bars", "Vera")
    grid, _ = campaign.loop("bars").grids("Ana")
    assert asked == {item.galaxy_id for item in grid.items if item.reason is Reason.QUEUED}
    app = open_tab()
    app.slider(key="review_unsure_below").set_value(100).run()
    app.button(key="review_unsure_ask").click().run()
    assert "to one more person each" in app.toast[0].value  # Ana holds them now; this is one more


def test_asking_again_puts_galaxies_with_too_few_votes_on_the_own_grid(campaign, open_tab):
    vote(campaign, ("Edwin",), n=6)
    vote(campaign, ("Ana",), n=3)  # three of the six have one vote of two
    app = open_tab()
    app.slider(key="review_unsure_below").set_value(100).run()
    app.button(key="review_unsure_ask").click().run()
    assert not app.exception
    assert "next on your grid" in app.toast[0].value
    grid, _ = campaign.loop("bars").grids("Vera")
    assert {item.reason for item in grid.items} == {Reason.QUEUED}


def test_agreement_is_that_of_the_report_and_needs_the_random_stream(campaign, open_tab, open_page):
    vote(campaign, PEOPLE[:2], reason=Reason.TOP)
    assert next(m for m in open_tab().metric if m.label == "Krippendorff α").value == "–"
    vote(campaign, PEOPLE[2:], n=30)
    alpha = next(m for m in open_tab().metric if m.label == "Krippendorff α").value
    statistics = next(m for m in open_tab(tab="statistics").metric if m.label == "Krippendorff α").value
    report = texts(open_page("report", "Vera", campaign="bars"))
    assert alpha == statistics and f"chosen at random α = {alpha}" in report


@pytest.fixture
def hosted(campaign, monkeypatch):
    monkeypatch.setenv("GALCORE_OWNER", "Judge")
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    change_person(campaign.folder, "Onno", by="Judge", role=Role.VIEWER)
    vote(campaign, ("Edwin", "Vera", "Zoe"), n=20)
    return campaign


def test_a_viewer_reads_numbers_and_decides_nothing(hosted, open_tab):
    app = open_tab("Onno")
    text = texts(app) + tables(app) + str([each.options for each in app.selectbox])
    assert "annotator 2" in text and "(you)" not in text
    assert not any(name in text for name in ("Edwin", "Vera", "Zoe"))
    assert not [each.key for each in app.button if each.key and each.key.startswith("review_unsure")]


def test_an_annotator_finds_herself_and_an_owner_reads_names(hosted, open_tab):
    app = open_tab("Vera")
    assert "annotator 2 (you)" in tables(app) and "Edwin" not in tables(app)
    assert app.selectbox(key="review_confused").value == "annotator 2 (you)"
    assert "Edwin" in tables(open_tab("Judge"))


def test_lists_keep_to_galaxies_one_has_answered(hosted, open_tab):
    ids = hosted.catalog["galaxy_id"].astype(str).tolist()
    hosted.labels.append(
        [
            LabelEvent(str(uuid.uuid4()), "bars", ids[30], name, EventKind.LABEL, said, True, Reason.RANDOM)
            for name, said in (("Edwin", "bar"), ("Zoe", "no bar"))
        ]
    )
    assert "lets you see" in texts(open_tab("Vera")) and "lets you see" not in texts(open_tab("Judge"))


def test_a_closed_campaign_is_looked_at_and_nothing_is_asked(campaign, open_tab):
    vote(campaign, PEOPLE[:2])
    campaign.labels.update_campaign(replace(campaign.labels.campaign("bars"), state="closed"))
    app = open_tab()
    assert not app.exception
    assert not [each.key for each in app.button if each.key and each.key.startswith("review_unsure")]


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_thrown(campaign, open_tab):
    vote(campaign, PEOPLE[:2])
    (campaign.folder / "people.json").write_text("{", encoding="utf-8")
    app = open_tab()
    assert not app.exception
    assert any("people.json" in each.value for each in app.error)
