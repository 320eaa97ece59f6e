"""Campaigns with several questions: what is learned of each, and which galaxies are shown for which."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.evaluate.metrics import auroc
from galcore.labels import LabelStore
from galcore.loop.ballots import Ballots, count_ballots
from galcore.loop.campaign_model import fit_campaign, reach
from galcore.loop.event_log import EventLog
from galcore.loop.learner import TrainingSet, fit_learner
from galcore.loop.ordinal import expected_value, fit_ordinal
from galcore.loop.session import CampaignLoop
from galcore.loop.simulated_answers import simulate_paths
from galcore.loop.space import FeatureSpace
from galcore.loop.state import LoopState, newest_votes, rows_by_id
from galcore.loop.target import class_of, columns_of, focus_of, learned_answers, targets_of
from galcore.questions import DecisionTree, built_in_trees, questions_of, read_tree
from galcore.types import ALL_QUESTIONS, INTEREST_ANSWERS, Campaign, EventKind, GalcoreError, Grid, LabelEvent

GZD5 = read_tree(built_in_trees()["gzd5"])
CAMPAIGN = Campaign(
    "t",
    "Tree",
    "?",
    GZD5.root.answers,
    mode="tree",
    tree=built_in_trees()["gzd5"],
    grid_rows=5,
    grid_columns=5,
)
N, KINDS = 1600, 24
N_SHOWN = 900  # the others are never offered


def kinds_and_vectors(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Galaxies of 24 kinds, each a cloud of its own."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(KINDS, size=N)
    return kinds, (1.5 * rng.normal(size=(KINDS, 24))[kinds] + rng.normal(size=(N, 24))).astype(np.float32)


KIND_OF, VECTORS = kinds_and_vectors()
PATHS = simulate_paths(GZD5, KIND_OF)
IDS = np.array([f"galaxy {row:04d}" for row in range(N)])
ROW_OF = rows_by_id(IDS)


def events_of(
    rows: list[int], *, person: str = "ada", grid: Grid | None = None, paths: list[dict[str, str]] = PATHS
) -> list[LabelEvent]:
    """Every answer on the path of some galaxies."""
    return [
        LabelEvent(
            str(uuid.uuid4()), "t", str(IDS[row]), person, EventKind.LABEL, answer,
            grid_id=grid.grid_id if grid else "", question=question,
        )
        for row in rows
        for question, answer in paths[row].items()
    ]  # fmt: skip


def history_of(events: list[LabelEvent]) -> pd.DataFrame:
    rows = [{name: getattr(event, name) for name in event.__dataclass_fields__} for event in events]
    frame = pd.DataFrame(rows, columns=list(LabelEvent.__dataclass_fields__))
    return frame.assign(seq=np.arange(1, len(rows) + 1), undone=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        yield opened


# --- what is learned of which galaxy ---------------------------------------------------------------------


@st.composite
def trees(draw: st.DrawFn) -> DecisionTree:
    """Any tree of up to six questions in which an answer leads to a later question or ends."""
    count = draw(st.integers(1, 6))
    blocks = []
    for number in range(count):
        answers = [f"a{index}" for index in range(draw(st.integers(2, 4)))]
        later = [f"q{each}" for each in range(number + 1, count)]
        targets = [draw(st.sampled_from(["", *later])) for _ in answers]
        if later:
            targets[0] = later[0]
        pairs = ", ".join(f'{answer} = "{target}"' for answer, target in zip(answers, targets, strict=True))
        blocks.append(
            f'[[question]]\nname = "q{number}"\ntext = "?"\nanswers = {answers}\nleads_to = {{ {pairs} }}'
        )
    return read_tree("\n".join(blocks))


def toml_of(tree: DecisionTree) -> str:
    return "\n".join(
        f'[[question]]\nname = "{asked.name}"\ntext = "?"\nanswers = {list(asked.answers)}\nleads_to = {{ '
        + ", ".join(f'{a} = "{t}"' for a, t in zip(asked.answers, asked.leads_to, strict=True) if t)
        + " }"
        for asked in tree.questions
    )


def campaign_of(tree: DecisionTree, focus: str = "") -> Campaign:
    return Campaign("t", "T", "?", tree.root.answers, mode="tree", tree=toml_of(tree), focus=focus)


@settings(deadline=None, max_examples=40)
@given(tree=trees(), data=st.data())
def test_a_question_is_learned_from_exactly_the_galaxies_whose_path_reached_it(
    tree: DecisionTree, data: st.DataObject
) -> None:
    paths: list[dict[str, str]] = []
    for _ in range(data.draw(st.integers(1, 12))):
        path: dict[str, str] = {}
        while (asked := tree.next_question(path)) is not None:
            path[asked.name] = data.draw(st.sampled_from(asked.answers))
        paths.append(path)
    log = EventLog(ROW_OF, campaign_of(tree))
    log.extend(history_of(events_of(list(range(len(paths))), paths=paths)))
    ballots = LoopState.from_log(log).ballots
    for target, votes in zip(log.targets, ballots, strict=True):
        reached = [row for row, path in enumerate(paths) if target.question in path]
        assert votes.rows.tolist() == reached
        assert [target.answers[place] for place in votes.answers] == [
            paths[row][target.question] for row in reached
        ]


@settings(deadline=None, max_examples=40)
@given(tree=trees(), data=st.data())
def test_every_finished_galaxy_either_answers_the_question_in_focus_or_is_known_not_to_meet_it(
    tree: DecisionTree, data: st.DataObject
) -> None:
    campaign = campaign_of(tree, focus=data.draw(st.sampled_from(tree.names)))
    path: dict[str, str] = {}
    while (asked := tree.next_question(path)) is not None:
        path[asked.name] = data.draw(st.sampled_from(asked.answers))
    classes = class_of(campaign)
    said = [classes[pair] for pair in path.items() if pair in classes]
    assert len(said) == 1
    assert (said[0] < len(learned_answers(campaign))) == (campaign.focus in path)


@settings(deadline=None, max_examples=40)
@given(tree=trees(), seed=st.integers(0, 1000))
def test_the_chance_of_being_asked_is_the_share_of_random_walks_that_get_there(
    tree: DecisionTree, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    targets = targets_of(campaign_of(tree))
    told = [rng.dirichlet(np.ones(len(target.answers)), size=2) for target in targets]
    asked = reach(targets, told, 2)
    ends = np.zeros(2)
    for place, question in enumerate(tree.questions):
        assert (asked[place] <= 1 + 1e-6).all()
        ends += asked[place] * sum(
            told[place][:, number] for number, target in enumerate(question.leads_to) if not target
        )
    assert asked[0].tolist() == [1, 1]
    assert ends == pytest.approx(1, abs=1e-5)  # every walk ends somewhere


def test_votes_of_several_people_are_counted_for_each_question_and_weighed_by_its_own_skills() -> None:
    log = EventLog(ROW_OF, CAMPAIGN)
    log.extend(history_of(events_of([0, 1, 2]) + events_of([1, 2], person="bob")))
    weights = [{"bob": 0.5} if target.question == "merging" else {} for target in log.targets]
    events = log.events
    assert events is not None
    plain = count_ballots(events, np.arange(len(events.rows)), log.targets, log.names)
    weighed = count_ballots(events, np.arange(len(events.rows)), log.targets, log.names, weights)
    for target, before, after in zip(log.targets, plain, weighed, strict=True):
        assert (before.explicit == after.explicit).all()
        if target.question != "merging":
            assert after.worth.tolist() == [1.0] * len(after.rows)
    assert plain[0].explicit.sum() == 5
    merging = dict(zip(log.targets, weighed, strict=True))[log.targets[-1]]
    assert set(merging.worth.tolist()) <= {1.0, 0.75}
    assert len(newest_votes(log).rows) == len(events.rows)


def test_ballots_equal_the_dense_counts() -> None:
    rng = np.random.default_rng(0)
    explicit, implied = rng.integers(0, 3, (2, 40, 3))
    ballots = Ballots.from_counts(explicit, implied)
    again = np.zeros_like(explicit)
    again[ballots.rows, ballots.answers] = ballots.explicit + ballots.implied
    assert (again == explicit + implied).all()
    examples = ballots.with_examples([0, 1, 39], 2)
    fresh = [row for row in (0, 1, 39) if not (explicit[row] + implied[row]).any()]
    assert len(examples.rows) == len(ballots.rows) + len(fresh)
    assert (np.diff(examples.rows) >= 0).all()


# --- the model ------------------------------------------------------------------------------------------


def aurocs(model, unseen: np.ndarray) -> dict[str, float]:
    """Mean AUROC over the answers of each question, on galaxies that reach it and nobody labelled."""
    found = {}
    for target, one in zip(model.targets, model.models, strict=True):
        rows = np.array([row for row in unseen if target.question in PATHS[row]])
        each = []
        for place, answer in enumerate(target.answers):
            truth = np.array([PATHS[row][target.question] == answer for row in rows])
            if one.probabilities is not None and 3 <= truth.sum() <= len(truth) - 3:
                each.append(auroc(truth, one.probabilities[rows, place]))
        if each:
            found[target.question] = float(np.mean(each))
    return found


def test_every_question_of_gzd5_is_learned_better_with_every_grid(store: LabelStore) -> None:
    campaign = store.create_campaign(replace(CAMPAIGN, scoped=True), IDS[:N_SHOWN].tolist())
    loop = CampaignLoop(campaign, store, IDS, VECTORS)
    unseen = np.arange(N_SHOWN, N)
    space, quality = FeatureSpace.from_vectors(VECTORS), {}
    for number in range(1, 17):
        grid = loop.grids("ada")[0]
        store.append(events_of([ROW_OF[item.galaxy_id] for item in grid.items], grid=grid))
        if number in (1, 16):  # fitted here: the loop leaves a fit to its thread where the machine is slow
            state = LoopState.from_history(store.history("t"), ROW_OF, campaign)
            quality[number] = aurocs(fit_campaign(campaign, space, state.ballots), unseen)
    early, late = quality[1], quality[16]
    assert set(late) == set(GZD5.names)
    assert np.mean([late[name] - early.get(name, 0.5) for name in late]) > 0.05
    assert all(late[name] > early.get(name, 0.5) - 0.1 for name in late)
    assert np.median(list(late.values())) > 0.85
    assert min(late.values()) > 0.6  # of the galaxies shown few have spiral arms at all
    loop.close()


def test_a_question_that_did_not_change_keeps_its_model_and_a_restart_gives_the_same_version() -> None:
    space = FeatureSpace.from_vectors(VECTORS)
    events = events_of(list(range(60)))
    first = LoopState.from_history(history_of(events), ROW_OF, CAMPAIGN)
    model = fit_campaign(CAMPAIGN, space, first.ballots)
    more = [event for event in events_of([60, 61]) if event.question == "smooth-or-featured"]
    second = LoopState.from_history(history_of(events + more), ROW_OF, CAMPAIGN)
    later = fit_campaign(CAMPAIGN, space, second.ballots, previous=model)
    assert later.version != model.version
    kept = [a is b for a, b in zip(model.models, later.models, strict=True)]
    assert kept == [False, *[True] * 9]
    assert fit_campaign(CAMPAIGN, space, second.ballots).version == later.version
    assert fit_campaign(CAMPAIGN, space, second.ballots, previous=later) is later


def test_grids_are_chosen_for_the_question_in_focus() -> None:
    space = FeatureSpace.from_vectors(VECTORS)
    ballots = LoopState.from_history(history_of(events_of(list(range(300)))), ROW_OF, CAMPAIGN).ballots
    bar = fit_campaign(replace(CAMPAIGN, focus="bar"), space, ballots)
    assert bar.ranking is not None and bar.probabilities is not None
    place = focus_of(replace(CAMPAIGN, focus="bar"))
    assert bar.targets[place].question == "bar"
    assert bar.probabilities.sum(axis=1) == pytest.approx(
        reach(bar.targets, [m.probabilities for m in bar.models], N)[place], abs=1e-4
    )
    best = np.argsort(-bar.ranking.wanted[300:, 0])[:20] + 300  # that nobody saw
    hits = np.mean([PATHS[row].get("bar") == "strong" for row in best])
    assert hits > 3 * np.mean([path.get("bar") == "strong" for path in PATHS])
    unsure = np.argsort(-bar.ranking.unsure)[:30]
    assert np.mean(["bar" in PATHS[row] for row in unsure]) > np.mean(["bar" in path for path in PATHS])


def test_learning_for_all_mixes_the_questions() -> None:
    space = FeatureSpace.from_vectors(VECTORS)
    ballots = LoopState.from_history(history_of(events_of(list(range(300)))), ROW_OF, CAMPAIGN).ballots
    model = fit_campaign(replace(CAMPAIGN, focus=ALL_QUESTIONS), space, ballots)
    assert model.ranking is not None and model.ranking.labels is not None
    n_wanted = sum(1 if len(asked.answers) == 2 else len(asked.answers) for asked in GZD5.questions)
    assert model.ranking.wanted.shape == (N, n_wanted)
    assert len(model.ranking.labels) == n_wanted
    for mine, root in zip(model.ranking.scores, model.models[0].probabilities.max(axis=1), strict=True):
        assert mine == root


def test_the_second_of_several_answers_is_learned_too() -> None:
    campaign = Campaign("t", "F", "?", ("bar", "ring"), mode="multilabel", focus="ring")
    paths = [
        {"bar": "yes" if kind % 2 else "no", "ring": "yes" if kind % 3 == 0 else "no"} for kind in KIND_OF
    ]
    state = LoopState.from_history(history_of(events_of(list(range(200)), paths=paths)), ROW_OF, campaign)
    model = fit_campaign(campaign, FeatureSpace.from_vectors(VECTORS), state.ballots)
    assert learned_answers(campaign) == ("ring", "no ring")
    for target, one in zip(model.targets, model.models, strict=True):
        truth = np.array([path[target.question] == "yes" for path in paths])[200:]
        assert one.probabilities is not None
        assert auroc(truth, one.probabilities[200:, 0]) > 0.85
    assert (model.probabilities == model.models[1].probabilities).all()


def test_a_campaign_cannot_be_about_a_question_it_does_not_ask(store: LabelStore) -> None:
    with pytest.raises(GalcoreError, match=r"learn for 'colour'.*bar"):
        store.create_campaign(replace(CAMPAIGN, focus="colour"))
    assert store.create_campaign(replace(CAMPAIGN, focus="bar")).focus == "bar"
    assert store.campaign("t").focus == "bar"


def test_the_focus_can_be_changed_while_people_work(store: LabelStore) -> None:
    store.create_campaign(CAMPAIGN)
    loop = CampaignLoop(CAMPAIGN, store, IDS, VECTORS)
    grid = loop.grids("ada")[0]
    store.append(events_of([ROW_OF[item.galaxy_id] for item in grid.items], grid=grid))
    loop.grids("ada")
    assert loop.learned_answers == GZD5.root.answers and loop.status("ada").galaxies_answered == 25
    store.update_campaign(replace(store.campaign("t"), focus="disk-edge-on"))
    status = loop.status("ada")
    assert loop.learned_answers == ("yes", "no")
    shown = [PATHS[ROW_OF[item.galaxy_id]] for item in grid.items]
    assert status.tally == tuple(
        sum(path.get("disk-edge-on") == said for path in shown) for said in ("yes", "no")
    )
    assert status.labels_all == sum(len(path) for path in shown)
    loop.close()


# --- answers on a scale -----------------------------------------------------------------------------------


def interest_of(rng: np.random.Generator) -> tuple[FeatureSpace, np.ndarray]:
    vectors = rng.normal(size=(600, 24))
    latent = vectors[:, 0] + 0.6 * vectors[:, 1] + 0.4 * rng.normal(size=600)
    return FeatureSpace.from_vectors(vectors), np.digitize(latent, [-0.6, 0.2, 0.7, 1.2, 1.7])


@pytest.mark.parametrize("n_labels", [24, 60])
def test_answers_on_a_scale_are_learned_better_together_than_as_two_sides(n_labels: int) -> None:
    gains, ranks = [], []
    for seed in range(8):
        space, interest = interest_of(np.random.default_rng(seed))
        rows = np.arange(n_labels)
        training = TrainingSet(rows, interest[rows], np.ones(n_labels))
        values, sides = range(6), [1, 1, 1, 0, 0, 0]
        ordinal = fit_ordinal(space, training, values, sides)
        halves = fit_learner(space, TrainingSet(rows, np.asarray(sides)[interest[rows]], np.ones(n_labels)))
        assert ordinal is not None and halves is not None
        told = ordinal.probabilities(space.features)
        assert told.sum(axis=1) == pytest.approx(1, abs=1e-4) and (told >= 0).all()
        unseen = slice(n_labels, None)
        truth = interest[unseen] >= 3
        gains.append(
            auroc(truth, told[unseen, 3:].sum(axis=1))
            - auroc(truth, halves.probabilities(space.features)[unseen, 0])
        )
        ranks.append(
            pd.Series(expected_value(told[unseen], values)).corr(pd.Series(interest[unseen]), "spearman")
        )
    assert np.mean(gains) > 0
    assert np.mean(ranks) > 0.6


def test_a_campaign_of_interest_tells_the_probability_of_each_answer() -> None:
    campaign = Campaign("t", "I", "?", INTEREST_ANSWERS, mode="interest")
    space, interest = interest_of(np.random.default_rng(1))
    paths = [{"": str(value)} for value in interest]
    state = LoopState.from_history(history_of(events_of(list(range(100)), paths=paths)), ROW_OF, campaign)
    model = fit_campaign(campaign, space, state.ballots, seeds=[599])
    one = model.models[0].probabilities
    assert one is not None and one.shape == (600, 6)
    assert model.probabilities is not None and model.probabilities.shape == (600, 2)
    assert model.probabilities[:, 0] == pytest.approx(one[:, 3:].sum(axis=1), abs=1e-5)
    assert [targets_of(campaign)[0].example_of, len(columns_of(campaign))] == [5, 6]


def test_an_answer_of_the_scale_that_nobody_gave_has_no_probability() -> None:
    space, _ = interest_of(np.random.default_rng(0))
    learner = fit_ordinal(
        space, TrainingSet(np.arange(4), np.array([0, 0, 4, 4]), np.ones(4)), range(6), [1, 1, 1, 0, 0, 0]
    )
    assert learner is not None
    assert np.flatnonzero(learner.probabilities(space.features).max(axis=0)).tolist() == [0, 4]
    assert (
        fit_ordinal(space, TrainingSet(np.arange(2), np.array([3, 3]), np.ones(2)), range(6), [1] * 6) is None
    )


def test_every_mode_has_one_target_a_question() -> None:
    for campaign in (CAMPAIGN, Campaign("t", "F", "?", ("bar", "ring"), mode="multilabel")):
        asked = questions_of(campaign)
        assert [(each.question, each.answers) for each in targets_of(campaign)] == [
            (each.name, each.answers) for each in asked
        ]
