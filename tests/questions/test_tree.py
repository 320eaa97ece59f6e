"""Decision trees: read with clear errors, walked, corrected."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.questions import DecisionTree, Question, built_in_trees, read_tree
from galcore.types import GalcoreError

GZD5 = read_tree(built_in_trees()["gzd5"])
# Vote columns of the published GZ DECaLS catalogue (GZD-5), in its order.
GZD5_COLUMNS = {
    *("smooth-or-featured_smooth", "smooth-or-featured_featured-or-disk", "smooth-or-featured_artifact"),
    *("how-rounded_round", "how-rounded_in-between", "how-rounded_cigar-shaped"),
    *("disk-edge-on_yes", "disk-edge-on_no"),
    *("edge-on-bulge_boxy", "edge-on-bulge_none", "edge-on-bulge_rounded"),
    *("bar_strong", "bar_weak", "bar_no"),
    *("has-spiral-arms_yes", "has-spiral-arms_no"),
    *("spiral-winding_tight", "spiral-winding_medium", "spiral-winding_loose"),
    *("spiral-arm-count_1", "spiral-arm-count_2", "spiral-arm-count_3", "spiral-arm-count_4"),
    *("spiral-arm-count_more-than-4", "spiral-arm-count_cant-tell"),
    *("bulge-size_dominant", "bulge-size_large", "bulge-size_moderate", "bulge-size_small"),
    "bulge-size_none",
    *("merging_none", "merging_minor-disturbance", "merging_major-disturbance", "merging_merger"),
}


def _toml(*questions: str) -> str:
    return "\n".join(f"[[question]]\n{lines}" for lines in questions)


def _question(name: str, leads_to: str = "{}") -> str:
    return f'name = "{name}"\ntext = "{name}?"\nanswers = ["yes", "no"]\nleads_to = {leads_to}'


@st.composite
def trees(draw: st.DrawFn) -> DecisionTree:
    """Any tree of up to eight questions: an answer leads to a later question or ends."""
    count = draw(st.integers(1, 8))
    blocks = []
    for number in range(count):
        answers = [f"a{index}" for index in range(draw(st.integers(2, 4)))]
        later = [f"q{each}" for each in range(number + 1, count)]
        targets = [draw(st.sampled_from(["", *later])) for _ in answers]
        if later:
            targets[0] = later[0]  # so that every question is reached
        pairs = ", ".join(f'{answer} = "{target}"' for answer, target in zip(answers, targets, strict=True))
        blocks.append(f'name = "q{number}"\ntext = "?"\nanswers = {answers}\nleads_to = {{ {pairs} }}')
    return read_tree(_toml(*blocks))


def _answer_to_the_end(tree: DecisionTree, answers: dict[str, str], data: st.DataObject) -> int:
    steps = 0
    while (asked := tree.next_question(answers)) is not None:
        answers[asked.name] = data.draw(st.sampled_from(asked.answers))
        steps += 1
        assert steps <= len(tree.questions)
    return steps


@settings(deadline=None, max_examples=40)
@given(tree=trees(), data=st.data())
def test_from_any_answers_the_tree_ends(tree: DecisionTree, data: st.DataObject) -> None:
    answers: dict[str, str] = {}
    for asked in data.draw(st.lists(st.sampled_from(tree.questions), max_size=4)):
        answers[asked.name] = data.draw(st.sampled_from(asked.answers))
    _answer_to_the_end(tree, answers, data)
    path = [asked.name for asked in tree.path(answers)]
    assert path[0] == tree.root.name
    assert len(set(path)) == len(path)
    assert sorted([*path, *tree.unreachable(answers)]) == sorted(answers)


@settings(deadline=None, max_examples=40)
@given(tree=trees(), data=st.data())
def test_a_correction_leaves_only_answers_that_are_reached(tree: DecisionTree, data: st.DataObject) -> None:
    answers: dict[str, str] = {}
    _answer_to_the_end(tree, answers, data)
    corrected = data.draw(st.sampled_from(sorted(answers)))
    answers[corrected] = data.draw(st.sampled_from(tree.question(corrected).answers))
    for name in tree.unreachable(answers):
        del answers[name]
    assert tree.unreachable(answers) == ()
    assert {asked.name for asked in tree.path(answers)} == set(answers)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_galaxy_meets_one_to_eight_questions_of_gzd5(data: st.DataObject) -> None:
    assert 1 <= _answer_to_the_end(GZD5, {}, data) <= 8


def test_gzd5_has_the_columns_of_the_published_catalogue() -> None:
    assert set(GZD5.columns) == GZD5_COLUMNS
    assert len(GZD5.columns) == len(GZD5_COLUMNS) == 34


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "smooth-or-featured"),
        ({"smooth-or-featured": "artifact"}, None),
        ({"smooth-or-featured": "smooth"}, "how-rounded"),
        ({"smooth-or-featured": "smooth", "how-rounded": "round"}, "merging"),
        ({"smooth-or-featured": "featured-or-disk", "disk-edge-on": "yes"}, "edge-on-bulge"),
        ({"smooth-or-featured": "featured-or-disk", "disk-edge-on": "no"}, "bar"),
    ],
)
def test_gzd5_asks_in_the_order_of_the_campaign(answers: dict[str, str], expected: str | None) -> None:
    asked = GZD5.next_question(answers)
    assert (asked.name if asked else None) == expected


@pytest.mark.parametrize("bar", ["strong", "weak", "no"])
def test_gzd5_asks_about_arms_then_bulge_then_merging_after_the_bar(bar: str) -> None:
    # Walmsley et al. (2022), figure 4; also the order of the tasks of that Zooniverse workflow, T4 to T11.
    start = {"smooth-or-featured": "featured-or-disk", "disk-edge-on": "no", "bar": bar}
    arms = ["spiral-winding", "spiral-arm-count"]
    for has_arms, between in (("yes", arms), ("no", [])):
        answers = dict(start)
        asked = []
        while (question := GZD5.next_question(answers)) is not None:
            asked.append(question.name)
            answers[question.name] = has_arms if question.name == "has-spiral-arms" else question.answers[-1]
        assert asked == ["has-spiral-arms", *between, "bulge-size", "merging"]


def test_gzd5_asks_of_every_galaxy_but_an_artifact_whether_it_merges() -> None:
    leading = {
        (asked.name, answer)
        for asked in GZD5.questions
        for answer, target in zip(asked.answers, asked.leads_to, strict=True)
        if not target
    }
    assert leading == {("smooth-or-featured", "artifact")} | {
        ("merging", answer) for answer in GZD5.question("merging").answers
    }


def test_after_a_correction_the_old_branch_is_named() -> None:
    answers = {"smooth-or-featured": "smooth", "disk-edge-on": "no", "bar": "weak"}
    assert GZD5.unreachable(answers) == ("disk-edge-on", "bar")
    assert [asked.name for asked in GZD5.path(answers)] == ["smooth-or-featured"]


def test_one_target_holds_for_every_answer() -> None:
    tree = read_tree(_toml(_question("ring", '"kind"'), _question("kind")))
    assert tree.root == Question("ring", "ring?", ("yes", "no"), ("kind", "kind"))


def test_the_first_question_is_the_one_nothing_leads_to() -> None:
    tree = read_tree(_toml(_question("kind"), _question("ring", '{ yes = "kind" }')))
    assert tree.names == ("ring", "kind")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("this is [no toml", "no valid TOML"),
        ("", "no question"),
        ("question = 3", "no question"),
        ('[[question]]\ntext = "?"', "needs a `name`"),
        ('[[question]]\nname = "ring"\nanswers = ["yes", "no"]', "'ring' needs a `text`"),
        ('[[question]]\nname = "ring"\ntext = "?"\nanswers = "yes"', "`answers` must be a list"),
        ('[[question]]\nname = "ring"\ntext = "?"\nanswers = ["yes"]', "has 1 answers"),
        ('[[question]]\nname = "ring"\ntext = "?"\nanswers = ["a", "a"]', "'a' twice"),
        (_toml(_question("ring", '{ yes = "kind" }')), "'kind', which is not there"),
        (_toml(_question("ring", '{ maybe = "ring" }')), "'maybe', which is none of its answers"),
        (_toml(_question("ring", "3")), "`leads_to` must name a question"),
        (_toml(_question("ring"), _question("ring")), "two questions named 'ring'"),
        (_toml(_question("a", '"b"'), _question("b", '"a"')), "no first question"),
        (
            _toml(_question("r", '"a"'), _question("a", '{ yes = "b" }'), _question("b", '"a"')),
            "a → b → a",
        ),
        (_toml(_question("ring"), _question("bar")), "no answer leads from 'ring' to 'bar'"),
        (_toml(_question("ring"), _question("a", '"b"'), _question("b", '"a"')), "to 'a', 'b'"),
        (_toml('naem = "x"\n' + _question("ring")), "'naem'"),
        ('titel = "x"\n' + _toml(_question("ring")), "'titel'"),
        (_toml(_question("x" * 101)), "at most 100"),
        ("#" * 200_001, "characters; at most"),
    ],
)
def test_a_wrong_tree_is_refused_with_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(GalcoreError) as refused:
        read_tree(text)
    assert message in str(refused.value)


def test_an_answer_that_is_none_is_named() -> None:
    with pytest.raises(GalcoreError, match="'smoth' is no answer of question 'smooth-or-featured'"):
        GZD5.next_question({"smooth-or-featured": "smoth"})
    with pytest.raises(GalcoreError, match="no question 'ring'"):
        GZD5.question("ring")
