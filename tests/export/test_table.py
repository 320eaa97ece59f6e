import numpy as np
import pandas as pd
import pytest

from galcore.export.table import CodeUsed, results_table
from galcore.labels import LabelStore
from galcore.review.scores import ModelScores, QuestionScores
from galcore.types import Campaign, EventKind, LabelEvent, Reason

CAMPAIGN = Campaign(
    "c1", "Smooth or featured?", "Is it smooth?", ("smooth", "Featured / disk", "棒"), "multiclass"
)
IDS = ["1237648720693755918", "1237648720693755919", "1237648720693755920", "j"]
CATALOG = pd.DataFrame(
    {
        "galaxy_id": pd.Series(IDS, dtype="string"),
        "ra": [10.0, 20.0, 30.0, np.nan],
        "dec": [-1.0, 0.0, 1.0, np.nan],
        "redshift": [0.1, np.nan, 0.3, 0.4],
        "label": ["the", "user's", "own", None],
    }
)


def label(galaxy: int, person: str, answer: str, *, explicit=True, reason=Reason.RANDOM):
    return LabelEvent(
        f"{galaxy}{person}{reason}", "c1", IDS[galaxy], person, EventKind.LABEL, answer, explicit, reason
    )


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(CAMPAIGN)
        yield opened


def table_of(store, **options):
    options = {"scores": None, **options}
    return results_table(CAMPAIGN, CATALOG, store.history("c1"), **options).set_index("galaxy_id")


def test_votes_are_counted_as_galaxy_zoo_names_them(store):
    store.append([label(0, "a", "smooth"), label(0, "b", "smooth", explicit=False), label(0, "c", "棒")])
    row = table_of(store).loc[IDS[0]]
    assert row["smooth-or-featured_smooth"] == 2
    assert row["smooth-or-featured_smooth_explicit"] == 1
    assert row["smooth-or-featured_smooth_fraction"] == pytest.approx(2 / 3)
    assert row["smooth-or-featured_featured-disk"] == 0
    assert row["smooth-or-featured_answer-3"] == 1
    assert row["smooth-or-featured_total-votes"] == row["n_annotators"] == 3
    assert (row["label"], row["label_source"], row["majority"]) == ("smooth", "majority", "smooth")
    assert row["agreement"] == pytest.approx(2 / 3)


def test_a_tie_has_no_label_until_somebody_decides(store):
    store.append([label(1, "a", "smooth"), label(1, "b", "棒")])
    row = table_of(store).loc[IDS[1]]
    assert (row["label"], row["label_source"]) == ("", "tie")
    store.append([label(1, "judge", "棒", reason=Reason.ADJUDICATION)])
    row = table_of(store).loc[IDS[1]]
    assert (row["label"], row["label_source"]) == ("棒", "adjudicated")


def test_a_decision_overrules_the_majority(store):
    store.append([label(1, "a", "smooth"), label(1, "b", "smooth")])
    store.append([label(1, "judge", "棒", reason=Reason.ADJUDICATION)])
    row = table_of(store).loc[IDS[1]]
    assert (row["label"], row["majority"]) == ("棒", "smooth")


def model_scores() -> ModelScores:
    told = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    return ModelScores(np.array(IDS[:2]), (QuestionScores("", CAMPAIGN.answers, told, np.ones(2)),), "v3")


def test_all_galaxies_come_with_the_model(store):
    store.append([label(0, "a", "smooth")])
    table = table_of(store, scores=model_scores(), all_galaxies=True)
    assert len(table) == 4
    assert table.loc[IDS[1], "probability_answer-3"] == pytest.approx(0.8)
    assert table.loc[IDS[1], "model_version"] == "v3"
    assert table.loc[IDS[1], "n_annotators"] == 0
    assert np.isnan(table.loc[IDS[1], "smooth-or-featured_smooth_fraction"])
    assert np.isnan(table.loc["j", "probability_smooth"]) and table.loc["j", "model_version"] == ""


def test_a_label_of_a_galaxy_that_left_the_catalogue_is_kept(store):
    event = LabelEvent("e", "c1", "gone", "a", EventKind.LABEL, "smooth")
    store.append([event])
    row = table_of(store, all_galaxies=True).loc["gone"]
    assert row["label"] == "smooth" and np.isnan(row["ra"])


def test_own_columns_are_added_without_covering_ours(store):
    store.append([label(0, "a", "smooth")])
    row = table_of(store, catalog_columns=True).loc[IDS[0]]
    assert row["redshift"] == pytest.approx(0.1)
    assert (row["label"], row["catalog_label"]) == ("smooth", "the")


def test_a_campaign_without_labels_gives_an_empty_table_with_every_column(store):
    table = table_of(store)
    assert len(table) == 0
    assert "smooth-or-featured_total-votes" in table.columns


def test_a_row_says_why_it_was_first_shown_and_what_made_it(store):
    store.append([label(0, "a", "smooth", reason=Reason.TOP), label(0, "b", "smooth")])
    table = table_of(store, scores=model_scores(), all_galaxies=True, code=CodeUsed("1.0 (abc)", "hash"))
    assert table.loc[IDS[0], "first_reason"] == "top" and table.loc[IDS[1], "first_reason"] == ""
    assert table.loc[IDS[0], "probability_note"] == "in-sample"
    assert table.loc[IDS[1], "probability_note"] == "not seen" and table.loc["j", "probability_note"] == ""
    assert table.loc[IDS[1], "model_hash"] == "hash" and table.loc["j", "model_hash"] == ""
    assert set(table["code_version"]) == {"1.0 (abc)"}


def test_gold_and_reasks_count_as_no_vote(store):
    store.append([label(0, "a", "smooth"), label(0, "a", "棒", reason=Reason.REASK)])
    store.append([label(0, "b", "棒", reason=Reason.GOLD)])
    row = table_of(store).loc[IDS[0]]
    assert row["smooth-or-featured_total-votes"] == 1 and row["label"] == "smooth"


def test_the_consensus_weighs_people_by_their_skill_where_they_overlap(store):
    store.append([label(0, "a", "smooth"), label(0, "b", "smooth"), label(1, "a", "棒")])
    table = table_of(store, all_galaxies=True)
    assert table.loc[IDS[0], "consensus"] == "smooth" and table.loc[IDS[0], "consensus_probability"] > 0.5
    assert table.loc[IDS[0], "consensus_method"] == "dawid-skene"
    assert table.loc["j", "consensus"] == "" and np.isnan(table.loc["j", "consensus_probability"])


def test_the_consensus_of_single_votes_is_the_majority(store):
    store.append([label(0, "a", "smooth"), label(1, "b", "棒")])
    table = table_of(store)
    assert table["consensus"].tolist() == ["smooth", "棒"]
    assert set(table["consensus_method"]) == {"majority"}
