import numpy as np
import pandas as pd
import pytest

from galcore.review.agreement import agreement, cohen_kappa, pair_agreement
from galcore.types import Reason


def answers(*rows, reason=Reason.RANDOM):
    return pd.DataFrame(rows, columns=["galaxy_id", "annotator", "answer"]).assign(reason=str(reason))


def test_people_who_always_agree_have_alpha_one():
    current = answers(
        ("g1", "a", "x"), ("g1", "b", "x"), ("g2", "a", "y"), ("g2", "b", "y"), ("g3", "a", "x")
    )
    result = agreement(current)
    assert (result.n_galaxies, result.percent, result.alpha) == (2, 100.0, 1.0)
    assert result.alpha_low <= result.alpha <= result.alpha_high


def test_agreement_counts_pairs_on_the_overlap_by_hand():
    # g1: two of three agree (1 of 3 pairs), g2: both agree (1 of 1), g3 has one voice: 2 of 4 pairs.
    rows = [
        ("g1", "a", "x"),
        ("g1", "b", "x"),
        ("g1", "c", "y"),
        ("g2", "a", "y"),
        ("g2", "b", "y"),
        ("g3", "a", "x"),
    ]
    result = agreement(answers(*rows))
    assert result.n_galaxies == 2
    assert result.percent == pytest.approx(50.0)
    # n = 5, D_o = (1/5)(9 - 5)/2 = 0.4, answers 2 x and 3 y: D_e = (25 - 13)/20 = 0.6
    assert result.alpha == pytest.approx(1 - 0.4 / 0.6)


def test_without_overlap_there_is_no_agreement_to_report():
    assert agreement(answers(("g1", "a", "x"), ("g2", "b", "y"))).n_galaxies == 0
    assert np.isnan(agreement(answers()).alpha)
    assert pair_agreement(answers()).empty


def test_one_answer_only_has_no_alpha():
    assert np.isnan(cohen_kappa(np.array(["x", "x"]), np.array(["x", "x"])))


def test_kappa_by_hand():
    # 20 x yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o = 0.7, p_e = 0.5
    first = np.array(["yes"] * 25 + ["no"] * 25)
    second = np.array(["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15)
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_pairs_of_people_are_compared_on_what_both_saw():
    rows = [
        ("g1", "a", "x"),
        ("g1", "b", "y"),
        ("g2", "a", "y"),
        ("g2", "b", "y"),
        ("g3", "a", "x"),
        ("g3", "c", "x"),
    ]
    pairs = pair_agreement(answers(*rows)).set_index(["first", "second"])
    assert pairs.loc[("a", "b"), "n_galaxies"] == 2
    assert pairs.loc[("a", "b"), "percent"] == 50.0
    assert ("b", "c") not in pairs.index


def test_a_decision_is_not_a_vote():
    current = pd.concat(
        [
            answers(("g1", "a", "x"), ("g1", "b", "x")),
            answers(("g1", "judge", "y"), reason=Reason.ADJUDICATION),
        ]
    )
    assert agreement(current).percent == 100.0
