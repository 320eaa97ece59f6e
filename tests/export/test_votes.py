import numpy as np
import pandas as pd
import pytest

from galcore.export.pseudonyms import KEY_FILE, pseudonym, pseudonymise, workspace_key
from galcore.export.questions import asked_questions
from galcore.export.table import results_table
from galcore.export.votes import VOTE_COLUMNS, vote_rows
from galcore.labels import LabelStore
from galcore.questions import built_in_trees
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, Reason

FEATURES = Campaign("several", "Features", "Which are there?", ("bar", "Ring!"), "multilabel")
TREE = Campaign(
    "tree", "Zoo", "?", ("smooth", "featured-or-disk", "artifact"), "tree", tree=built_in_trees()["gzd5"]
)
CATALOG = pd.DataFrame({"galaxy_id": pd.Series(["007", "8"], dtype="string"), "ra": [1.0, 2.0], "dec": 0.0})


def vote(campaign: str, galaxy: str, person: str, question: str, answer: str, **more) -> LabelEvent:
    name = f"{campaign}{galaxy}{person}{question}{answer}{more.get('reason', '')}"
    return LabelEvent(
        name, campaign, galaxy, person, EventKind.LABEL, answer, question=question, comment="by Vera", **more
    )


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(FEATURES)
        opened.create_campaign(TREE)
        yield opened


def test_several_answers_at_once_get_a_column_each_and_one_label(store):
    store.append(
        [
            vote("several", "007", "a", "bar", "yes"),
            vote("several", "007", "b", "bar", "yes"),
            vote("several", "007", "a", "Ring!", "no"),
            vote("several", "8", "a", "Ring!", "yes"),
            vote("several", "8", "a", "bar", "yes"),
        ]
    )
    table = results_table(FEATURES, CATALOG, store.history("several"), scores=None).set_index("galaxy_id")
    assert table.loc["007", ["bar_yes", "bar_no", "ring_no", "bar_total-votes"]].tolist() == [2, 0, 1, 2]
    assert table.loc["007", "bar_yes_fraction"] == 1 and table.loc["007", "ring_majority"] == "no"
    assert table["label"].tolist() == ["bar", "bar; Ring!"]
    assert table["n_annotators"].tolist() == [2, 1]


def test_every_question_of_a_tree_has_its_galaxy_zoo_columns(store):
    store.append(
        [
            vote("tree", "007", "a", "smooth-or-featured", "smooth"),
            vote("tree", "007", "a", "how-rounded", "round"),
            vote("tree", "007", "b", "smooth-or-featured", "featured-or-disk"),
            vote("tree", "007", "c", "smooth-or-featured", "smooth"),
        ]
    )
    row = results_table(TREE, CATALOG, store.history("tree"), scores=None).iloc[0]
    assert row["smooth-or-featured_smooth"] == 2 and row["smooth-or-featured_total-votes"] == 3
    assert row["smooth-or-featured_smooth_fraction"] == pytest.approx(2 / 3)
    assert row["how-rounded_round_fraction"] == 1 and np.isnan(row["bar_strong_fraction"])
    assert row["label"] == "smooth" and row["n_annotators"] == 3


def test_a_vote_is_the_last_word_of_a_person_and_decisions_stand_beside_it(store):
    first = vote("several", "8", "a", "bar", "no")
    store.append([first, vote("several", "8", "a", "bar", "yes")])
    store.append([vote("several", "8", "a", "bar", "no", reason=Reason.ADJUDICATION)])
    store.append([vote("several", "007", "a", "bar", "no")])
    store.append([LabelEvent("undo", "several", "007", "a", EventKind.UNDO, undoes="several007abarno")])
    rows = vote_rows(store.history("several"))
    assert list(rows.columns) == list(VOTE_COLUMNS)
    assert rows[["answer", "reason"]].to_numpy().tolist() == [["yes", "queued"], ["no", "adjudication"]]
    assert rows["created_at"].str.endswith("+00:00").all()


def test_an_answer_that_only_occurs_in_votes_still_has_a_column():
    votes = pd.DataFrame({"question": ["", "bar"], "answer": ["smooth", "yes"]})
    asked = asked_questions(Campaign("c", "Zoo", "?", ("a", "b")), votes)
    assert [(each.name, each.answers) for each in asked] == [("", ("a", "b", "smooth")), ("bar", ("yes",))]


def test_pseudonyms_are_stable_in_a_workspace_and_comments_are_left_out(store, tmp_path):
    store.append([vote("several", "8", "Vera", "bar", "no"), vote("several", "8", "Edwin", "bar", "no")])
    key = workspace_key(tmp_path)
    hidden = pseudonymise(vote_rows(store.history("several")), lambda name: pseudonym(name, key))
    assert hidden["annotator"].tolist() == [
        pseudonym("Vera", key),
        pseudonym("Edwin", workspace_key(tmp_path)),
    ]
    assert "Vera" not in hidden.to_csv()
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0


def test_a_spoilt_key_is_named_and_not_replaced(tmp_path):
    (tmp_path / KEY_FILE).write_text("not hex")
    with pytest.raises(GalcoreError, match=KEY_FILE):
        workspace_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "not hex"
