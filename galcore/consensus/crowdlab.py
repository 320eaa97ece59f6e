"""Consensus with the model as one more voice: CROWDLAB beside Dawid-Skene, mixed as far as it helps.

CROWDLAB (Goh et al. 2022) gives each person one weight; it cannot tell a person who calls everything spiral
from one who is careless, which Dawid-Skene can. Dawid-Skene in turn knows nothing of the images. Neither is
always better, and a model that has learned nothing must do no harm. So the two are mixed as

    ``p ∝ p_DawidSkene^(1 - w) p_CROWDLAB^w``

and ``w`` is chosen by how well hidden votes are predicted. A sharp posterior is always improved by softening
it, with whatever. Therefore the mixture does not compete with Dawid-Skene but with Dawid-Skene softened by
the prevalence, the model that says nothing; only a gain of two standard errors over the best of these lets
the model in. Else ``w = 0``, and the result is Dawid-Skene's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from galcore.consensus.dawid_skene import dawid_skene
from galcore.consensus.held_out import HeldOut
from galcore.consensus.patterns import row_max, row_sum
from galcore.consensus.result import Consensus
from galcore.consensus.votes import Votes
from galcore.types import Progress, ProgressCallback

SHARES = (0.25, 0.5, 0.75)
N_FOLDS = 3
WANTED_ERRORS = 2.0  # standard errors of gain before the model is heard
_LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Posteriors:
    """What two ways say from the same votes."""

    people: Consensus
    crowdlab: NDArray[np.float64] | None


def crowdlab(
    votes: Votes,
    model: HeldOut | None,
    *,
    people: Consensus | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Consensus:
    """Dawid-Skene and CROWDLAB mixed as far as held-out votes ask for it.

    Args:
        votes: Answers of people. CROWDLAB needs galaxies with two votes; without any, and without a model,
            the result is Dawid-Skene's, with ``model_share`` 0.
        model: Out-of-sample probabilities; galaxies it does not know get the prevalence.
        people: What :func:`dawid_skene` says of the votes, where it is known already.
        seed: Of the votes that are hidden.
        progress: Called after the fit on all votes and after each with hidden ones.

    Raises:
        TypeError: If the probabilities come without provenance.
    """
    if model is not None and not isinstance(model, HeldOut):
        raise TypeError(
            "crowdlab takes HeldOut probabilities (galcore.consensus.held_out): of a model that did not "
            "see the votes of the galaxy it judges"
        )
    if model is None or votes.n_people < 2 or len(votes) == 0:
        return replace(people or dawid_skene(votes), method="crowdlab")
    probabilities = model.aligned(votes.galaxy_ids)
    full = _posteriors(votes, probabilities, seed, people)
    _tell(progress, 1)
    share = 0.0 if full.crowdlab is None else _chosen_share(votes, probabilities, seed, progress)
    if share == 0.0 or full.crowdlab is None:
        return replace(full.people, method="crowdlab")
    mixed = _heard(full.people, full.crowdlab, share)
    return replace(full.people, method="crowdlab", probabilities=mixed, model_share=share)


def _posteriors(
    votes: Votes, probabilities: NDArray[np.float64], seed: int, people: Consensus | None = None
) -> _Posteriors:
    from galcore.consensus.confident_learning import crowdlab_posterior, crowdlab_weights

    people = people or dawid_skene(votes)
    silent = np.isnan(probabilities).any(axis=1, keepdims=True)
    voice = np.where(silent, people.prevalence, probabilities)
    weights = crowdlab_weights(votes, voice, seed=seed)
    return _Posteriors(people, None if weights is None else crowdlab_posterior(votes, voice, weights))


def _tell(progress: ProgressCallback | None, done: int) -> None:
    if progress is not None:
        progress(Progress("asking the model", done, N_FOLDS + 1))


def _chosen_share(
    votes: Votes, probabilities: NDArray[np.float64], seed: int, progress: ProgressCallback | None
) -> float:
    """Share of CROWDLAB that predicts hidden votes best; 0 unless clearly better than softening alone."""
    fold_of = np.random.default_rng(seed).permutation(len(votes)) % N_FOLDS
    silent_gain: list[NDArray[np.float64]] = []
    model_gain: list[NDArray[np.float64]] = []
    for fold in range(N_FOLDS):
        hidden = votes.select(fold_of == fold)
        seen = _posteriors(votes.select(fold_of != fold), probabilities, seed)
        if seen.crowdlab is None:
            return 0.0
        people = seen.people
        blank = np.broadcast_to(people.prevalence, people.probabilities.shape)
        silent_gain.append(
            np.stack(
                [_vote_scores(hidden, people, _mixed(people.probabilities, blank, w)) for w in (0.0, *SHARES)]
            )
        )
        model_gain.append(
            np.stack([_vote_scores(hidden, people, _heard(people, seen.crowdlab, w)) for w in SHARES])
        )
        _tell(progress, fold + 2)
    silent, heard = np.concatenate(silent_gain, axis=1), np.concatenate(model_gain, axis=1)
    best = int(heard.mean(axis=1).argmax())
    gain = heard[best] - silent[int(silent.mean(axis=1).argmax())]
    error = gain.std() / np.sqrt(len(gain))
    return SHARES[best] if gain.mean() > WANTED_ERRORS * error else 0.0


def _heard(people: Consensus, voices: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """(N, K) the mixture; where nobody voted the model speaks alone, for there is nothing to mix with."""
    mixed = _mixed(people.probabilities, voices, share)
    return np.where((people.n_votes > 0)[:, None], mixed, voices)


def _vote_scores(hidden: Votes, people: Consensus, beliefs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(V,) log-probability of each hidden vote, given beliefs and how its person errs."""
    of_truth = people.confusion[hidden.persons, :, hidden.choices]  # (V, K)
    return np.log(row_sum(beliefs[hidden.galaxies] * of_truth))


def _mixed(first: NDArray[np.float64], second: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Normalised ``first^(1 - share) second^share``."""
    logits = (1 - share) * np.log(first + _LEAST) + share * np.log(second + _LEAST)
    unnormalised = np.exp(logits - row_max(logits)[:, None])
    return unnormalised / row_sum(unnormalised)[:, None]
