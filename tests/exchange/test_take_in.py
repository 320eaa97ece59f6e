"""Votes come in from files, exactly; what cannot be taken is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galcore.exchange import take_in
from galcore.export.files import write_table
from galcore.export.votes import vote_rows
from galcore.labels import LabelStore
from galcore.questions import built_in_trees
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, Provenance, Reason

ZOO = Campaign("zoo", "Zoo", "?", ("smooth", "Featured, or disk", "棒"), "multiclass")
EMPTY = Campaign("empty", "Empty", "?", ZOO.answers, "multiclass")
TREE = Campaign(
    "t", "Tree", "?", ("smooth", "featured-or-disk", "artifact"), "tree", tree=built_in_trees()["gzd5"]
)
PROVENANCE = Provenance("1", "", "", "", {"exact_text": True}, "2026-01-01")
KNOWN = frozenset({"007", "8", 'a "b", c'})
HEAD = "galaxy_id,annotator,answer,explicit,reason,score,created_at\n"
MOMENT = "2026-01-02T03:04:05.000006+00:00"

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
loose = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
votes = st.lists(
    st.tuples(
        text, text, st.sampled_from(ZOO.answers), st.booleans(), st.sampled_from(list(Reason)),
        st.one_of(st.none(), st.floats(), st.floats(0, 1)), loose, loose, st.integers(0, 999),
    ),
    max_size=12,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        for campaign in (ZOO, EMPTY, TREE):
            opened.create_campaign(campaign)
        yield opened


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(content: str) -> Path:
        path = tmp_path / "votes.csv"
        path.write_text(content, "utf-8")
        return path

    return write


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(votes, st.sampled_from([".csv", ".parquet", ".fits"]))
def test_votes_that_are_exported_and_taken_into_an_empty_campaign_are_the_same(rows, suffix):
    events = [
        LabelEvent(
            f"e{number}", "zoo", galaxy, person, EventKind.LABEL, answer, explicit, reason, score,
            comment=comment, display=display, round=round_number,
        )
        for number, (galaxy, person, answer, explicit, reason, score, comment, display, round_number)
        in enumerate(rows)
    ]  # fmt: skip
    with TemporaryDirectory() as folder, LabelStore.open(Path(folder) / "labels.duckdb") as store:
        for campaign in (ZOO, EMPTY):
            store.create_campaign(campaign)
        store.append(events)
        before = vote_rows(store.history("zoo"))
        file = write_table(before, Path(folder) / f"votes{suffix}", PROVENANCE)[0]
        known = frozenset(event.galaxy_id for event in events)
        brought = take_in(store, file, EMPTY, known=known, format="votes")
        assert (brought.n_new, brought.left_out) == (len(before), ())
        pd.testing.assert_frame_equal(vote_rows(store.history("empty")), before)
        again = take_in(store, file, EMPTY, known=known, format="votes")
        assert (again.n_new, again.n_known) == (0, len(before))


def test_times_and_leading_zeros_are_kept(store, csv_file):
    file = csv_file(HEAD + f'007,"Vera, ""V""",棒,False,random,0.25,{MOMENT}\n')
    assert take_in(store, file, ZOO, known=KNOWN).n_new == 1
    (row,) = vote_rows(store.history("zoo")).to_dict("records")
    assert (row["galaxy_id"], row["annotator"], row["answer"]) == ("007", 'Vera, "V"', "棒")
    assert (row["explicit"], row["reason"], row["score"], row["created_at"]) == (
        False,
        "random",
        0.25,
        MOMENT,
    )


@pytest.mark.parametrize(
    ("line", "place", "reason"),
    [
        ("7,Vera,smooth,True,top,,", "line 2, column galaxy_id", "no galaxy"),
        (",Vera,smooth,True,top,,", "line 2, column galaxy_id", "is empty"),
        ("007,,smooth,True,top,,", "line 2, column annotator", "is empty"),
        ("007,Vera,banana,True,top,,", "line 2, column answer", "'banana' is no answer"),
        ("007,Vera,smooth,perhaps,top,,", "line 2, column explicit", "neither true nor false"),
        ("007,Vera,smooth,True,because,,", "line 2, column reason", "none of"),
        ("007,Vera,smooth,True,top,high,", "line 2, column score", "no number"),
        ("007,Vera,smooth,True,top,,yesterday", "line 2, column created_at", "no time"),
        ("007,Vera,smooth,True,top,,2999-01-01", "line 2, column created_at", "future"),
        ("007,Vera,smooth", "line 2", "3 fields instead of 7"),
    ],
)
def test_a_wrong_row_is_named_and_the_rest_goes_on(store, csv_file, line, place, reason):
    file = csv_file(HEAD + line + "\n8,Vera,smooth,True,top,,\n")
    brought = take_in(store, file, ZOO, known=KNOWN)
    assert brought.n_new == 1
    (left,) = brought.left_out
    assert left.source == f"votes.csv, {place}" and reason in left.reason


