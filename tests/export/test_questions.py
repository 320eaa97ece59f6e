"""Exports of campaigns with several questions, and the consensus that hears the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from galcore.consensus.simulation import draw_features, simulate_campaign
from galcore.export.columns import column_descriptions
from galcore.export.questions import asked_questions
from galcore.export.table import results_table
from galcore.loop.simulated_answers import simulate_paths
from galcore.loop.space import FeatureSpace
from galcore.questions import built_in_trees, read_tree
from galcore.review.scores import fitted_scores
from galcore.review.voice import ModelVoice
from galcore.types import GRADE_ANSWERS, Campaign, EventKind, LabelEvent, Reason

TREE = built_in_trees()["gzd5"]
GZD5 = read_tree(TREE)
CAMPAIGN = Campaign("t", "Tree", "?", GZD5.root.answers, mode="tree", tree=TREE)
N = 300
IDS = np.array([f"g{row:04d}" for row in range(N)])
KINDS = np.random.default_rng(0).integers(40, size=N)
SPACE = FeatureSpace.from_vectors(
    2 * np.random.default_rng(1).normal(size=(40, 16))[KINDS] + np.random.default_rng(2).normal(size=(N, 16))
)
PATHS = simulate_paths(GZD5, KINDS)
CATALOG = pd.DataFrame({"galaxy_id": IDS, "ra": 1.0, "dec": 2.0})


def history_of(events: list[LabelEvent]) -> pd.DataFrame:
    rows = [{name: getattr(event, name) for name in event.__dataclass_fields__} for event in events]
    frame = pd.DataFrame(rows, columns=list(LabelEvent.__dataclass_fields__))
    return frame.assign(seq=np.arange(1, len(rows) + 1), undone=False, created_at=pd.Timestamp("2026-01-01"))


def say(row: int, person: str, answer: str, question: str = "") -> LabelEvent:
    return LabelEvent(
        f"{row}{person}{question}", "t", str(IDS[row]), person, EventKind.LABEL, answer, True, Reason.RANDOM,
        question=question,
    )  # fmt: skip


def walked(rows: range) -> pd.DataFrame:
    return history_of([say(row, "ada", said, asked) for row in rows for asked, said in PATHS[row].items()])


def test_a_tree_has_a_probability_for_every_answer_beside_its_votes_and_the_share_who_are_asked():
    history = walked(range(150))
    scores = fitted_scores(CAMPAIGN, IDS, SPACE, history)
    table = results_table(CAMPAIGN, CATALOG, history, scores=scores, all_galaxies=True).set_index("galaxy_id")
    learned = 0
    for asked in GZD5.questions:
        own = table[[f"{column}_probability" for column in asked.columns]]
        assert all(f"{column}_fraction" in table for column in asked.columns)
        if len({path[asked.name] for path in PATHS[:150] if asked.name in path}) > 1:
            learned += 1
            assert own.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-4)
        else:
            assert own.isna().all(axis=None)
    assert learned >= 8
    bars = table["smooth-or-featured_featured-or-disk_probability"] * table["disk-edge-on_no_probability"]
    assert table["bar_proportion_volunteers_asked"].to_numpy() == pytest.approx(bars.to_numpy(), abs=1e-5)
    assert "smooth-or-featured_proportion_volunteers_asked" not in table
    unseen = table.iloc[150:]
    reached = np.array(["bar" in path for path in PATHS[150:]])
    asked = unseen["bar_proportion_volunteers_asked"].to_numpy()
    assert asked[reached].mean() > 2 * asked[~reached].mean()
    assert set(unseen["probability_note"]) == {"not seen"}
    known = column_descriptions(map(str, table.columns), CAMPAIGN, asked_questions(CAMPAIGN))
    assert {name for name in table if str(name).endswith(("_probability", "_asked", "_method"))} <= set(known)


def test_every_question_has_a_consensus_of_its_own():
    events = [say(row, who, "yes" if row % 2 else "no", "ring") for row in range(6) for who in ("ada", "bob")]
    events += [say(row, "ada", "no", "bar") for row in range(3)]
    campaign = Campaign("t", "F", "?", ("bar", "ring"), mode="multilabel")
    table = results_table(campaign, CATALOG, history_of(events), scores=None).set_index("galaxy_id")
    assert table["ring_consensus"].tolist() == ["no", "yes"] * 3
    assert table["bar_consensus"].tolist() == ["no"] * 3 + [""] * 3
    assert set(table["ring_consensus_method"]) == {"dawid-skene"}
    assert set(table.loc[IDS[:3], "bar_consensus_method"]) == {"majority"}
    assert table["consensus"].tolist() == ["", "ring"] * 3
    assert table.loc[IDS[0], "consensus_probability"] == pytest.approx(
        min(table.loc[IDS[0], ["bar_consensus_probability", "ring_consensus_probability"]])
    )


@pytest.mark.parametrize(("separation", "method"), [(3.0, "crowdlab"), (0.0, "dawid-skene")])
def test_the_consensus_hears_the_model_where_it_is_informative(separation: float, method: str):
    people = simulate_campaign(N, seed=3)
    votes, answers = people.votes, people.votes.answers
    campaign = replace(CAMPAIGN, mode="multiclass", answers=answers, tree="")
    history = history_of(
        [
            say(galaxy, votes.people[person], answers[choice])
            for galaxy, person, choice in zip(votes.galaxies, votes.persons, votes.choices, strict=True)
        ]
    )
    features = draw_features(people.truth, n_answers=4, separation=separation, dimension=16, seed=1)
    voice = ModelVoice(IDS, FeatureSpace.from_vectors(features))
    heard, alone = (
        results_table(campaign, CATALOG, history, scores=None, voice=each) for each in (voice, None)
    )
    assert set(heard["consensus_method"]) == {method} and set(alone["consensus_method"]) == {"dawid-skene"}
    truth = np.array(answers)[people.truth]
    gain = (heard["consensus"] == truth).mean() - (alone["consensus"] == truth).mean()
    assert gain > 0.03 if method == "crowdlab" else gain == 0


def test_grades_have_a_probability_each_and_a_mean():
    grades = [GRADE_ANSWERS[kind % 4] for kind in KINDS]
    campaign = Campaign("t", "Lenses", "?", GRADE_ANSWERS, mode="grades")
    history = history_of([say(row, "ada", grades[row]) for row in range(150)])
    scores = fitted_scores(campaign, IDS, SPACE, history)
    table = results_table(campaign, CATALOG, history, scores=scores, all_galaxies=True)
    told = table[[f"probability_{name}" for name in "abcx"]].to_numpy()
    assert told.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert table["expected_value"].to_numpy() == pytest.approx(told @ [3, 2, 1, 0], abs=1e-4)
