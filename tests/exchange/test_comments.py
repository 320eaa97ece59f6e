"""Discussions go out and come in exactly; what cannot be taken is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from galcore.exchange import take_in
from galcore.export import export_campaign
from galcore.export.comments import comment_rows
from galcore.labels import LabelStore
from galcore.review.thread import edit, message, read_messages, withdrawal
from galcore.types import Campaign, GalcoreError
from galcore.workspace import Workspace

BARS = Campaign("bars", "Bars", "?", ("bar", "none"))
KNOWN = frozenset({"g1", "g2"})
HEAD = "event_id,galaxy_id,annotator,kind,text,message_id,created_at\n"


@pytest.fixture
def talked(sky: Workspace) -> Workspace:
    """A workspace in which two people talked about two galaxies."""
    first, second = (str(each) for each in sky.catalog["galaxy_id"].iloc[:2])
    sky.labels.create_campaign(BARS)
    sky.labels.append_thread(
        [
            message("bars", first, "Vera", "a bar?\n“ja”, 棒 <b>", event_id="m1"),
            message("bars", second, "أحمد", "two nuclei, 'quoted', \"twice\"", event_id="m2"),
            message("bars", first, "Vera", "wrong galaxy", event_id="m3"),
        ]
    )
    one, _, three = read_messages(sky.labels.thread("bars"))
    sky.labels.append_thread([edit("bars", one, "a bar."), withdrawal("bars", three)])
    return sky


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".fits"])
def test_discussions_written_and_read_back_are_the_same(
    talked: Workspace, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"comments{suffix}"
    report = export_campaign(talked, BARS, None, comments=file)
    assert report.n_comments == 5 and file in report.files
    known = frozenset(talked.catalog["galaxy_id"].astype(str))
    with LabelStore.open(tmp_path / "labels.duckdb") as other:
        other.create_campaign(BARS)
        brought = take_in(other, file, BARS, known=known)
        assert (brought.format, brought.n_new, brought.n_known, brought.left_out) == ("comments", 5, 0, ())
        assert take_in(other, file, BARS, known=known).n_known == 5
        before, after = comment_rows(talked.labels.thread("bars")), comment_rows(other.thread("bars"))
        pd.testing.assert_frame_equal(after, before)
        assert read_messages(other.thread("bars")) == read_messages(talked.labels.thread("bars"))


def test_names_in_messages_are_not_exported_under_pseudonyms(talked: Workspace, tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match="names"):
        export_campaign(talked, BARS, None, comments=tmp_path / "c.csv", pseudonymous=True)
    assert not (tmp_path / "c.csv").exists()


def test_rows_that_cannot_be_taken_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = (
        "m1,g1,ada,write,a bar,,2026-01-02T03:04:05+00:00\n"
        "m2,nowhere,ada,write,a bar,,\n"
        "m3,g1,ada,shout,a bar,,\n"
        "m4,g1,ben,edit,not mine,m1,\n"
        "m5,g1,ada,write,  ,,\n"
        "m6,g2,ada,write,late,,yesterday\n"
        "m7,g2,ada,write,the last,,\n"
    )
    (tmp_path / "comments.csv").write_text(HEAD + rows, "utf-8")
    with LabelStore.open(tmp_path / "labels.duckdb") as store:
        store.create_campaign(BARS)
        brought = take_in(store, tmp_path / "comments.csv", BARS, known=KNOWN)
        assert store.thread("bars")["event_id"].tolist() == ["m1", "m7"]
    assert [left.source for left in brought.left_out] == [
        "comments.csv, line 3, column galaxy_id",
        "comments.csv, line 4, column kind",
        "comments.csv, line 5",
        "comments.csv, line 6",
        "comments.csv, line 7, column created_at",
    ]
