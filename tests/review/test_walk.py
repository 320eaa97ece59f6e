from hypothesis import given
from hypothesis import strategies as st

from galcore.review.walk import Walk

STEPS = st.lists(st.sampled_from(["decided", "later", "next", "back", "undo"]), max_size=40)


@given(n_cases=st.integers(0, 6), steps=STEPS)
def test_whatever_is_pressed_no_case_is_lost_or_met_twice(n_cases, steps):
    walk = Walk(tuple(range(n_cases)))
    for step in steps:
        if step == "undo":
            walk = walk.back_to(min(walk.done)) if walk.done else walk
        else:
            walk = {"decided": walk.decided, "later": walk.later}.get(
                step,
                lambda: walk.step(1 if step == "next" else -1),  # noqa: B023
            )()
        assert sorted(walk.cases) == list(range(n_cases))
        assert walk.n_open == n_cases - len(walk.done)
        assert walk.row is not None or walk.n_open == 0 or n_cases == 0


def test_later_puts_a_case_behind_all_others_and_the_arrows_go_around_nothing():
    walk = Walk((1, 2, 3)).later()
    assert (walk.row, walk.cases) == (2, (2, 3, 1))
    assert walk.step(-1).row == 2 and walk.step(9).row == 1
    assert walk.coming(1) == (3,)


def test_what_was_passed_over_comes_back_after_the_last():
    walk = Walk((1, 2, 3)).step(1).decided().decided()
    assert walk.row == 1 and walk.n_open == 1
    assert walk.decided().row is None
    assert walk.decided().back_to(3).row == 3


def test_a_decision_made_before_this_walk_can_be_taken_back_into_it():
    assert Walk((1, 2)).back_to(9).cases == (9, 1, 2)
