from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from galcore.consensus.simulation import draw_features, simulate_campaign
from galcore.loop.space import FeatureSpace
from galcore.questions import questions_of
from galcore.review.campaign import CampaignReview
from galcore.review.consensus import error_table, people_table, question_consensus, unsure_galaxies
from galcore.review.voice import ModelVoice
from galcore.types import Campaign, GoldItem, Reason


def reviewed(simulated, *, gold=(), extra=()):
    """A review of simulated votes."""
    votes = simulated.votes
    events = pd.DataFrame(
        {
            "galaxy_id": votes.galaxy_ids[votes.galaxies],
            "annotator": np.array(votes.people, dtype=object)[votes.persons],
            "answer": np.array(votes.answers, dtype=object)[votes.choices],
            "reason": str(Reason.RANDOM),
        }
    )
    events = pd.concat([events, pd.DataFrame(list(extra), columns=events.columns)], ignore_index=True)
    events = events.assign(kind="label", question="", undone=False)
    campaign = Campaign("c", "C", "?", votes.answers, "multiclass", gold=gold)
    galaxies = pd.DataFrame(index=pd.Index(votes.galaxy_ids, name="galaxy_id"))
    return CampaignReview(campaign, questions_of(campaign)[0], galaxies, events, events, None)


def voice_of(simulated, separation):
    """A model whose features lie apart by so many deviations; with 0 they say nothing."""
    features = draw_features(
        simulated.truth, n_answers=simulated.votes.n_answers, separation=separation, seed=3
    )
    return ModelVoice(simulated.votes.galaxy_ids.astype(str), FeatureSpace.from_vectors(features))


@pytest.fixture(scope="module")
def crowd():
    return simulate_campaign(240, votes_per_galaxy=(3, 3), seed=4)


def test_people_alone_without_a_model_the_model_where_it_knows_more(crowd):
    alone = question_consensus(reviewed(crowd))
    assert (alone.consensus.method, alone.has_model, alone.errors) == ("dawid-skene", False, ())
    both = question_consensus(reviewed(crowd), voice=voice_of(crowd, 6.0))
    assert both.consensus.method == "crowdlab" and both.consensus.model_share > 0
    silent = question_consensus(reviewed(crowd), voice=voice_of(crowd, 0.0))
    assert (silent.consensus.method, silent.has_model) == ("dawid-skene", True)
    assert np.array_equal(silent.consensus.probabilities, silent.people.probabilities)


def test_with_one_vote_a_galaxy_it_is_the_majority_and_nobody_has_a_skill():
    single = simulate_campaign(60, votes_per_galaxy=(1, 1), seed=1)
    found = question_consensus(reviewed(single))
    assert found.consensus.method == "majority" and found.agreement.n_galaxies == 0
    assert people_table(found)["skill"].isna().all()


def test_the_table_of_people_has_their_gold_and_second_looks(crowd):
    person = crowd.votes.people[0]
    own = crowd.votes.galaxies[crowd.votes.persons == 0][0]
    again = (crowd.votes.galaxy_ids[own], person, "answer-0", str(Reason.REASK))
    gold = ("known", person, "answer-1", str(Reason.GOLD))
    review = reviewed(crowd, gold=(GoldItem("known", "answer-1"),), extra=[again, gold])
    found = question_consensus(review)
    table = people_table(found).set_index("annotator")
    assert table["n_votes"].sum() == len(crowd.votes) and table["n_votes"].is_monotonic_decreasing
    assert table.loc[person, ["n_gold", "gold", "n_reasks"]].tolist() == [1, 1.0, 1]
    known = table.dropna(subset="skill")
    assert (known["skill_low"] <= known["skill"]).all() and (known["skill"] <= known["skill_high"]).all()


def test_the_least_sure_come_first_and_decided_ones_are_left_out(crowd):
    found = question_consensus(reviewed(crowd))
    table = unsure_galaxies(found, below=0.8)
    assert table["probability"].is_monotonic_increasing and (table["probability"] < 0.8).all()
    first = table.index[0]
    assert first not in unsure_galaxies(found, below=0.8, decided={first}).index
    assert unsure_galaxies(found, below=0.0).empty
    counts = found.votes.counts()[found.votes.galaxy_ids == first][0]
    assert sum(int(part.split()[-1]) for part in table.loc[first, "votes"].split(" · ")) == counts.sum()


def test_likely_errors_name_the_given_and_the_suggested_answer():
    careful = simulate_campaign(200, votes_per_galaxy=(1, 1), mixture=(("careful", 6),), seed=2)
    found = question_consensus(reviewed(careful), voice=voice_of(careful, 6.0))
    table = error_table(found)
    truth = dict(zip(careful.votes.galaxy_ids, careful.truth, strict=True))
    assert len(table) and (table["given"] != table["suggested"]).all()
    right = [f"answer-{truth[each]}" == row["suggested"] for each, row in table.iterrows()]
    assert np.mean(right[:10]) > 0.8  # those on top
    assert len(error_table(found, decided=set(table.index[:1]))) == len(table) - 1


def test_a_vote_that_an_owner_gave_no_weight_does_not_count(crowd):
    weights = dict.fromkeys(crowd.votes.people[1:], 0.0)
    found = question_consensus(reviewed(crowd), weights=weights)
    assert found.consensus.n_votes.max() == 1 and found.consensus.method == "majority"


def test_each_long_part_tells_how_far_it_is(crowd):
    told = []
    voice = replace(voice_of(crowd, 6.0), progress=told.append)
    question_consensus(reviewed(crowd), voice=voice, progress=told.append)
    stages = list(dict.fromkeys(each.stage for each in told))
    assert stages == [
        "what the model says", "asking the model", "how good each person is", "labels to look at again",
    ]  # fmt: skip
    assert all(0 <= each.done <= each.total for each in told)
