import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.consensus import (
    HeldOut,
    Votes,
    cross_validate,
    crowdlab,
    dawid_skene,
    fit_logistic,
    likely_errors,
    majority,
)
from galcore.consensus.comparison import accuracy
from galcore.consensus.simulation import draw_features, simulate_campaign
from galcore.types import GalcoreError


@st.composite
def some_votes(draw, least_galaxies=1):
    n_galaxies, n_people = draw(st.integers(least_galaxies, 12)), draw(st.integers(1, 5))
    n_answers = draw(st.integers(2, 4))
    table = draw(
        st.lists(
            st.lists(st.integers(-1, n_answers - 1), min_size=n_people, max_size=n_people),
            min_size=n_galaxies,
            max_size=n_galaxies,
        )
    )
    return votes_of(np.array(table), n_answers)


def votes_of(table, n_answers):
    """Votes from (N, P) answers, -1 for none."""
    galaxies, persons = np.nonzero(table >= 0)
    return Votes(
        np.array([f"g{row}" for row in range(len(table))], dtype=object),
        tuple(f"p{row}" for row in range(table.shape[1])),
        tuple("abcd"[:n_answers]),
        galaxies,
        persons,
        table[galaxies, persons],
    )


def relabelled(votes, people, answers):
    """The same votes with people and answers in another order."""
    return Votes(
        votes.galaxy_ids,
        tuple(np.array(votes.people)[people.argsort()]),
        tuple(np.array(votes.answers)[answers.argsort()]),
        votes.galaxies,
        people[votes.persons],
        answers[votes.choices],
    )


@pytest.mark.parametrize("method", [majority, dawid_skene])
@settings(max_examples=40, deadline=None)
@given(votes=some_votes(), seed=st.integers(0, 99))
def test_the_order_of_people_and_answers_changes_nothing(method, votes, seed):
    rng = np.random.default_rng(seed)
    people, answers = rng.permutation(votes.n_people), rng.permutation(votes.n_answers)
    before, after = method(votes), method(relabelled(votes, people, answers))
    assert after.probabilities[:, answers] == pytest.approx(before.probabilities, abs=1e-8)
    assert after.skill[people] == pytest.approx(before.skill, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(votes=some_votes(), weight=st.floats(0, 5))
def test_each_iteration_makes_the_votes_likelier(votes, weight):
    votes = votes.weighed({"p0": weight})
    objective = np.array(dawid_skene(votes, tolerance=1e-9).log_posterior)
    assert (np.diff(objective) >= -1e-9 * np.abs(objective[:-1])).all()


@settings(max_examples=60, deadline=None)
@given(votes=some_votes())
def test_beliefs_and_confusions_are_probabilities(votes):
    for found in (majority(votes), dawid_skene(votes)):
        assert found.probabilities.sum(axis=1) == pytest.approx(1)
        assert found.confusion.sum(axis=2) == pytest.approx(1)
        assert (found.choices[found.n_votes == 0] == -1).all()


@settings(max_examples=30, deadline=None)
@given(truth=st.lists(st.integers(0, 2), min_size=2, max_size=30), n_people=st.integers(2, 6))
def test_unanimous_votes_win(truth, n_people):
    votes = votes_of(np.tile(np.array(truth)[:, None], (1, n_people)), 3)
    for found in (majority(votes), dawid_skene(votes)):
        assert found.choices.tolist() == truth


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_one_perfect_person_dominates_four_careless_ones(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 400)
    careless = np.where(rng.random((400, 4)) < 0.45, truth[:, None], rng.integers(0, 3, (400, 4)))
    votes = votes_of(np.column_stack([truth, careless]), 3)
    found = dawid_skene(votes)
    assert found.skill.argmax() == 0 and found.skill[0] > 0.85
    assert accuracy(found, truth) > max(0.93, accuracy(majority(votes), truth))


def test_a_person_who_confuses_two_answers_is_read_in_reverse():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 200)
    right = np.where(rng.random((200, 3)) < 0.85, truth[:, None], 1 - truth[:, None])
    found = dawid_skene(votes_of(np.column_stack([right, 1 - truth]), 2))
    assert found.skill[3] < 0.1
    assert accuracy(found, truth) > 0.95


def test_a_person_of_weight_two_counts_as_two_and_of_weight_nothing_not_at_all():
    table = np.array([[0, 1], [0, 0], [1, 1], [-1, 0]])
    votes = votes_of(table, 2)
    assert majority(votes).labels.tolist() == ["", "a", "b", "a"]
    assert majority(votes.weighed({"p1": 2.0})).labels.tolist() == ["b", "a", "b", "a"]
    without = dawid_skene(votes.weighed({"p1": 0.0}))
    assert without.labels.tolist() == ["a", "a", "b", ""]
    assert without.n_votes.tolist() == [1, 1, 1, 0]


def test_single_votes_are_believed_and_not_turned_into_something_else():
    votes = votes_of(np.array([[0, -1], [-1, 1], [0, -1], [-1, 1]]), 2)
    found = dawid_skene(votes)
    assert found.choices.tolist() == [0, 1, 0, 1]
    assert (found.confidence < 0.95).all()


@pytest.mark.parametrize("table", [np.zeros((0, 0), int), np.full((3, 2), -1), np.array([[1]])])
def test_next_to_nothing_is_answered_too(table):
    votes = votes_of(table, 2)
    for found in (majority(votes), dawid_skene(votes), crowdlab(votes, None)):
        assert found.probabilities.shape == (len(table), 2)
        assert len(found.labels) == len(table)
    assert majority(votes_of(np.array([[1]]), 2)).labels.tolist() == ["b"]


