"""Majority, Dawid-Skene and CROWDLAB against the truth of simulated campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from galcore.consensus.crowdlab import crowdlab
from galcore.consensus.dawid_skene import dawid_skene
from galcore.consensus.expert_types import ExpertTypes
from galcore.consensus.held_out import cross_validate, fit_logistic
from galcore.consensus.people import person_skills
from galcore.consensus.result import TIE, Consensus, majority
from galcore.consensus.simulation import (
    SimulatedCampaign,
    draw_features,
    draw_fractions,
    simulate_campaign,
    votes_from_fractions,
)
from galcore.types import Interval

METHODS = ("majority", "dawid-skene", "crowdlab")
# Separation of the model's clouds in standard deviations; None: there is no model.
MODELS = {"informative": 3.0, "weak": 2.0, "uninformative": 0.0, "absent": None}
CROWDS = ("confusion", "fractions", "efigi")


@dataclass(frozen=True, slots=True)
class Trial:
    """Accuracy of every method on one simulated campaign.

    Attributes:
        crowd: ``confusion``: people err by their confusion; ``fractions``: galaxies are ambiguous too;
            ``efigi``: ambiguous as real galaxies are, with experts' attributes as the model's view.
        model: How much the model knows, a key of :data:`MODELS`.
        seed: Of the campaign.
        accuracy: Share of galaxies with the true answer, per method; ties count by their chance.
        model_accuracy: Of the model alone, held out; NaN without one.
        model_share: Share of CROWDLAB in the mixture.
    """

    crowd: str
    model: str
    seed: int
    accuracy: dict[str, float]
    model_accuracy: float
    model_share: float


def accuracy(consensus: Consensus | NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """Share of galaxies whose likeliest answer is true; one of n tied answers counts 1/n."""
    told = consensus.probabilities if isinstance(consensus, Consensus) else consensus
    leading = told >= told.max(axis=1, keepdims=True) - TIE
    return float((leading[np.arange(len(truth)), truth] / leading.sum(axis=1)).mean())


def run_trial(
    crowd: str, model: str, *, seed: int, n_galaxies: int = 600, real: ExpertTypes | None = None
) -> Trial:
    """One campaign of 12 people, 1-3 votes a galaxy and 4 answers; the model learns from its votes.

    Args:
        crowd: One of :data:`CROWDS`; ``efigi`` needs ``real``.
        model: A key of :data:`MODELS`.
        seed: Of the campaign, the model's view and the folds.
        n_galaxies: Of each campaign.
        real: Real galaxies, of which so many are drawn.
    """
    campaign, seen = _draw(crowd, n_galaxies, seed, real)
    votes, truth = campaign.votes, campaign.truth
    people = dawid_skene(votes)
    found = {"majority": majority(votes), "dawid-skene": people}
    features, held_out = _view(model, truth, seen, seed), None
    if features is not None:
        beliefs = people.probabilities
        held_out = cross_validate(votes.galaxy_ids, features, beliefs, fit=fit_logistic, seed=seed)
    found["crowdlab"] = crowdlab(votes, held_out, seed=seed)
    return Trial(
        crowd=crowd,
        model=model,
        seed=seed,
        accuracy={name: accuracy(found[name], truth) for name in METHODS},
        model_accuracy=float("nan") if held_out is None else accuracy(held_out.probabilities, truth),
        model_share=found["crowdlab"].model_share,
    )


def _draw(
    crowd: str, n_galaxies: int, seed: int, real: ExpertTypes | None
) -> tuple[SimulatedCampaign, NDArray[np.float64] | None]:
    """Votes, and features of the galaxies where they are real."""
    if crowd == "confusion":
        return simulate_campaign(n_galaxies, seed=seed), None
    if crowd == "fractions":
        return votes_from_fractions(draw_fractions(n_galaxies, seed=seed), seed=seed), None
    if real is None:
        raise ValueError(f"crowd {crowd!r} needs real galaxies")
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(real.fractions), min(n_galaxies, len(real.fractions)), replace=False)
    return votes_from_fractions(real.fractions[rows], seed=seed), real.features[rows]


def _view(
    model: str, truth: NDArray[np.intp], seen: NDArray[np.float64] | None, seed: int
) -> NDArray[np.float64] | None:
    """What the model is shown of each galaxy; of real ones their own features, or another galaxy's."""
    separation = MODELS[model]
    if separation is None:
        return None
    if seen is None:
        n_answers = int(truth.max()) + 1
        return draw_features(truth, n_answers=n_answers, separation=separation, seed=seed + 1_000_000)
    return seen if separation else np.random.default_rng(seed).permutation(seen)


def run_trials(
    seeds: Iterable[int], *, n_galaxies: int = 600, real: ExpertTypes | None = None
) -> tuple[Trial, ...]:
    """Every crowd with every model and seed; ``efigi`` where there are real galaxies, with one model less."""
    settings = [(crowd, model) for crowd in CROWDS for model in MODELS if crowd != "efigi"]
    if real is not None:
        settings += [("efigi", model) for model in MODELS if model != "weak"]
    return tuple(
        run_trial(crowd, model, seed=seed, n_galaxies=n_galaxies, real=real)
        for crowd, model in settings
        for seed in seeds
    )


def mean_interval(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Mean over seeds with Student's interval; of paired differences it says whether one method is better."""
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Interval(mean, float("-inf"), float("inf"))
    half = float(student.ppf((1 + confidence) / 2, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half)


def skill_coverage(
    seeds: Iterable[int], *, n_galaxies: int = 600, votes_per_galaxy: tuple[int, int] = (1, 3)
) -> float:
    """Share of simulated people whose true skill lies in the 95 % interval told for them."""
    inside = []
    for seed in seeds:
        campaign = simulate_campaign(n_galaxies, votes_per_galaxy=votes_per_galaxy, seed=seed)
        n_answers = campaign.votes.n_answers
        shares = np.bincount(campaign.truth, minlength=n_answers) / len(campaign.truth)
        true_skill = dict(
            zip(campaign.votes.people, np.einsum("k,pkk->p", shares, campaign.confusion), strict=True)
        )
        for person in person_skills(campaign.votes, dawid_skene(campaign.votes), seed=seed):
            inside.append(person.skill.low <= true_skill[person.person] <= person.skill.high)
    return float(np.mean(inside))


def gains(trials: Iterable[Trial], better: str, worse: str) -> list[float]:
    """Difference of accuracy of two methods on the same campaigns."""
    return [trial.accuracy[better] - trial.accuracy[worse] for trial in trials]
