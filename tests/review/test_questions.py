"""One question of a tree, of several answers, of a scale, as the Review page shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from galcore.loop.simulated_answers import simulate_paths
from galcore.loop.space import FeatureSpace
from galcore.questions import built_in_trees, read_tree
from galcore.review.campaign import (
    NOT_ASKED,
    CampaignReview,
    calibration_table,
    candidate_estimator,
    candidates,
    members,
    review_campaign,
)
from galcore.review.decision import adjudication
from galcore.review.queue import Why, make_queue
from galcore.review.scores import score_campaign
from galcore.types import INTEREST_ANSWERS, Campaign, EventKind, LabelEvent, Reason

TREE = built_in_trees()["gzd5"]
GZD5 = read_tree(TREE)
CAMPAIGN = Campaign("t", "Tree", "?", GZD5.root.answers, mode="tree", tree=TREE)
N = 400
IDS = np.array([f"g{row:04d}" for row in range(N)])
KINDS = np.random.default_rng(0).integers(40, size=N)
SPACE = FeatureSpace.from_vectors(
    2 * np.random.default_rng(1).normal(size=(40, 16))[KINDS] + np.random.default_rng(2).normal(size=(N, 16))
)
PATHS = simulate_paths(GZD5, KINDS)
CATALOG = pd.DataFrame({"galaxy_id": IDS, "ra": 1.0})


def history_of(events: list[LabelEvent]) -> pd.DataFrame:
    rows = [{name: getattr(event, name) for name in event.__dataclass_fields__} for event in events]
    return pd.DataFrame(rows).assign(seq=np.arange(1, len(rows) + 1), undone=False)


def answers(rows: range, paths: list[dict[str, str]], person: str = "ada") -> list[LabelEvent]:
    return [
        LabelEvent(
            f"{row}{person}{asked}", "t", str(IDS[row]), person, EventKind.LABEL, said,
            reason=Reason.RANDOM, question=asked,
        )
        for row in rows
        for asked, said in paths[row].items()
    ]  # fmt: skip


def look(campaign: Campaign, events: list[LabelEvent], question: str | None = None) -> CampaignReview:
    history = history_of(events)
    scored = score_campaign(campaign, IDS, SPACE, history)
    standing = history[history["reason"] != Reason.ADJUDICATION]
    return review_campaign(campaign, CATALOG, standing, history, scored=scored, question=question)


def test_a_question_down_the_tree_knows_which_galaxies_are_not_asked_it():
    review = look(CAMPAIGN, answers(range(200), PATHS), "bar")
    labels = review.galaxies["label"].iloc[:200].tolist()
    assert labels == [path.get("bar", NOT_ASKED) for path in PATHS[:200]]
    assert (review.galaxies["label"].iloc[200:] == "").all()
    has = np.array([path.get("bar") == "strong" for path in PATHS])
    best = has[[int(name[1:]) for name in candidates(review, "strong").index[:20]]]
    assert best.mean() > 3 * has.mean() > 0.05
    estimate, truth = candidate_estimator(review, "strong").at(0.0), has.sum()
    assert estimate.positives is not None
    assert estimate.positives.low - 3 <= truth <= estimate.positives.high + 3
    by_model = members(review, "no", by_model=True)
    assert np.mean(["bar" in PATHS[int(name[1:])] for name in by_model.index]) > 0.6
    assert calibration_table(review)["n"].sum() == 200


def test_the_question_in_focus_is_shown_unless_another_is_chosen():
    events = answers(range(60), PATHS)
    assert look(CAMPAIGN, events).question.name == "smooth-or-featured"
    review = look(replace(CAMPAIGN, focus="merging"), events)
    assert review.question.name == "merging" and set(review.current["question"]) == {"merging"}


def n_disputes(review: CampaignReview) -> int:
    queue = make_queue(review.campaign, review.history, question=review.question)
    return len(queue.select(why=(Why.PEOPLE,)))


def test_a_dispute_and_its_decision_belong_to_one_question():
    opposite = [{"disk-edge-on": "yes" if path.get("disk-edge-on") == "no" else "no"} for path in PATHS]
    rows = [row for row in range(40) if "disk-edge-on" in PATHS[row]][:2]
    events = answers(range(40), PATHS)
    for row in rows:
        events += answers(range(row, row + 1), opposite, "bob")
    edge, root = (look(CAMPAIGN, events, name) for name in ("disk-edge-on", "smooth-or-featured"))
    assert n_disputes(edge) == 2 and n_disputes(root) == 0
    events.append(adjudication("t", str(IDS[rows[0]]), "judge", answer="yes", question="disk-edge-on"))
    decided = look(CAMPAIGN, events, "disk-edge-on")
    assert n_disputes(decided) == 1
    assert decided.galaxies.loc[IDS[rows[0]], "label"] == "yes"
    assert look(CAMPAIGN, events).galaxies.loc[IDS[rows[0]], "label"] == PATHS[rows[0]]["smooth-or-featured"]


def test_each_of_several_answers_is_a_question_of_yes_or_no():
    paths = [{"bar": "yes" if kind % 2 else "no", "ring": "no" if kind % 3 else "yes"} for kind in KINDS]
    campaign = Campaign("t", "F", "?", ("bar", "ring"), mode="multilabel")
    review = look(campaign, answers(range(200), paths), "ring")
    assert review.answers == ("yes", "no") and review.is_yes_or_no
    found = [paths[int(name[1:])]["ring"] == "yes" for name in candidates(review, "yes").index[:60]]
    assert np.mean(found) > 1.8 * np.mean([path["ring"] == "yes" for path in paths])


def test_candidates_of_a_scale_include_the_answers_above():
    paths = [{"": str(kind % 6)} for kind in KINDS]
    campaign = Campaign("t", "I", "?", INTEREST_ANSWERS, mode="interest")
    review = look(campaign, answers(range(200), paths))
    assert review.wanted("4") == ("4", "5")
    assert (review.held_out("3") >= review.held_out("4") - 1e-6).all()
    assert candidate_estimator(review, "3").at(0.0).n_candidates == N
