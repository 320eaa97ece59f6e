import numpy as np
import pandas as pd
import pytest

from galcore.consensus import (
    Votes,
    cross_validate,
    crowdlab,
    dawid_skene,
    fit_logistic,
    label_weights,
    likely_errors,
    majority,
    person_skills,
    soft_labels,
    split_answers,
)
from galcore.consensus.comparison import skill_coverage
from galcore.consensus.people import jeffreys_interval
from galcore.consensus.simulation import draw_features, simulate_campaign, votes_from_fractions
from galcore.types import Reason


def test_skills_are_near_the_truth_and_order_people():
    campaign = simulate_campaign(3000, votes_per_galaxy=(3, 3), seed=11)
    found = person_skills(campaign.votes, dawid_skene(campaign.votes))
    prevalence = np.bincount(campaign.truth) / len(campaign.truth)
    true_skill = np.einsum("k,pkk->p", prevalence, campaign.confusion)
    told = np.array([person.skill.value for person in found])
    order = [campaign.votes.people.index(person.person) for person in found]
    assert told == pytest.approx(true_skill[order], abs=0.08)
    assert all(person.skill.low <= person.skill.value <= person.skill.high for person in found)
    assert sum(person.n_votes for person in found) == len(campaign.votes)


def test_intervals_of_skill_hold_the_truth_of_most_people():
    assert skill_coverage(range(4), n_galaxies=300) > 0.85  # of 48 people; 40 campaigns of 600 give .94


def test_somebody_who_only_answered_gold_is_known_by_that_alone():
    frame = pd.DataFrame(
        [("g1", "ada", "x", Reason.GOLD), ("g2", "ben", "y", Reason.TOP)],
        columns=["galaxy_id", "annotator", "answer", "reason"],
    )
    answers = split_answers(frame, gold={"g1": "x"})
    votes = Votes.from_frame(answers.votes, ("x", "y"))
    ada, ben = person_skills(votes, dawid_skene(votes), answers)
    assert ada.gold.value == 1.0 and ada.n_votes == 0
    assert ada.skill.high - ada.skill.low > 0.5
    assert ben.skill.low < ben.skill.high and ben.gold is None


def test_gold_and_reasks_measure_a_person_with_intervals():
    rows = [(f"g{n}", "ada", "x", Reason.GOLD) for n in range(10)]
    rows += [("h1", "ada", "x", Reason.RANDOM), ("h1", "ada", "y", Reason.REASK)]
    rows += [("h2", "ben", "x", Reason.RANDOM)]
    frame = pd.DataFrame(rows, columns=["galaxy_id", "annotator", "answer", "reason"])
    answers = split_answers(frame, gold={f"g{n}": "x" if n else "y" for n in range(10)})
    votes = Votes.from_frame(answers.votes, ("x", "y"))
    ada, ben = person_skills(votes, dawid_skene(votes), answers)
    assert (ada.n_votes, ada.n_gold, ada.n_reasks) == (1, 10, 1)
    assert ada.gold.value == 0.9 and ada.gold.low == pytest.approx(0.619, abs=1e-3)
    assert ada.consistency.value == 0.0
    assert ben.gold is None and ben.consistency is None


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no share"):
        jeffreys_interval(0, 0)


def model_of(campaign, separation):
    votes = campaign.votes
    features = draw_features(campaign.truth, n_answers=4, separation=separation, seed=3)
    return cross_validate(votes.galaxy_ids, features, dawid_skene(votes).probabilities, fit=fit_logistic)


def test_planted_errors_lead_the_list_to_look_at_again():
    campaign = simulate_campaign(500, votes_per_galaxy=(1, 1), mixture=(("careful", 6),), seed=2)
    consensus = majority(campaign.votes)
    wrong = set(consensus.galaxy_ids[consensus.choices != campaign.truth].tolist())
    found = likely_errors(consensus, model_of(campaign, 5.0), limit=20)
    assert len(found) == 20
    assert np.mean([error.galaxy_id in wrong for error in found]) > 0.8
    assert all(error.label != error.suggested for error in found)
    assert found[0].flagged and found[0].quality <= found[5].quality


def test_a_consensus_with_the_model_in_it_neither_teaches_nor_judges_it():
    campaign = simulate_campaign(400, seed=7)
    model = model_of(campaign, 3.0)
    mixed = crowdlab(campaign.votes, model)
    assert mixed.model_share > 0
    with pytest.raises(ValueError, match="learn from itself"):
        label_weights(mixed)
    with pytest.raises(ValueError, match="people alone"):
        likely_errors(mixed, model)
    with pytest.raises(TypeError, match="HeldOut"):
        likely_errors(majority(campaign.votes), model.probabilities)


def test_labels_weigh_by_how_sure_people_are():
    campaign = simulate_campaign(300, seed=9)
    asked = campaign.votes.galaxies > 0
    consensus = dawid_skene(campaign.votes.select(asked))
    weights = label_weights(consensus)
    assert weights[0] == 0 and (weights >= 0).all() and (weights <= 1).all()
    order = consensus.confidence[1:].argsort()
    assert (np.diff(weights[1:][order]) >= -1e-12).all()
    assert soft_labels(consensus).sum(axis=1) == pytest.approx(weights)


def test_votes_drawn_from_fractions_have_the_leading_answer_as_truth():
    fractions = np.array([[0.9, 0.1], [0.3, 0.7]])
    campaign = votes_from_fractions(np.tile(fractions, (200, 1)), mixture=(("careful", 5),), seed=1)
    assert campaign.truth.tolist() == [0, 1] * 200
    shares = campaign.votes.counts().astype(float)
    even = shares[::2].sum(axis=0)
    assert 0.75 < even[0] / even.sum() < 0.92
