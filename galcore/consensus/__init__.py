"""What several people's votes come to, how good each of them is, and how far they agree.

:func:`majority`, :func:`dawid_skene` and :func:`crowdlab` turn :class:`Votes` into a :class:`Consensus`.
"""

from galcore.consensus.agreement import Agreement, agreement_of, krippendorff_alpha, metric_of
from galcore.consensus.crowdlab import crowdlab
from galcore.consensus.dawid_skene import CrowdPrior, dawid_skene
from galcore.consensus.held_out import HeldOut, cross_validate, fit_logistic
from galcore.consensus.label_errors import LikelyError, likely_errors
from galcore.consensus.people import PersonSkill, person_skills
from galcore.consensus.result import Consensus, majority
from galcore.consensus.rule import Voice, reach_consensus
from galcore.consensus.votes import Answers, Votes, on_random_overlap, split_answers
from galcore.consensus.weights import label_weights, soft_labels

__all__ = [
    "Agreement",
    "Answers",
    "Consensus",
    "CrowdPrior",
    "HeldOut",
    "LikelyError",
    "PersonSkill",
    "Voice",
    "Votes",
    "agreement_of",
    "cross_validate",
    "crowdlab",
    "dawid_skene",
    "fit_logistic",
    "krippendorff_alpha",
    "label_weights",
    "likely_errors",
    "majority",
    "metric_of",
    "on_random_overlap",
    "person_skills",
    "reach_consensus",
    "soft_labels",
    "split_answers",
]
