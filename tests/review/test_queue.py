import numpy as np
import pandas as pd
import pytest

from galcore.consensus.simulation import simulate_campaign
from galcore.labels import LabelStore
from galcore.review.decision import adjudication, reopening
from galcore.review.queue import Case, Order, Why, make_queue
from galcore.types import Campaign, EventKind, LabelEvent, Reason

BARS = Campaign("c", "Bars", "Barred?", ("bar", "none"), overlap=3)
SEVERAL = Campaign("m", "Several", "What is there?", ("bar", "ring"), "multilabel")


def event(galaxy, person, answer, campaign="c", **fields):
    name = "-".join((galaxy, person, answer, fields.get("question", "")))
    return LabelEvent(name, campaign, galaxy, person, EventKind.LABEL, answer, **fields)


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(BARS)
        opened.create_campaign(SEVERAL)
        yield opened


def queue(store, campaign=BARS, **known):
    return make_queue(campaign, store.history(campaign.campaign_id), **known)


def cases(found, *order, **wanted):
    return tuple(found.case(row) for row in found.select(*order, **wanted))


def ids(found, *order, **wanted):
    return [case.galaxy_id for case in cases(found, *order, **wanted)]


def test_galaxies_with_differing_answers_come_strongest_first(store):
    store.append([event("even", "a", "bar"), event("even", "b", "none")])
    store.append([event("odd", "a", "bar"), event("odd", "b", "bar"), event("odd", "c", "none")])
    store.append([event("same", "a", "bar"), event("same", "b", "bar"), event("alone", "a", "none")])
    found = queue(store)
    assert ids(found, Order.DISAGREEMENT) == ["even", "odd"]
    assert found.rows.set_index("galaxy_id").loc["even", "disagreement"] == pytest.approx(1)
    assert found.count(Why.PEOPLE) == 2 and found.count(Why.FEW) == 3
    assert ids(found, why=[Why.FEW]) != ids(found)


def test_a_decided_galaxy_leaves_the_queue_and_a_reopened_one_returns(store):
    store.append([event("g", "a", "bar"), event("g", "b", "none")])
    store.append([adjudication("c", "g", "judge", answer="none")])
    assert cases(queue(store)) == ()
    assert cases(queue(store), with_decided=True) == (Case("g"),)
    assert queue(store).rows["decided"].tolist() == ["none"]
    store.append([reopening("c", "g", "second")])
    assert cases(queue(store)) == (Case("g"),)


def test_the_vote_of_somebody_who_decided_still_divides_people(store):
    store.append([event("g", "a", "bar"), event("g", "b", "none")])
    store.append([adjudication("c", "g", "a", answer="none"), reopening("c", "g", "b")])
    assert cases(queue(store)) == (Case("g"),)


def test_measuring_answers_divide_nobody(store):
    store.append([event("g", "a", "bar"), event("g", "b", "none", reason=Reason.GOLD)])
    store.append([event("g", "a", "none", reason=Reason.REASK)])
    assert cases(queue(store)) == ()


def test_where_people_agree_and_the_model_contradicts_somebody_looks_again(store):
    for galaxy in ("sure", "odd", "split"):
        store.append([event(galaxy, person, "bar") for person in "abc"])
    store.append([event("split", "d", "none"), event("split", "e", "none")])
    for person in "abc":
        store.append([event("unsure", person, "bar")])
    shares = [0.97, 0.02, 0.45]  # of a bar; a model that does not know contradicts nobody
    told = pd.DataFrame({"bar": shares, "none": 1 - np.array(shares)}, index=["sure", "odd", "unsure"])
    assert ids(queue(store, told=told), Order.VALUE) == ["split"]  # a model of three galaxies is not heard
    found = queue(store, told=told, least_told=2)
    assert ids(found, Order.VALUE) == ["odd", "split"]
    assert ids(found, Order.VALUE, why=[Why.MODEL]) == ["odd"]
    rows = found.rows.set_index("galaxy_id")
    assert rows.loc["odd", "value"] > 2 * rows.loc["sure", "value"]
    assert rows.loc["split", "divergence_bits"] == 0  # the model says nothing of it


def test_each_question_waits_by_itself(store):
    said = [("a", "bar", "yes"), ("b", "bar", "no"), ("a", "ring", "no"), ("b", "ring", "no")]
    store.append([event("g", who, answer, "m", question=name) for who, name, answer in said])
    assert cases(queue(store, SEVERAL)) == (Case("g", "bar"),)
    store.append([adjudication("m", "g", "judge", answer="yes", question="bar")])
    assert cases(queue(store, SEVERAL)) == ()


def test_the_queue_keeps_to_the_selection_and_is_empty_without_votes(store):
    assert len(queue(store)) == 0 and cases(queue(store)) == () and queue(store).count(Why.PEOPLE) == 0
    for galaxy in ("g", "h"):
        store.append([event(galaxy, "a", "bar"), event(galaxy, "b", "none")])
    assert ids(queue(store), only=frozenset({"h"})) == ["h"]


def test_in_a_simulated_campaign_the_orders_follow_their_numbers_and_find_errors(store):
    simulated = simulate_campaign(400, n_answers=2, votes_per_galaxy=(1, 3), seed=3)
    votes = simulated.votes
    words = np.array(BARS.answers)
    store.append(
        [
            event(str(votes.galaxy_ids[galaxy]), votes.people[person], str(words[choice]))
            for galaxy, person, choice in zip(votes.galaxies, votes.persons, votes.choices, strict=True)
        ]
    )
    truth = np.eye(2)[simulated.truth] * 0.8 + 0.1  # a model that is right, and not too sure
    told = pd.DataFrame(truth, columns=list(BARS.answers), index=votes.galaxy_ids)
    found = queue(store, told=told)
    assert len(found) == len(np.unique(votes.galaxies))
    numbers = found.rows.set_index("galaxy_id")
    for order, column in ((Order.DISAGREEMENT, "disagreement"), (Order.VALUE, "value")):
        sorted_by = numbers.loc[ids(found, order), column].to_numpy()
        assert (np.diff(sorted_by) <= 1e-9).all()
    beliefs = found.questions[""].people
    wrong = beliefs.argmax(axis=1) != simulated.truth[np.unique(votes.galaxies)]
    useful = ids(found, Order.VALUE, why=list(Why))[:60]
    share = np.mean([wrong[numbers.loc[each, "place"]] for each in useful])
    assert share > 2 * wrong.mean()  # what is put first is worth a second look
