import numpy as np
import pandas as pd
import pytest

from galcore.consensus.votes import Votes, on_random_overlap, split_answers
from galcore.types import GalcoreError, Reason

COLUMNS = ["galaxy_id", "annotator", "answer", "reason"]


def events(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_gold_reasks_and_decisions_are_kept_apart_from_votes():
    found = split_answers(
        events(
            ("g1", "ada", "spiral", Reason.RANDOM),
            ("g2", "ada", "smooth", Reason.GOLD),
            ("g1", "ada", "smooth", Reason.REASK),
            ("g1", "judge", "spiral", Reason.ADJUDICATION),
            ("g3", "ben", "spiral", Reason.TOP),
        ),
        gold={"g2": "spiral", "g3": "spiral"},
    )
    assert found.votes[["galaxy_id", "annotator", "answer"]].to_numpy().tolist() == [["g1", "ada", "spiral"]]
    assert found.gold["galaxy_id"].tolist() == ["g2", "g3"]
    assert found.gold["truth"].tolist() == ["spiral", "spiral"]
    assert found.reasks[["answer", "first"]].to_numpy().tolist() == [["smooth", "spiral"]]
    assert found.adjudications["annotator"].tolist() == ["judge"]


def test_of_a_history_the_last_standing_answer_to_the_question_counts():
    history = events(
        ("g1", "ada", "smooth", Reason.TOP),
        ("g1", "ada", "spiral", Reason.TOP),
        ("g1", "ben", "smooth", Reason.TOP),
        ("g1", "ben", "yes", Reason.TOP),
        ("g2", "ben", "", Reason.TOP),
    ).assign(
        kind=["label", "label", "label", "label", "skip"],
        undone=[False, False, True, False, False],
        question=["", "", "", "bar", ""],
    )
    votes = split_answers(history).votes
    assert votes[["galaxy_id", "annotator", "answer"]].to_numpy().tolist() == [["g1", "ada", "spiral"]]
    assert split_answers(history, question="bar").votes["annotator"].tolist() == ["ben"]


def test_only_the_random_stream_is_a_fair_sample_for_agreement():
    votes = events(("g1", "ada", "a", Reason.RANDOM), ("g2", "ada", "a", Reason.TOP))
    assert on_random_overlap(votes)["galaxy_id"].tolist() == ["g1"]


def test_votes_of_a_frame_count_people_per_galaxy_and_answer():
    frame = events(("g2", "ben", "y", ""), ("g1", "ada", "x", ""), ("g2", "ada", "y", ""))
    votes = Votes.from_frame(frame, ("x", "y"), galaxy_ids=["g2", "g1", "g0"])
    assert votes.counts().tolist() == [[0, 2], [1, 0], [0, 0]]
    assert votes.people == ("ada", "ben")
    assert np.array_equal(votes.incidence().sum(axis=1), votes.counts().sum(axis=1))


def test_an_unknown_answer_and_a_doubled_vote_are_named():
    with pytest.raises(GalcoreError, match="'z' is none of x, y"):
        Votes.from_frame(events(("g1", "ada", "z", "")), ("x", "y"))
    with pytest.raises(GalcoreError, match="ada has two votes for galaxy g1"):
        Votes.from_frame(events(("g1", "ada", "x", ""), ("g1", "ada", "y", "")), ("x", "y"))


def test_no_votes_at_all_are_votes_too():
    votes = Votes.from_frame(events(), ("x", "y"))
    assert (len(votes), votes.n_galaxies, votes.n_people) == (0, 0, 0)
    assert split_answers(events(), gold={"g1": "x"}).votes.empty
