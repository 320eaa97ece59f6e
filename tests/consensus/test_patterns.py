"""Galaxies with the same votes are computed once, and nothing changes by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from galcore.consensus import CrowdPrior, dawid_skene, person_skills
from galcore.consensus.patterns import find_patterns, row_max, row_sum
from galcore.consensus.result import vote_shares
from galcore.consensus.simulation import simulate_campaign


def test_galaxies_of_a_pattern_have_the_same_votes_and_weights():
    votes = simulate_campaign(500, votes_per_galaxy=(0, 3), seed=3).votes.weighed({"careful-00": 0.5})
    seen = find_patterns(votes)
    assert len(seen.times) < votes.n_galaxies and seen.times.sum() == votes.n_galaxies
    whole = votes.incidence().toarray()
    assert np.array_equal(seen.votes.incidence().toarray()[seen.of_galaxy], whole)
    assert len(np.unique(whole, axis=0)) == len(seen.times)


def test_votes_of_other_weight_are_another_pattern():
    votes = simulate_campaign(40, n_answers=2, votes_per_galaxy=(1, 1), seed=0).votes
    uneven = replace(votes, weights=np.linspace(0.1, 1, len(votes)))
    assert len(find_patterns(votes).times) < votes.n_galaxies == len(find_patterns(uneven).times)


@pytest.mark.parametrize("weight", [0.0, 0.5, 3.0])
def test_dawid_skene_is_that_of_every_galaxy_for_itself(weight):
    votes = simulate_campaign(400, votes_per_galaxy=(0, 3), seed=2).votes.weighed({"sloppy-04": weight})
    found = dawid_skene(votes)
    incidence, n_answers = votes.incidence().toarray(), votes.n_answers
    beliefs, voted = vote_shares(votes), votes.per_galaxy > 0
    for _ in found.log_posterior:
        counts = (incidence.T @ beliefs).reshape(-1, n_answers, n_answers).swapaxes(1, 2)
        counts = counts + CrowdPrior().confusion(n_answers)
        per_answer = np.log(counts / counts.sum(axis=2, keepdims=True)).swapaxes(1, 2)
        prevalence = beliefs[voted].sum(axis=0) + CrowdPrior().prevalence
        joint = incidence @ per_answer.reshape(-1, n_answers) + np.log(prevalence / prevalence.sum())
        beliefs = softmax(joint, axis=1)
    assert np.allclose(found.probabilities, beliefs, atol=1e-9)


def test_intervals_of_skill_are_drawn_as_for_every_galaxy_for_itself():
    """The numbers are those of a sampler that went through all galaxies one by one."""
    votes = simulate_campaign(400, votes_per_galaxy=(0, 3), seed=5).votes
    told = {each.person: each.skill for each in person_skills(votes, dawid_skene(votes))}
    for person, value, low, high in (
        ("biased-08", 0.533751, 0.362356, 0.717404),
        ("careful-02", 0.867801, 0.635804, 0.999536),
        ("sloppy-04", 0.619987, 0.382115, 0.863455),
    ):
        assert told[person].value == pytest.approx(value, abs=1e-6)
        assert (told[person].low, told[person].high) == pytest.approx((low, high), abs=1e-6)


def test_sums_and_maxima_of_rows_are_those_of_numpy():
    table = np.random.default_rng(0).normal(size=(50, 5))
    assert np.array_equal(row_max(table), table.max(axis=1))
    assert np.allclose(row_sum(table), table.sum(axis=1))