def held_out(votes, features):
    return cross_validate(votes.galaxy_ids, features, dawid_skene(votes).probabilities, fit=fit_logistic)


def test_a_model_that_knows_the_images_helps_and_one_that_does_not_is_not_heard():
    campaign = simulate_campaign(400, seed=7)
    votes, truth = campaign.votes, campaign.truth
    people = dawid_skene(votes)
    knowing = crowdlab(votes, held_out(votes, draw_features(truth, n_answers=4, separation=3.0, seed=1)))
    blank = crowdlab(votes, held_out(votes, draw_features(truth, n_answers=4, separation=0.0, seed=1)))
    assert accuracy(majority(votes), truth) < accuracy(people, truth) < accuracy(knowing, truth) - 0.03
    assert knowing.model_share > 0 and blank.model_share == 0
    assert np.array_equal(blank.probabilities, people.probabilities)
    assert np.array_equal(
        crowdlab(votes, held_out(votes, draw_features(truth, n_answers=4, separation=3.0, seed=1))).choices,
        knowing.choices,
    )


def test_galaxies_without_votes_get_what_the_model_says():
    campaign = simulate_campaign(800, seed=8)
    asked = campaign.votes.galaxies >= 100
    votes = campaign.votes.select(asked)
    model = held_out(votes, draw_features(campaign.truth, n_answers=4, separation=4.0, seed=2))
    found = crowdlab(votes, model)
    unseen = np.arange(100)
    assert (found.n_votes[unseen] == 0).all()
    told, truth = found.probabilities[unseen], campaign.truth[unseen]
    assert accuracy(told, truth) == accuracy(model.probabilities[unseen], truth) > 0.7


def test_one_vote_a_galaxy_leaves_the_model_out():
    campaign = simulate_campaign(100, seed=3, votes_per_galaxy=(1, 1))
    model = held_out(campaign.votes, draw_features(campaign.truth, n_answers=4, separation=3.0))
    assert crowdlab(campaign.votes, model).model_share == 0


@settings(max_examples=25, deadline=None)
@given(votes=some_votes(), seed=st.integers(0, 99))
def test_any_votes_and_any_model_come_to_probabilities_and_a_list(votes, seed):
    rng = np.random.default_rng(seed)
    told = rng.dirichlet(np.ones(votes.n_answers), votes.n_galaxies)
    told[rng.random(votes.n_galaxies) < 0.2] = np.nan
    model = HeldOut.from_other_galaxies(votes.galaxy_ids, told, trained_on=())
    assert crowdlab(votes, model).probabilities.sum(axis=1) == pytest.approx(1)
    for error in likely_errors(majority(votes), model):
        assert 0 <= error.quality <= 1 and error.n_votes > 0 and error.label != error.suggested


def test_our_weighted_mean_is_cleanlabs():
    from cleanlab.multiannotator import get_label_quality_multiannotator

    from galcore.consensus.confident_learning import crowdlab_posterior, crowdlab_weights

    campaign = simulate_campaign(200, seed=4)
    votes = campaign.votes
    told = held_out(votes, draw_features(campaign.truth, n_answers=4, separation=2.0)).probabilities
    ours = crowdlab_posterior(votes, told, crowdlab_weights(votes, told))
    wide = np.full((votes.n_galaxies, votes.n_people), np.nan)
    wide[votes.galaxies, votes.persons] = votes.choices
    theirs = get_label_quality_multiannotator(wide, told, verbose=False)["label_quality"]
    labels = theirs["consensus_label"].to_numpy()
    of_label = ours[np.arange(len(labels)), labels]
    assert of_label == pytest.approx(theirs["consensus_quality_score"].to_numpy(), abs=1e-5)


def test_probabilities_that_saw_the_votes_are_refused():
    campaign = simulate_campaign(30, seed=5)
    votes, told = campaign.votes, np.full((30, 4), 0.25)
    with pytest.raises(TypeError, match="HeldOut"):
        crowdlab(votes, told)
    with pytest.raises(GalcoreError, match="fold -1"):
        HeldOut(votes.galaxy_ids, told, np.full(30, -1))
    with pytest.raises(GalcoreError, match="such as g000003"):
        HeldOut.from_other_galaxies(votes.galaxy_ids, told, trained_on=["g000003", "other"])
    with pytest.raises(GalcoreError, match="sum to 1"):
        HeldOut(votes.galaxy_ids, told * 2, np.zeros(30, int))


def test_no_galaxy_is_judged_by_a_model_that_learned_from_it():
    seen = []

    def remember(features, beliefs):
        learned = set(features[:, 0].tolist())

        def predict(judged):
            seen.append(learned & set(judged[:, 0].tolist()))
            return np.full((len(judged), 2), 0.5)

        return predict

    beliefs = np.eye(2)[np.arange(40) % 2]
    ids = np.array([str(row) for row in range(40)], dtype=object)
    cross_validate(ids, np.arange(40.0)[:, None], beliefs, fit=remember)
    assert len(seen) == 5 and not any(seen)


def test_a_model_that_learns_from_some_of_the_galaxies_judges_all_of_them():
    campaign = simulate_campaign(300, seed=3)
    features = draw_features(campaign.truth, n_answers=4, separation=6.0, seed=3)
    learned = []

    def fit(rows, beliefs):
        learned.append(len(rows))
        return fit_logistic(rows, beliefs)

    told = cross_validate(
        campaign.votes.galaxy_ids, features, np.eye(4)[campaign.truth], fit=fit, most_learned=100
    )
    assert learned == [100] * 5
    assert np.mean(told.probabilities.argmax(axis=1) == campaign.truth) > 0.95
