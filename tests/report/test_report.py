"""The numbers of a report are those that can be counted by hand, and its file needs nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.catalog.store import write_catalog
from galcore.loop.composer import audit_order
from galcore.questions import built_in_trees
from galcore.report import report_campaign, report_html
from galcore.types import Campaign, EventKind, GoldItem, LabelEvent, Reason
from galcore.workspace import Workspace

IDS = [f"g{number:03d}" for number in range(60)]
ATTACK = "<script>alert('x')</script>"
BARS = Campaign(
    "bars", f"Bars {ATTACK}", f"Which? {ATTACK}", ("bar", "no bar"),
    overlap=2, gold=(GoldItem("g059", "bar"),), gold_share=0.1, reask_share=0.1,
)  # fmt: skip


def is_bar(galaxy_id: str) -> bool:
    return int(galaxy_id[1:]) % 4 == 0


def say(galaxy_id: str, person: str, answer: str, reason=Reason.RANDOM, *, campaign="bars", question=""):
    name = f"{campaign}{galaxy_id}{person}{reason}{question}"
    return LabelEvent(
        name, campaign, galaxy_id, person, EventKind.LABEL, answer, True, reason, question=question
    )


@pytest.fixture
def workspace(tmp_path: Path):
    opened = Workspace.create(tmp_path / "sky", title="Sky")
    catalog = pd.DataFrame({"galaxy_id": IDS, "source": "x.png", "source_index": 0, "ra": 1.0, "dec": 2.0})
    write_catalog(catalog, opened.folder)
    opened.labels.create_campaign(BARS)
    yield opened
    opened.close()


def answer_in_random_order(workspace: Workspace, n: int) -> list[str]:
    import numpy as np

    others = np.array(IDS[:-1])
    shown = others[audit_order(others, BARS.seed)][:n].tolist()
    workspace.labels.append([say(each, "vera", "bar" if is_bar(each) else "no bar") for each in shown])
    return shown


def report_of(workspace: Workspace, campaign: str = "bars", **more):
    found = workspace.labels.campaign(campaign)
    return report_campaign(workspace, found, workspace.labels, scores=None, **more)


def test_counts_agreement_gold_and_reasks_are_those_of_the_events(workspace):
    shown = answer_in_random_order(workspace, 30)
    workspace.labels.append([say(each, "eva", "bar") for each in shown[:10]])
    workspace.labels.append(
        [
            say("g059", "vera", "bar", Reason.GOLD),
            say("g059", "eva", "no bar", Reason.GOLD),
            say(shown[0], "eva", "bar", Reason.REASK),
            say(shown[1], "judge", "bar", Reason.ADJUDICATION),
            LabelEvent("skip", "bars", "g001", "vera", EventKind.SKIP),
            LabelEvent("back", "bars", shown[9], "eva", EventKind.UNDO, undoes=f"bars{shown[9]}evarandom"),
        ]
    )
    report = report_of(workspace)
    assert (report.n_galaxies, report.n_answered, report.n_complete) == (60, 30, 9)
    assert (report.n_people, report.n_votes, report.n_skipped, report.n_undone) == (2, 39, 1, 1)
    assert (report.n_gold, report.gold.value, report.n_decided) == (2, 0.5, 1)
    assert (report.n_reasks, report.consistency.value) == (1, 1.0)
    (question,) = report.questions
    equal = sum(is_bar(each) for each in shown[:9])
    assert question.n_overlap == question.n_random_overlap == 9
    assert question.agreement_percent == pytest.approx(100 * equal / 9)
    assert [person.person for person in report.people][:2] == ["vera", "eva"]
    assert report.people[0].gold.value == 1 and report.consensus == "dawid-skene"


def test_prevalence_and_completeness_come_from_the_uniform_sample_only(workspace):
    shown = answer_in_random_order(workspace, 24)
    picked = [each for each in IDS[:-1] if is_bar(each) and each not in shown]
    workspace.labels.append([say(each, "vera", "bar", Reason.TOP) for each in picked])
    (question,) = report_of(workspace).questions
    bar = question.answers[0]
    walked = question.n_audited  # the walk goes on over galaxies that were answered for another reason
    assert 24 <= walked <= 24 + len(picked)
    assert bar.prevalence.low <= 15 / 59 <= bar.prevalence.high
    assert bar.n_galaxies == 15 and bar.completeness.high == 1.0
    assert 0 < bar.completeness.low <= bar.completeness.value <= 1


def test_nothing_is_said_about_shares_below_twenty_galaxies(workspace):
    answer_in_random_order(workspace, 19)
    (question,) = report_of(workspace).questions
    assert question.n_audited == 19
    assert all(answer.prevalence is answer.completeness is None for answer in question.answers)


def test_a_campaign_without_labels_has_a_report(workspace):
    report = report_of(workspace)
    assert (report.n_votes, report.first_at, report.people) == (0, "", ())
    assert "0 people gave 0 votes" in report_html(report)


def test_every_question_of_a_tree_is_reported(workspace):
    tree = replace(
        BARS, campaign_id="tree", name="Zoo", mode="tree", answers=("smooth", "featured-or-disk", "artifact"),
        tree=built_in_trees()["gzd5"], gold=(),
    )  # fmt: skip
    workspace.labels.create_campaign(tree)
    workspace.labels.append(
        [
            say("g001", "vera", "smooth", campaign="tree", question="smooth-or-featured"),
            say("g001", "vera", "round", campaign="tree", question="how-rounded"),
        ]
    )
    report = report_of(workspace, "tree")
    assert {each.name: each.n_votes for each in report.questions if each.n_votes} == {
        "smooth-or-featured": 1, "how-rounded": 1,
    }  # fmt: skip
    assert report.questions[0].answers[0].completeness is None


def test_people_have_a_skill_of_their_own_in_each_question_under_the_name_they_are_given(workspace):
    several = replace(
        BARS, campaign_id="several", name="Features", mode="multilabel", answers=("bar", "ring"), gold=()
    )
    workspace.labels.create_campaign(several)
    said = [
        say(galaxy, person, answer, campaign="several", question=asked)
        for number, galaxy in enumerate(IDS[:40])
        for asked, wrong in (("bar", number % 2 == 0), ("ring", False))
        for person, answer in (
            ("vera", "yes" if is_bar(galaxy) else "no"),
            ("judge", "yes" if is_bar(galaxy) else "no"),
            ("eva", "yes" if is_bar(galaxy) != wrong else "no"),
        )
    ]
    workspace.labels.append(said)
    report = report_of(workspace, "several", name_of=lambda name: f"<{name[0]}>")
    skills = [{each.person: each.skill for each in question.people} for question in report.questions]
    assert [set(each) for each in skills] == [{"<v>", "<j>", "<e>"}] * 2
    assert skills[0]["<e>"].high < skills[1]["<e>"].value  # careless about bars, careful about rings
    assert report.people == report.questions[0].people
    assert "vera" not in report_html(report) and "On the question" not in report_html(report)


def test_the_file_needs_nothing_else_and_escapes_every_text(workspace):
    answer_in_random_order(workspace, 25)
    workspace.labels.append([say("g001", ATTACK, "bar")])
    page = report_html(report_of(workspace))
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?://", page)
    assert page.startswith("<!doctype html>") and "default-src 'none'" in page


def test_the_command_writes_the_file_and_the_numbers(workspace, tmp_path):
    answer_in_random_order(workspace, 25)
    workspace.close()
    out = tmp_path / "report.html"
    arguments = ["campaign", "report", str(workspace.folder), "-c", "bars", "--out", str(out)]
    done = CliRunner().invoke(build_app(), [*arguments, "--json", "--pseudonymous"], catch_exceptions=False)
    numbers = json.loads(done.stdout)
    assert numbers["n_votes"] == 25 and numbers["questions"][0]["alpha"]["value"] is None
    assert "vera" not in out.read_text("utf-8") and numbers["people"][0]["person"].startswith("person-")
    text = CliRunner().invoke(build_app(), arguments, catch_exceptions=False).stdout
    assert "1 person gave 25 votes on 25 of 60 galaxies" in text
