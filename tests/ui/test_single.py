"""One by one: the page in its states, and what the browser sends becomes the right events."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from galcore.people import Role
from galcore.people.changes import change_person
from galcore.questions import built_in_trees, fixed_answers, questions_of
from galcore.types import Campaign, GoldItem, Reason
from galcore.ui.components.common import put_together
from galcore.ui.components.common.outbox import Acknowledgement, apply_outbox
from galcore.ui.components.single_view import content, mount
from galcore.ui.settings.appearance import key_list
from galcore.workspace import Workspace

OpenPage = Callable[..., AppTest]
GZD5 = built_in_trees()["gzd5"]
ZOO = Campaign(
    "zoo", "Zoo", "What is it?", fixed_answers("tree", GZD5) or (), "tree", tree=GZD5, learns=False,
    grid_rows=2, grid_columns=2,
)  # fmt: skip
MODES = (
    ZOO,
    Campaign("several", "Several", "What does it show?", ("bar", "ring", "tail"), "multilabel"),
    Campaign("grades", "Grades", "A lens?", ("A", "B", "C", "X"), "grades"),
    Campaign("interest", "Interest", "How interesting?", ("0", "1", "2", "3", "4", "5"), "interest"),
    Campaign("kinds", "Kinds", "What kind?", ("round", "disc", "odd"), "multiclass"),
    Campaign("bars", "Bars", "Barred?", ("yes", "no")),
)


class Browser:
    """What the page in a browser sends: numbered messages about one galaxy each."""

    def __init__(self, workspace: Workspace, campaign: Campaign = ZOO, user: str = "Vera") -> None:
        self.workspace, self.campaign, self.user = workspace, campaign, user
        self.items: list[dict[str, Any]] = []

    def ahead(self) -> list[dict[str, Any]]:
        grids = [
            grid for grid in self.workspace.loop(self.campaign.campaign_id).grids(self.user) if grid.items
        ]
        return content.ahead_content(grids, self.workspace, self.campaign, self.user)

    def begun(self) -> list[dict[str, Any]]:
        return content.begun_content(self.workspace, self.campaign, self.user)

    def answer(self, galaxy: dict[str, Any], *said: tuple[str, str], kind: str = "label") -> list[str]:
        answers = [
            {"question": question, "answer": answer, "kind": kind, "event_id": uuid.uuid4().hex}
            for question, answer in said
        ]
        self._put("answer", galaxy, display="survey, R", answers=answers)
        return [str(each["event_id"]) for each in answers]

    def back(self, galaxy: dict[str, Any], *event_ids: str, kind: str = "label") -> None:
        undone = [{"undoes": each, "kind": kind, "event_id": uuid.uuid4().hex} for each in event_ids]
        self._put("back", galaxy, undone=undone)

    def send(self) -> Acknowledgement:
        return apply_outbox({"client": "tab", "items": self.items}, self.workspace, self.user)

    def _put(self, kind: str, galaxy: dict[str, Any], **fields: Any) -> None:
        where = {"campaign_id": self.campaign.campaign_id, "grid_id": galaxy["grid_id"]}
        number = len(self.items) + 1
        self.items.append({"n": number, "kind": kind, "galaxy_id": galaxy["id"], **where, **fields})


@pytest.fixture
def zoo(sky: Workspace) -> Browser:
    sky.labels.create_campaign(ZOO)
    return Browser(sky)


def _texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.subheader, *app.caption, *app.error, *app.info]
    return "\n".join(str(part.value) for part in parts)


def _labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


# --- the page in its states -----------------------------------------------------------------------------


def test_it_asks_for_a_name_and_does_nothing_else(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(ZOO)
    app = open_page("single")
    assert not app.exception
    assert [field.label for field in app.text_input] == ["Your name"]
    assert sky_served.labels.grids("zoo", "Vera") == ()


def test_without_a_campaign_it_offers_to_make_one(sky_served: Workspace, open_page: OpenPage) -> None:
    app = open_page("single", "Vera")
    assert not app.exception
    assert "Ask a question first" in _texts(app)
    assert "New campaign" in _labels(app)


def test_every_mode_puts_galaxies_in_front_of_a_person(sky_served: Workspace, open_page: OpenPage) -> None:
    for campaign in MODES:
        sky_served.labels.create_campaign(campaign)
        app = open_page("single", "Vera", campaign=campaign.campaign_id)
        assert not app.exception, campaign.mode
        assert not app.error, campaign.mode
        assert len(sky_served.labels.grids(campaign.campaign_id, "Vera")) == 2, campaign.mode


@pytest.mark.parametrize("state", ["draft", "paused", "closed"])
def test_a_campaign_that_is_not_open_gives_nothing_out(
    sky_served: Workspace, open_page: OpenPage, state: Any
) -> None:
    sky_served.labels.create_campaign(dataclasses.replace(ZOO, state=state))
    app = open_page("single", "Vera", campaign="zoo")
    assert not app.exception
    assert not app.error
    assert sky_served.labels.grids("zoo", "Vera") == ()


def test_a_viewer_is_told_and_takes_no_galaxy(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(ZOO)
    change_person(sky_served.folder, "Vera", by="Vera", role=Role.OWNER)
    change_person(sky_served.folder, "Vic", by="Vera", role=Role.VIEWER)
    app = open_page("single", "Vic", campaign="zoo")
    assert not app.exception
    assert "You look on here" in _texts(app)
    assert sky_served.labels.grids("zoo", "Vic") == ()


def test_the_grid_leads_here_where_it_cannot_ask_all_questions(
    sky_served: Workspace, open_page: OpenPage
) -> None:
    sky_served.labels.create_campaign(ZOO)
    app = open_page("grid", "Vera", campaign="zoo")
    assert not app.exception
    assert "Go on one by one" in _labels(app)
    assert sky_served.labels.grids("zoo", "Vera") == ()


def test_the_page_lists_its_keys_and_its_scripts_are_one_module() -> None:
    assert "skip" in dict(key_list("single_view"))["␣"]
    script = put_together(mount._HERE, mount._SCRIPTS)
    names = [line.split()[1] for line in script.splitlines() if line.startswith("class ")]
    assert len(set(names)) == len(names)
    assert names.index("AnnotationPage") < names.index("DrawnSingle") < names.index("SinglePage")
    assert script.count("export default") == 1


def test_the_browser_gets_the_questions_and_where_they_lead() -> None:
    told = content.questions_content(ZOO)
    assert [each["name"] for each in told] == [each.name for each in questions_of(ZOO)]
    assert told[0]["leads_to"] == ["how-rounded", "disk-edge-on", ""]
    assert content.questions_content(MODES[2])[0] == {
        "name": "", "text": "A lens?", "answers": ["A", "B", "C", "X"], "leads_to": ["", "", "", ""],
    }  # fmt: skip


# --- what the browser sends -----------------------------------------------------------------------------


def test_answers_carry_their_question_and_why_the_galaxy_was_shown(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    zoo.answer(galaxy, ("smooth-or-featured", "smooth"))
    zoo.answer(galaxy, ("how-rounded", "round"))
    zoo.answer(galaxy, ("merging", "none"))
    assert zoo.send() == zoo.send() == Acknowledgement("tab", 3)
    events = zoo.workspace.labels.history("zoo")
    assert list(zip(events["question"], events["answer"], strict=True)) == [
        ("smooth-or-featured", "smooth"), ("how-rounded", "round"), ("merging", "none"),
    ]  # fmt: skip
    grid = next(
        each.grid
        for each in zoo.workspace.labels.grids("zoo", "Vera")
        if each.grid.grid_id == galaxy["grid_id"]
    )
    shown = next(item for item in grid.items if item.galaxy_id == galaxy["id"])
    assert set(events["reason"]) == {str(shown.reason)}
    assert set(events["round"]) == {grid.round}
    assert set(events["display"]) == {"survey, R"}
    assert set(events["annotator"]) == {"Vera"}


def test_a_galaxy_that_was_answered_or_skipped_lies_ahead_no_more(zoo: Browser) -> None:
    first, second, third = zoo.ahead()[:3]
    zoo.answer(first, ("smooth-or-featured", "artifact"))
    zoo.answer(second, ("smooth-or-featured", ""), kind="skip")
    zoo.send()
    ahead = [each["id"] for each in zoo.ahead()]
    assert ahead[0] == third["id"]
    assert not {first["id"], second["id"]} & set(ahead)
    assert zoo.begun() == []


def test_a_galaxy_left_in_the_middle_is_offered_with_its_answers(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    events = zoo.answer(galaxy, ("smooth-or-featured", "featured-or-disk"))
    events += zoo.answer(galaxy, ("disk-edge-on", "no"))
    zoo.send()
    (begun,) = zoo.begun()
    assert {key: begun["item"][key] for key in ("id", "grid_id", "round", "why")} == {
        key: galaxy[key] for key in ("id", "grid_id", "round", "why")
    }
    assert [each["event_id"] for each in begun["given"]] == events
    assert Browser(zoo.workspace, user="Ana").begun() == []


def test_a_galaxy_skipped_in_the_middle_is_not_offered_again(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    zoo.answer(galaxy, ("smooth-or-featured", "smooth"))
    (skipped,) = zoo.answer(galaxy, ("how-rounded", ""), kind="skip")
    zoo.send()
    assert zoo.begun() == []
    zoo.back(galaxy, skipped, kind="skip")
    zoo.send()
    assert [each["item"]["id"] for each in zoo.begun()] == [galaxy["id"]]


def test_a_gold_galaxy_left_in_the_middle_is_offered_too(sky: Workspace) -> None:
    gold = tuple(
        GoldItem(str(each), "smooth", "smooth-or-featured") for each in sky.catalog["galaxy_id"].iloc[:12]
    )
    campaign = sky.labels.create_campaign(dataclasses.replace(ZOO, gold=gold, gold_share=0.5))
    browser = Browser(sky, campaign)
    grids = [grid for grid in sky.loop("zoo").grids("Vera") if grid.items]
    measuring = {
        (grid.grid_id, item.galaxy_id) for grid in grids for item in grid.items if item.reason is Reason.GOLD
    }
    galaxy = next(each for each in browser.ahead() if (each["grid_id"], each["id"]) in measuring)
    browser.answer(galaxy, ("smooth-or-featured", "smooth"))
    assert browser.send().problem == ""
    assert len(sky.labels.current("zoo")) == 0
    assert [each["item"]["id"] for each in browser.begun()] == [galaxy["id"]]
    browser.answer(galaxy, ("how-rounded", "round"), ("merging", "none"))
    browser.send()
    assert browser.begun() == []


def test_going_back_takes_back_the_answer_it_names_and_keeps_the_galaxy(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    (first,) = zoo.answer(galaxy, ("smooth-or-featured", "smooth"))
    (second,) = zoo.answer(galaxy, ("how-rounded", "round"))
    zoo.back(galaxy, second)
    zoo.send()
    current = zoo.workspace.labels.current("zoo")
    assert current["event_id"].tolist() == [first]
    zoo.back(galaxy, first)
    for _ in range(2):
        assert zoo.send().problem == ""
    assert len(zoo.workspace.labels.current("zoo")) == 0
    history = zoo.workspace.labels.history("zoo")
    assert history["undoes"].tolist() == ["", "", second, first]
    assert galaxy["id"] in zoo.workspace.labels.leased("zoo", "Vera")


def test_a_skip_taken_back_keeps_the_galaxy_from_others(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    (skipped,) = zoo.answer(galaxy, ("smooth-or-featured", ""), kind="skip")
    zoo.send()
    assert galaxy["id"] not in zoo.workspace.labels.leased("zoo", "Vera")
    zoo.back(galaxy, skipped, kind="skip")
    zoo.send()
    assert galaxy["id"] in zoo.workspace.labels.leased("zoo", "Vera")


def test_several_at_once_arrive_as_one(sky: Workspace) -> None:
    campaign = sky.labels.create_campaign(MODES[1])
    browser = Browser(sky, campaign)
    galaxy = browser.ahead()[0]
    browser.answer(galaxy, ("bar", "yes"), ("ring", "no"), ("tail", "no"))
    assert browser.send().number == 1
    assert sky.labels.current("several")["answer"].tolist() == ["yes", "no", "no"]
    assert browser.begun() == []


def test_an_answer_that_is_none_is_refused_in_words_and_does_not_block(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    zoo.answer(galaxy, ("smooth-or-featured", "fluffy"))
    zoo.answer({**galaxy, "id": "../../etc/passwd", "grid_id": "none"}, ("smooth-or-featured", "smooth"))
    zoo.answer(galaxy, ("smooth-or-featured", "artifact"))
    told = zoo.send()
    assert told.number == 3
    assert told.problem.startswith("Not stored")
    assert zoo.workspace.labels.history("zoo")["answer"].tolist() == ["artifact"]


def test_an_answer_after_the_campaign_was_paused_is_set_aside_and_counts_later(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    zoo.answer(galaxy, ("smooth-or-featured", "smooth"))
    zoo.workspace.labels.update_campaign(dataclasses.replace(ZOO, state="paused"))
    told = zoo.send()
    assert told.number == 1 and "kept aside" in told.problem
    zoo.workspace.labels.update_campaign(ZOO)
    assert zoo.workspace.labels.current("zoo")["question"].tolist() == ["smooth-or-featured"]


def test_a_viewer_writes_nothing_and_the_browser_keeps_it(zoo: Browser) -> None:
    galaxy = zoo.ahead()[0]
    zoo.answer(galaxy, ("smooth-or-featured", "smooth"))
    change_person(zoo.workspace.folder, "Ana", by="Ana", role=Role.OWNER)
    change_person(zoo.workspace.folder, "Vera", by="Ana", role=Role.VIEWER)
    told = zoo.send()
    assert told.number == 0 and "kept in your browser" in told.problem
    assert len(zoo.workspace.labels.history("zoo")) == 0
