"""Who reads whose name, and whose answers, on the pages of a campaign's results."""

import io
import json
import uuid
import zipfile
from dataclasses import replace

import pandas as pd
import pytest

from galcore.export import votes_bytes
from galcore.people import Role
from galcore.people.changes import change_person
from galcore.types import Campaign, EventKind, GoldItem, LabelEvent, Reason

BARS = Campaign("bars", "Bars", "Which of these are barred?", ("bar", "no bar"), created_by="Judge")
PEOPLE = ("Edwin", "Vera", "Zoe")  # of them Vera looks as an annotator; Onno only looks


@pytest.fixture
def hosted(sky_served, monkeypatch):
    monkeypatch.setenv("GALCORE_OWNER", "Judge")
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    change_person(sky_served.folder, "Onno", by="Judge", role=Role.VIEWER)
    sky_served.labels.create_campaign(BARS)
    ids = sky_served.catalog["galaxy_id"].astype(str).tolist()
    sky_served.labels.append(
        [
            LabelEvent(
                str(uuid.uuid4()), "bars", galaxy_id, person, EventKind.LABEL,
                BARS.answers[(row + (person == "Zoe")) % 2], True, Reason.RANDOM, comment=f"says {person}",
            )
            for person in PEOPLE
            for row, galaxy_id in enumerate(ids[:10] if person == "Vera" else ids[:20])
        ]
    )  # fmt: skip
    return sky_served


@pytest.fixture
def open_tab(open_page):
    def open_at(tab: str, name: str):
        app = open_page("review", name, campaign="bars")
        app.session_state["review_tab"] = tab
        return app.run()

    return open_at


def shown(app) -> str:
    """Everything the browser gets in words: tables, options, texts."""
    assert not app.exception and not app.error
    parts = [str(frame.value.to_dict("list")) for frame in app.dataframe]
    parts += [str(each.options) for each in (*app.multiselect, *app.selectbox)]
    parts += [each.value for each in (*app.markdown, *app.caption)]
    return "\n".join(parts)


@pytest.mark.parametrize("tab", ["statistics", "history"])
def test_owners_read_names(hosted, open_tab, tab):
    text = shown(open_tab(tab, "Judge"))
    assert all(person in text for person in PEOPLE) and "annotator 1" not in text


@pytest.mark.parametrize("tab", ["statistics", "history"])
def test_an_annotator_reads_numbers_and_finds_herself(hosted, open_tab, tab):
    text = shown(open_tab(tab, "Vera"))
    assert "annotator 2 (you)" in text and "annotator 1" in text
    assert "Edwin" not in text and "Zoe" not in text


@pytest.mark.parametrize("tab", ["statistics", "history"])
def test_a_viewer_reads_numbers_only(hosted, open_tab, tab):
    text = shown(open_tab(tab, "Onno"))
    assert "annotator 3" in text and "(you)" not in text
    assert not any(person in text for person in PEOPLE)


def test_pairs_do_not_betray_the_alphabet(hosted, open_tab):
    """Zoe came first here, so the pair that stands first by name stands second by number."""
    events = [
        LabelEvent("z1", "late", "g", "Zoe", EventKind.LABEL, "bar", True, Reason.RANDOM),
        LabelEvent("a1", "late", "g", "Ada", EventKind.LABEL, "bar", True, Reason.RANDOM),
    ]
    hosted.labels.create_campaign(replace(BARS, campaign_id="late", name="Late"))
    hosted.labels.append(events)
    from galcore.review.agreement import pair_agreement
    from galcore.ui.naming import names_for
    from galcore.ui.results.agreement import named_pairs

    pairs = pair_agreement(hosted.labels.current("late"), BARS.answers)
    assert pairs["first"].tolist() == ["Ada"]
    named = named_pairs(pairs, names_for(hosted, hosted.labels.campaign("late"), "Onno"))
    assert (named["first"][0], named["second"][0]) == ("annotator 1", "annotator 2")


