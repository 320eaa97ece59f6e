import numpy as np
import pandas as pd
import pytest

from galcore.export.questions import AskedQuestion
from galcore.review.agreement import (
    answers_to,
    cohen_kappa,
    pair_agreement,
    question_agreement,
    random_agreement,
)
from galcore.types import Campaign, GoldItem, Reason

XY = ("x", "y")


def answers(*rows, reason=Reason.RANDOM):
    return pd.DataFrame(rows, columns=["galaxy_id", "annotator", "answer"]).assign(reason=str(reason))


def test_people_who_always_agree_have_alpha_one():
    current = answers(
        ("g1", "a", "x"), ("g1", "b", "x"), ("g2", "a", "y"), ("g2", "b", "y"), ("g3", "a", "x")
    )
    result = random_agreement(current, XY)
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
    result = random_agreement(answers(*rows), XY)
    assert result.n_galaxies == 2
    assert result.percent == pytest.approx(50.0)
    # n = 5, D_o = (1/5)(9 - 5)/2 = 0.4, answers 2 x and 3 y: D_e = (25 - 13)/20 = 0.6
    assert result.alpha == pytest.approx(1 - 0.4 / 0.6)


def test_without_overlap_there_is_no_agreement_to_report():
    assert random_agreement(answers(("g1", "a", "x"), ("g2", "b", "y")), XY).n_galaxies == 0
    assert np.isnan(random_agreement(answers(), XY).alpha)
    assert pair_agreement(answers(), XY).empty


def test_one_answer_only_has_no_alpha():
    assert np.isnan(cohen_kappa(np.array([[2, 0], [0, 0]])))


def test_kappa_by_hand():
    # 20 x yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o = 0.7, p_e = 0.5
    assert cohen_kappa(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)


def test_pairs_of_people_are_compared_on_what_both_saw():
    rows = [
        ("g1", "a", "x"),
        ("g1", "b", "y"),
        ("g2", "a", "y"),
        ("g2", "b", "y"),
        ("g3", "a", "x"),
        ("g3", "c", "x"),
    ]
    pairs = pair_agreement(answers(*rows), XY).set_index(["first", "second"])
    assert pairs.loc[("a", "b"), "n_galaxies"] == 2
    assert pairs.loc[("a", "b"), "percent"] == 50.0
    assert ("b", "c") not in pairs.index


def test_only_what_the_random_stream_gave_to_both_is_compared():
    mixed = pd.concat(
        [
            answers(("g1", "a", "x"), ("g1", "b", "x"), ("g2", "a", "x")),
            answers(("g2", "b", "y"), ("g3", "a", "x"), ("g3", "b", "y"), reason=Reason.TOP),
        ]
    )
    assert random_agreement(mixed, XY).n_galaxies == 1
    assert pair_agreement(mixed, XY)["percent"].tolist() == [100.0]


def test_decisions_gold_and_second_looks_are_no_votes():
    campaign = Campaign("c", "C", "?", XY, gold=(GoldItem("g2", "x"),))
    events = pd.concat(
        [
            answers(("g1", "a", "x"), ("g1", "b", "x"), ("g2", "a", "x"), ("g2", "b", "y")),
            answers(("g1", "judge", "y"), reason=Reason.ADJUDICATION),
            answers(("g1", "a", "y"), reason=Reason.REASK),
        ]
    )
    question = AskedQuestion("", "c", XY, XY)
    assert len(answers_to(campaign, events, question).votes) == 2
    found = question_agreement(campaign, events, question)
    assert (found.n_shared, found.overall.n_galaxies, found.overall.percent) == (1, 1, 100.0)


def test_questions_of_a_tree_are_not_mixed():
    events = answers(("g1", "a", "x"), ("g1", "b", "x")).assign(question="first")
    events = pd.concat([events, answers(("g1", "a", "x"), ("g1", "b", "y")).assign(question="second")])
    campaign = Campaign("c", "C", "?", XY)
    percent = [
        question_agreement(campaign, events, AskedQuestion(name, name, XY, XY)).overall.percent
        for name in ("first", "second")
    ]
    assert percent == [100.0, 0.0]
