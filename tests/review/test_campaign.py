import uuid

import numpy as np
import pandas as pd
import pytest

from galcore.labels import LabelStore
from galcore.loop.learner import FeatureSpace
from galcore.loop.session import CampaignLoop
from galcore.review.campaign import (
    calibration_table,
    candidate_estimator,
    candidates,
    members,
    review_campaign,
    truth_columns,
)
from galcore.review.scores import score_campaign
from galcore.types import Campaign, EventKind, LabelEvent, Reason

N = 300
IDS = np.array([f"g{index:03d}" for index in range(N)])
RNG = np.random.default_rng(3)
TRUTH = RNG.random(N) < 0.3
VECTORS = RNG.normal(size=(N, 16)) + 1.5 * TRUTH[:, None] * RNG.normal(size=16)
CATALOG = pd.DataFrame(
    {"galaxy_id": IDS, "ra": 1.0, "barred": np.where(TRUTH, "yes", "no"), "name": IDS, "mag": RNG.random(N)}
)
CAMPAIGN = Campaign("bars", "Bars", "Barred?", ("bar", "none"))


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(CAMPAIGN)
        yield opened


def label(store, galaxies, *, person="Vera", reason=Reason.RANDOM, answers=None):
    store.append(
        [
            LabelEvent(
                str(uuid.uuid4()), "bars", IDS[row], person, EventKind.LABEL,
                (answers or {}).get(row, "bar" if TRUTH[row] else "none"), True, reason,
            )
            for row in galaxies
        ]
    )  # fmt: skip


def look(store, *, vectors=VECTORS):
    history = store.history("bars")
    space = None if vectors is None else FeatureSpace.from_vectors(vectors)
    scored = score_campaign(CAMPAIGN, IDS, space, history)
    return review_campaign(CAMPAIGN, CATALOG, store.current("bars"), history, scored=scored)


def test_the_review_shows_the_probabilities_of_the_running_loop(store):
    label(store, range(60))
    loop = CampaignLoop(CAMPAIGN, store, IDS, VECTORS)
    ids, probabilities = loop.probabilities()
    review = look(store)
    assert review.model_version == loop.model_version
    assert np.allclose(review.galaxies.loc[ids, "probability: bar"], probabilities[:, 0], atol=1e-6)
    loop.close()


def test_held_out_probabilities_do_not_know_the_label(store):
    flipped = {row: "none" if TRUTH[row] else "bar" for row in range(0, 80, 8)}
    label(store, range(80), answers=flipped)
    review = look(store)
    wrong = review.galaxies.iloc[list(flipped)]
    truth_share = np.where(TRUTH[list(flipped)], wrong["held out: bar"], wrong["held out: none"])
    in_sample = np.where(TRUTH[list(flipped)], wrong["probability: bar"], wrong["probability: none"])
    assert truth_share.mean() > in_sample.mean()  # the fitted model believes the wrong labels more
    unseen = review.galaxies.iloc[100:]
    assert np.allclose(unseen["held out: bar"], unseen["probability: bar"])


def test_candidates_are_ranked_and_their_estimate_holds_the_truth(store):
    label(store, range(150))
    review = look(store)
    ranked = candidates(review, "bar")
    assert ranked["probability"].is_monotonic_decreasing and len(ranked) == N
    estimate = candidate_estimator(review, "bar").at(0.5)
    above = review.held_out("bar") >= 0.5
    assert estimate.n_candidates == above.sum()
    assert estimate.purity.low - 0.02 <= TRUTH[above].mean() <= estimate.purity.high + 0.02


def test_galleries_tell_people_from_the_model(store):
    label(store, range(100), answers={0: "bar", 1: "none"})
    review = look(store)
    by_people = members(review, "bar", by_model=False)
    assert set(by_people["label"]) == {"bar"} and by_people["probability"].is_monotonic_decreasing
    surprising = members(review, "bar", by_model=False, surprising=True)
    assert surprising["probability"].is_monotonic_increasing
    by_model = members(review, "bar", by_model=True)
    assert (by_model["n_annotators"] == 0).all() and len(by_model)


def test_without_embeddings_labels_are_still_reviewed(store):
    label(store, range(10))
    review = look(store, vectors=None)
    assert review.model_version == "" and review.scores is None
    assert (review.galaxies["label"] != "").sum() == 10
    assert candidates(review, "bar").empty and calibration_table(review).empty


def test_with_one_answer_only_there_is_no_model(store):
    label(store, np.flatnonzero(TRUTH)[:5])
    assert look(store).model_version == ""


def test_an_untouched_campaign_can_be_reviewed(store):
    review = look(store)
    assert len(review.galaxies) == N and (review.galaxies["label"] == "").all()


def test_calibration_uses_only_what_the_loop_chose(store):
    label(store, range(50))
    label(store, range(50, 150), reason=Reason.QUEUED)
    assert calibration_table(look(store))["n"].sum() == 50


def test_truth_columns_are_those_that_speak_of_the_answers(store):
    assert truth_columns(CATALOG, look(store)) == ("barred",)


def test_truth_is_told_in_the_words_of_the_campaign(store):
    truth = look(store).truth(CATALOG["barred"])
    assert (truth == np.where(TRUTH, "bar", "none")).all()