def test_pace_of_others_is_for_owners_or_where_the_campaign_shows_it(hosted, open_tab):
    def known(name):
        people = open_tab("statistics", name).dataframe[0].value
        return people.loc[people["last_at"].notna(), "annotator"].tolist()

    assert known("Vera") == ["annotator 2 (you)"] and known("Onno") == []
    assert len(known("Judge")) == 3
    hosted.labels.update_campaign(replace(hosted.labels.campaign("bars"), shows_pace=True))
    assert len(known("Vera")) == 3


def test_history_shows_an_annotator_what_others_said_after_the_own_answer(hosted, open_tab):
    app = open_tab("history", "Vera")
    events = app.dataframe[0].value
    assert events["galaxy_id"].nunique() == 10 and len(events) == 30
    assert set(events["comment"]) == {"", "says Vera"}
    hosted.labels.update_campaign(replace(hosted.labels.campaign("bars"), visibility="never"))
    assert set(open_tab("history", "Vera").dataframe[0].value["annotator"]) == {"annotator 2 (you)"}
    assert "does not show" in "".join(each.value for each in open_tab("history", "Onno").caption)


def test_a_galaxy_tells_what_others_said_once_one_has_answered(hosted, open_page):
    answered, other = hosted.catalog["galaxy_id"].astype(str).tolist()[9:11]
    text = shown(open_page("galaxy", "Vera", galaxy=answered))
    assert "annotator 3" in text and "says Zoe" in text  # her own words, in the discussion
    assert "Zoe" not in text.replace("says Zoe", "")
    text = shown(open_page("galaxy", "Vera", galaxy=other))
    assert "once you have answered" in text and "annotator 3" not in text and "Zoe" not in text
    assert "Zoe" in shown(open_page("galaxy", "Judge", galaxy=other))


@pytest.mark.parametrize("tab", ["candidates", "galleries"])
def test_lists_of_a_blind_campaign_hold_labels_for_its_owner_only(hosted, open_tab, tab):
    def texts(name):
        app = open_tab(tab, name)
        assert not app.exception and not app.error
        return "".join(each.value for each in (*app.markdown, *app.info, *app.caption))

    hosted.labels.update_campaign(replace(hosted.labels.campaign("bars"), visibility="never"))
    assert "are hidden" in texts("Vera") and "are hidden" not in texts("Judge")
    if tab == "galleries":
        assert "Nobody has put" in texts("Vera") and "galaxies" in texts("Judge")


def test_gold_items_are_no_part_of_what_annotators_take_away(hosted):
    campaign = replace(BARS, gold=(GoldItem(hosted.catalog["galaxy_id"].iloc[0], "bar"),))
    history = hosted.labels.history("bars")
    for hidden, held in ((True, "1 items"), (False, "bar")):
        content = votes_bytes(hosted, campaign, ".csv", history=history, pseudonymous=hidden)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".json"))
            gold = json.loads(archive.read(name))["parameters"]["campaign"]["gold"]
        assert held in str(gold) and ("galaxy_id" in str(gold)) is not hidden


def test_only_owners_choose_whether_names_go_into_files(hosted, open_tab):
    def toggles(name):
        return [each.key for each in open_tab("candidates", name).toggle]

    assert "export_pseudonymous" in toggles("Judge")
    assert "export_pseudonymous" not in toggles("Vera") + toggles("Onno")


def test_a_file_of_votes_without_names_has_none_in_its_provenance_either(hosted):
    history = hosted.labels.history("bars")
    content = votes_bytes(hosted, BARS, ".csv", history=history.iloc[:20], pseudonymous=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not any(name in text for name in (*PEOPLE, "Judge") for text in texts.values())
    votes = pd.read_csv(io.StringIO(texts["bars-votes.csv"]))
    assert len(votes) == 20 and votes["annotator"].str.startswith("person-").all()
