import pandas as pd
import pytest

from galcore.review.visibility import open_galaxies, seen_events
from galcore.types import Campaign

EVENTS = pd.DataFrame(
    [
        ("g1", "ada", "label", False),
        ("g1", "ben", "label", False),
        ("g2", "ben", "label", False),
        ("g3", "ada", "skip", False),
        ("g4", "ada", "label", True),
        ("g4", "ben", "label", False),
    ],
    columns=["galaxy_id", "annotator", "kind", "undone"],
)


def seen(visibility, user, *, owns=False, labels=True, state="open"):
    campaign = Campaign("c", "C", "?", ("x", "y"), visibility=visibility, state=state)
    galaxies = open_galaxies(campaign, EVENTS, user, owns=owns, labels=labels)
    return seen_events(EVENTS, user, galaxies).index.tolist()


def test_after_the_own_answer_others_answers_show_and_an_answer_taken_back_hides_them_again():
    assert seen("after_own", "ada") == [0, 1, 3, 4]
    assert seen("after_own", "newcomer") == []


def test_never_shows_nothing_but_the_own_answers():
    assert seen("never", "ada") == [0, 3, 4]
    assert seen("never", "onlooker", labels=False) == []


@pytest.mark.parametrize("visibility", ["after_own", "always", "never"])
def test_owners_see_everything(visibility):
    assert len(seen(visibility, "chief", owns=True)) == len(EVENTS)


@pytest.mark.parametrize("visibility", ["after_own", "always"])
def test_who_only_looks_has_no_answer_to_wait_for(visibility):
    assert len(seen(visibility, "onlooker", labels=False)) == len(EVENTS)


def test_a_closed_campaign_has_no_answer_left_to_wait_for():
    assert len(seen("after_own", "newcomer", state="closed")) == len(EVENTS)
    assert seen("never", "newcomer", state="closed") == []
