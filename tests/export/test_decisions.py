"""A decision of Review settles its galaxy everywhere, and is nowhere a vote of the person who decided."""

from __future__ import annotations

import numpy as np
import pytest

from galcore.export.campaign import export_table
from galcore.export.scores import campaign_scores
from galcore.report import report_campaign
from galcore.review.agreement import question_agreement
from galcore.review.campaign import review_campaign
from galcore.review.consensus import people_table, question_consensus, reviewed_question
from galcore.review.decision import adjudication, reopening
from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.web.facts import campaign_facts

from .conftest import IDS, is_disc

CROWD = Campaign("crowd", "Crowd", "Which are discs?", ("disc", "round"), overlap=3)
DECIDED, UNSEEN = IDS[0], IDS[-1]  # answered by all three, answered by nobody


def say(galaxy_id: str, who: str, answer: str) -> LabelEvent:
    name = f"{galaxy_id}{who}"
    return LabelEvent(name, "crowd", galaxy_id, who, EventKind.LABEL, answer, True, Reason.RANDOM)


@pytest.fixture
def crowd(workspace):
    """Three people answered all galaxies but the last ten."""
    workspace.labels.create_campaign(CROWD)
    rng = np.random.default_rng(0)
    workspace.labels.append(
        [
            say(each, who, "disc" if is_disc(each) ^ (rng.random() < error) else "round")
            for each in IDS[:-10]
            for who, error in (("ada", 0.0), ("bob", 0.1), ("cy", 0.2))
        ]
    )
    return workspace


def decide(workspace) -> None:
    """Ada, who voted too, decides against all votes about one, and about one that nobody answered."""
    workspace.labels.append(
        [adjudication("crowd", each, "ada", answer="round") for each in (DECIDED, UNSEEN)]
    )


def look(workspace):
    labels = workspace.labels
    review = review_campaign(
        CROWD, workspace.catalog, labels.current("crowd"), labels.history("crowd"), scored=None
    )
    return review, question_consensus(review)


def numbers_of_people(workspace):
    review, found = look(workspace)
    agreement = question_agreement(CROWD, review.history, reviewed_question(review))
    return people_table(found), agreement.overall, agreement.pairs


def test_the_export_is_sure_of_the_decision_and_its_votes_are_as_before(crowd):
    before = export_table(crowd, CROWD, crowd.labels, scores=None).set_index("galaxy_id")
    decide(crowd)
    after = export_table(crowd, CROWD, crowd.labels, scores=None).set_index("galaxy_id")
    for each in (DECIDED, UNSEEN):
        row = after.loc[each]
        assert (row["label"], row["label_source"], row["consensus"]) == ("round", "adjudicated", "round")
        assert (row["consensus_probability"], row["consensus_method"]) == (1.0, "adjudicated")
    assert before.loc[DECIDED, "consensus"] == "disc"
    columns = [name for name in before if name.startswith("crowd_") or name == "n_annotators"]
    assert after.loc[before.index, columns].equals(before[columns])
    assert (after.loc[UNSEEN, ["n_annotators", "crowd_total-votes"]] == 0).all()
    others = before.index.drop(DECIDED)
    assert after.loc[others, "consensus_probability"].equals(before.loc[others, "consensus_probability"])


def test_the_report_counts_the_decision_and_no_further_vote(crowd):
    before = report_campaign(crowd, CROWD, crowd.labels, scores=None)
    decide(crowd)
    after = report_campaign(crowd, CROWD, crowd.labels, scores=None)
    assert after.people == before.people
    assert (after.n_votes, after.n_people, after.n_decided) == (before.n_votes, 3, 2)
    assert after.questions[0].random_alpha == before.questions[0].random_alpha
    found = [[each.n_galaxies for each in report.questions[0].answers] for report in (before, after)]
    assert np.subtract(*found).tolist() == [1, -2]
    crowd.labels.append([adjudication("crowd", DECIDED, "judge", answer="round")])
    assert report_campaign(crowd, CROWD, crowd.labels, scores=None).n_people == 3


def test_review_shows_the_decision_and_judges_nobody_by_it(crowd):
    before, agreement, pairs = numbers_of_people(crowd)
    votes = crowd.labels.votes("crowd")
    decide(crowd)
    after, agreement_after, pairs_after = numbers_of_people(crowd)
    assert after.equals(before) and agreement_after == agreement and pairs_after.equals(pairs)
    review, found = look(crowd)
    row = list(found.consensus.galaxy_ids).index(DECIDED)
    assert found.consensus.labels[row] == "round" and found.consensus.confidence[row] == 1
    assert found.people.labels[row] == "disc"
    shown = review.galaxies.loc[[DECIDED, UNSEEN], ["label", "n_annotators"]].to_numpy().tolist()
    assert shown == [["round", 3], ["round", 0]]
    assert crowd.labels.votes("crowd").equals(votes)
    assert crowd.labels.people("crowd").set_index("annotator")["n_answers"].to_dict() == dict.fromkeys(
        ("ada", "bob", "cy"), len(IDS) - 10
    )


def test_the_map_and_the_loop_know_the_decision_until_it_is_reopened(crowd):
    loop = crowd.loop("crowd")
    n_discs = loop.status("ada").positives
    decide(crowd)
    facts = campaign_facts(crowd, "crowd")
    assert facts.labels[DECIDED] == facts.labels[UNSEEN] == "round"
    status = loop.status("ada")
    assert (status.positives, status.labels_mine) == (n_discs - 1, len(IDS) - 10)
    crowd.labels.append([reopening("crowd", DECIDED, "bob"), reopening("crowd", UNSEEN, "bob")])
    facts = campaign_facts(crowd, "crowd")
    assert facts.labels[DECIDED] == "disc" and UNSEEN not in facts.labels
    assert loop.status("ada").positives == n_discs


def test_exported_scores_learn_the_decision_as_if_all_had_clicked_it(crowd):
    decide(crowd)
    decided = campaign_scores(crowd, CROWD, crowd.labels)
    crowd.labels.append([reopening("crowd", each, "ada") for each in (DECIDED, UNSEEN)])
    crowd.labels.append(
        [
            LabelEvent(f"again{who}", "crowd", DECIDED, who, EventKind.LABEL, "round", True, Reason.RANDOM)
            for who in ("ada", "bob", "cy")
        ]
    )
    crowd.labels.append([say(UNSEEN, "ada", "round")])
    said = campaign_scores(crowd, CROWD, crowd.labels)
    assert decided.model_version == said.model_version
    assert np.array_equal(decided.probabilities, said.probabilities)


def test_undo_on_the_grid_takes_back_answers_and_leaves_decisions(crowd):
    decide(crowd)
    undone = crowd.loop("crowd").undo("ada")
    assert len(undone.galaxy_ids) == len(IDS) - 10
    assert set(crowd.labels.decisions("crowd")) == {(DECIDED, ""), (UNSEEN, "")}
