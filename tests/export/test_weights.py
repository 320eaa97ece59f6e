"""Weights that owners set count in exports, reports and scores as on the Consensus tab and in the loop."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from galcore.consensus.simulation import simulate_campaign
from galcore.export import export_campaign
from galcore.export.campaign import export_table
from galcore.export.scores import campaign_scores, campaign_voice
from galcore.people.changes import change_person
from galcore.report import report_campaign
from galcore.review.campaign import review_campaign
from galcore.review.consensus import question_consensus
from galcore.review.scores import score_campaign
from galcore.types import Campaign, EventKind, LabelEvent, Reason

from .conftest import IDS, is_disc

CROWD = Campaign("crowd", "Crowd", "Which are discs?", ("disc", "round"), overlap=4)
PEOPLE = ("ada", "bob", "cy", "eve")


def say(galaxy_id: str, who: str, answer: str, reason: Reason = Reason.RANDOM) -> LabelEvent:
    return LabelEvent(
        f"{galaxy_id}{who}{reason}", "crowd", galaxy_id, who, EventKind.LABEL, answer, True, reason
    )


@pytest.fixture
def crowd(workspace):
    """Four people answered every galaxy: ada is right, bob errs a little, cy more, eve says the opposite."""
    workspace.labels.create_campaign(CROWD)
    rng = np.random.default_rng(0)
    events = []
    for galaxy_id in IDS:
        for who, error in zip(PEOPLE, (0.0, 0.15, 0.3, 0.9), strict=True):
            right = is_disc(galaxy_id) ^ (rng.random() < error)
            events.append(say(galaxy_id, who, "disc" if right else "round"))
    workspace.labels.append(events)
    return workspace


def weigh(workspace, name: str, weight: float) -> None:
    change_person(workspace.folder, name, by="Owner", weight=weight)


def table_of(workspace):
    return export_table(workspace, CROWD, workspace.labels, scores=None).set_index("galaxy_id")


def on_the_tab(workspace, weights):
    labels = workspace.labels
    review = review_campaign(
        CROWD, workspace.catalog, labels.current("crowd"), labels.history("crowd"), scored=None,
        weights=weights,
    )  # fmt: skip
    found = question_consensus(review, voice=campaign_voice(workspace, CROWD), weights=weights)
    return review, found


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_the_consensus_of_an_export_and_the_skills_of_a_report_are_those_of_the_tab(crowd, weight):
    before = table_of(crowd)
    weigh(crowd, "eve", weight)
    review, found = on_the_tab(crowd, {"eve": weight})
    table = table_of(crowd)
    ids = found.consensus.galaxy_ids
    assert table.loc[ids, "consensus"].tolist() == found.consensus.labels.tolist()
    assert np.allclose(table.loc[ids, "consensus_probability"], found.consensus.confidence)
    assert set(table["consensus_method"]) == {found.consensus.method}
    assert not np.allclose(table["consensus_probability"], before["consensus_probability"])
    assert table["label"].tolist() == review.galaxies.loc[table.index, "label"].tolist()
    assert np.allclose(table["agreement"], review.galaxies.loc[table.index, "agreement"])
    report = report_campaign(crowd, CROWD, crowd.labels, scores=None)
    assert {each.person: each.skill for each in report.people} == {
        each.person: each.skill for each in found.skills
    }
    assert (report.consensus, report.weights) == (found.people.method, (("eve", weight),))
    assert [each.n_galaxies for each in report.questions[0].answers] == [
        (table["label"] == answer).sum() for answer in CROWD.answers
    ]


def test_numbers_of_votes_are_people_and_shares_heed_weights(crowd):
    before = table_of(crowd)
    weigh(crowd, "eve", 3.0)
    after = table_of(crowd)
    raw = ["n_annotators", "crowd_disc", "crowd_round", "crowd_disc_explicit", "crowd_total-votes"]
    assert before[raw].equals(after[raw])
    history = crowd.labels.history("crowd")
    worth = history["annotator"].map(lambda name: 3.0 if name == "eve" else 1.0)
    disc = worth[history["answer"] == "disc"].groupby(history["galaxy_id"]).sum().reindex(after.index)
    assert np.allclose(after["crowd_disc_fraction"], disc.fillna(0) / 6)
    tie = after.index[np.isclose(after["crowd_disc_fraction"], 0.5)]
    assert len(tie) and (after.loc[tie, "label_source"] == "tie").all()


def test_a_galaxy_whose_votes_count_nothing_has_no_label_and_keeps_its_votes(workspace):
    workspace.labels.create_campaign(CROWD)
    workspace.labels.append([say(IDS[0], "eve", "disc"), say(IDS[1], "ada", "disc")])
    weigh(workspace, "eve", 0.0)
    row = table_of(workspace).loc[IDS[0]]
    assert (row["crowd_disc"], row["n_annotators"], row["label"], row["label_source"]) == (1, 1, "", "")
    assert np.isnan(row["crowd_disc_fraction"]) and row["consensus"] == ""


def test_provenance_lists_the_weights_used_by_pseudonym_where_names_are_hidden(crowd, tmp_path):
    import json

    weigh(crowd, "eve", 3.0)
    weigh(crowd, "somebody else", 0.5)
    kept = {}
    for pseudonymous in (False, True):
        path = tmp_path / f"{pseudonymous}.csv"
        export_campaign(crowd, CROWD, path, pseudonymous=pseudonymous, votes=tmp_path / "votes.csv")
        sidecar = json.loads((tmp_path / f"{path.name}.provenance.json").read_text("utf-8"))
        kept[pseudonymous] = sidecar["parameters"]["weights"]
    votes = pd.read_csv(tmp_path / "votes.csv", dtype=str)
    assert kept[False] == {"eve": 3.0}
    (hidden,) = kept[True]
    assert hidden.startswith("person-") and hidden in set(votes["annotator"]) and kept[True][hidden] == 3.0


def test_somebody_paused_or_removed_counts_as_before(crowd):
    weigh(crowd, "eve", 0.0)
    loop = crowd.loop("crowd")
    told = campaign_scores(crowd, CROWD, crowd.labels)
    table = table_of(crowd)
    change_person(crowd.folder, "eve", by="Owner", paused=True)
    change_person(crowd.folder, "ada", by="Owner", removed=True)
    assert crowd.loop("crowd") is loop and loop.weight_of["eve"] == 0
    assert table.equals(table_of(crowd))
    assert campaign_scores(crowd, CROWD, crowd.labels).model_version == told.model_version


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_scores_of_export_and_review_are_those_of_the_loop_for_the_same_history(crowd, weight):
    unweighed = campaign_scores(crowd, CROWD, crowd.labels)
    weigh(crowd, "eve", weight)
    told = campaign_scores(crowd, CROWD, crowd.labels)
    assert told.model_version != unweighed.model_version
    loop = crowd.loop("crowd")
    deadline = time.monotonic() + 30
    while loop.model_version != told.model_version and time.monotonic() < deadline:
        galaxy_ids, probabilities = loop.probabilities()  # skills are told on a thread of their own
        time.sleep(0.02)
    galaxy_ids, probabilities = loop.probabilities()
    assert loop.model_version == told.model_version
    assert loop.weight_of["eve"] == pytest.approx(weight * 0.1) and loop.weight_of["ada"] > 0.5
    assert galaxy_ids.tolist() == told.galaxy_ids.tolist()
    assert np.array_equal(probabilities, told.probabilities)
    history = crowd.labels.history("crowd")
    scored = score_campaign(CROWD, loop.galaxy_ids, loop.space, history, weights={"eve": weight})
    other = score_campaign(CROWD, loop.galaxy_ids, loop.space, history)
    assert np.array_equal(scored.fitted.probabilities, probabilities)
    assert not np.allclose(scored.held_out.probabilities, other.held_out.probabilities)


def test_votes_that_count_nothing_are_not_learned_from(workspace):
    """The scores are those of the same history without them, cross-fitted too."""
    votes = simulate_campaign(len(IDS), n_answers=2, votes_per_galaxy=(1, 1), seed=1).votes
    workspace.labels.create_campaign(CROWD)
    honest = [
        say(IDS[row], "ada", CROWD.answers[choice])
        for row, choice in zip(votes.galaxies, votes.choices, strict=True)
    ]
    workspace.labels.append(honest)
    alone = campaign_scores(workspace, CROWD, workspace.labels)
    workspace.labels.append([say(galaxy_id, "eve", "disc") for galaxy_id in IDS])
    weigh(workspace, "eve", 0.0)
    both = campaign_scores(workspace, CROWD, workspace.labels)
    assert np.corrcoef(alone.probabilities[:, 0], both.probabilities[:, 0])[0, 1] > 0.99