def test_a_row_after_a_text_of_several_lines_is_counted_by_lines(store, csv_file):
    file = csv_file('galaxy_id,annotator,answer,comment\n8,Vera,smooth,"two\nlines"\n7,Vera,smooth,\n')
    brought = take_in(store, file, ZOO, known=KNOWN)
    assert brought.n_new == 1 and brought.left_out[0].source == "votes.csv, line 4, column galaxy_id"


def test_a_vote_that_the_store_refuses_is_left_out_alone(store, csv_file):
    file = csv_file(f"galaxy_id,annotator,answer\n8,{'x' * 300},smooth\n007,Vera,smooth\n")
    brought = take_in(store, file, ZOO, known=KNOWN)
    assert brought.n_new == 1 and "at most 200" in brought.left_out[0].reason


def test_questions_of_a_tree_come_in_with_their_answers(store, csv_file):
    lines = "galaxy_id,annotator,question,answer\n8,Vera,bar,strong\n8,Vera,bar,smooth\n8,Vera,what,yes\n"
    brought = take_in(store, csv_file(lines), TREE, known=KNOWN)
    assert brought.n_new == 1 and len(brought.left_out) == 2


def test_numbers_of_votes_come_in_only_when_asked_for(store, csv_file):
    lines = (
        "galaxy_id,smooth-or-featured_smooth,smooth-or-featured_artifact,bar_no\n007,2,1,\n8,0,0,x\n9,1,1,1\n"
    )
    with pytest.raises(GalcoreError, match="--anonymous-counts"):
        take_in(store, csv_file(lines), TREE, known=KNOWN)
    brought = take_in(store, csv_file(lines), TREE, known=KNOWN, anonymous_counts=True)
    assert brought.n_new == 3 and brought.format == "counts"
    assert [item.source for item in brought.left_out] == [
        "votes.csv, line 3, column bar_no", "votes.csv, line 4, column galaxy_id",
    ]  # fmt: skip
    rows = vote_rows(store.history("t"))
    assert sorted(rows["answer"]) == ["artifact", "smooth", "smooth"] and rows["annotator"].nunique() == 3
    assert take_in(store, csv_file(lines), TREE, known=KNOWN, anonymous_counts=True).n_new == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("a,a\n1,2\n", "'a' stands there twice"),
        ("name,value\n1,2\n", "no file of votes"),
        ('galaxy_id,annotator,answer\n8,"Vera,smooth\n', "cannot be read"),
    ],
)
def test_a_file_that_is_none_of_votes_is_refused_with_its_name(store, csv_file, content, message):
    with pytest.raises(GalcoreError, match=message) as error:
        take_in(store, csv_file(content), ZOO, known=KNOWN)
    assert "votes.csv" in str(error.value)


@pytest.mark.parametrize("name", ["votes.parquet", "votes.fits", "votes.xlsx", "absent.csv"])
def test_files_that_cannot_be_read_are_named(store, tmp_path, name):
    if not name.startswith("absent"):
        (tmp_path / name).write_bytes(b"nonsense")
    with pytest.raises(GalcoreError, match=name):
        take_in(store, tmp_path / name, ZOO, known=KNOWN)


def test_text_that_is_not_utf8_is_named(store, tmp_path):
    (tmp_path / "votes.csv").write_bytes(b"galaxy_id,annotator,answer\n8,\xff,smooth\n")
    with pytest.raises(GalcoreError, match="UTF-8"):
        take_in(store, tmp_path / "votes.csv", ZOO, known=KNOWN)


def test_a_closed_campaign_takes_nothing_in(store, csv_file):
    from dataclasses import replace

    closed = store.update_campaign(replace(ZOO, state="closed"))
    with pytest.raises(GalcoreError, match="closed"):
        take_in(store, csv_file("galaxy_id,annotator,answer\n8,V,smooth\n"), closed, known=KNOWN)
