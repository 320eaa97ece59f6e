"""Decision trees: questions of which each answer leads to the next one, or ends.

A tree is written in TOML, one table a question::

    title = "Rings"

    [[question]]
    name = "ring"
    text = "Is there a ring?"
    answers = ["yes", "no"]
    leads_to = { yes = "ring-kind" }     # an answer that is not named here ends the galaxy

    [[question]]
    name = "ring-kind"
    text = "What kind of ring?"
    answers = ["nuclear", "inner", "outer"]
    # leads_to = "another-question" holds for every answer

The first question is the one that nothing leads to. Two answers may lead to the same question, so a "tree" is
any graph without a cycle.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from galcore.questions.question import Question
from galcore.types import GalcoreError

LONGEST_TREE = 200_000  # characters
LONGEST_NAME = 100
LONGEST_TEXT = 1_000
MOST_QUESTIONS = 500
MOST_ANSWERS = 50
_BUILT_IN = Path(__file__).parent / "trees"
_TREE_KEYS = {"title", "about", "question"}
_QUESTION_KEYS = {"name", "text", "answers", "leads_to"}


@dataclass(frozen=True, slots=True)
class DecisionTree:
    """A checked decision tree; the first of ``questions`` is the one that is asked first."""

    title: str
    questions: tuple[Question, ...]
    about: str = ""

    @property
    def root(self) -> Question:
        """The first question."""
        return self.questions[0]

    def question(self, name: str) -> Question:
        """The question of this name.

        Raises:
            GalcoreError: If there is none.
        """
        for each in self.questions:
            if each.name == name:
                return each
        raise GalcoreError(f"the decision tree has no question {name!r}; it has {_listed(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the questions, the first one first."""
        return tuple(each.name for each in self.questions)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the votes in a catalogue, ``<question>_<answer>``."""
        return tuple(column for each in self.questions for column in each.columns)

    def next_question(self, answers: Mapping[str, str]) -> Question | None:
        """The question to ask after these answers; ``None`` when the galaxy is done.

        Answers off the path (given before a correction further up) are passed over.

        Args:
            answers: Answer to each question, by name.

        Raises:
            GalcoreError: If an answer on the path is none of its question's.
        """
        name = self.root.name
        for asked in self.path(answers):
            name = asked.after(answers[asked.name])
        return self.question(name) if name else None

    def path(self, answers: Mapping[str, str]) -> tuple[Question, ...]:
        """The questions that were asked on the way, in order, from the first one to the last answered.

        Raises:
            GalcoreError: If an answer on the path is none of its question's.
        """
        return tuple(self._walk(answers))

    def unreachable(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """Answered questions that these answers no longer lead to: to be taken back after a correction."""
        reached = {asked.name for asked in self._walk(answers)}
        return tuple(name for name in answers if name not in reached)

    def _walk(self, answers: Mapping[str, str]) -> Iterator[Question]:
        name = self.root.name
        while name and name in answers:
            asked = self.question(name)
            if answers[name] not in asked.answers:
                raise GalcoreError(
                    f"{answers[name]!r} is no answer of question {name!r}; allowed: {_listed(asked.answers)}"
                )
            yield asked
            name = asked.after(answers[name])


def built_in_trees() -> dict[str, str]:
    """TOML text of the trees that Galcore brings along, by name.

    >>> sorted(built_in_trees())
    ['gzd5']
    """
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_BUILT_IN.glob("*.toml"))}


@lru_cache(maxsize=64)
def read_tree(toml_text: str) -> DecisionTree:
    """The decision tree that is written in this text.

    Raises:
        GalcoreError: If the text is no TOML, a field is missing, unknown or of the wrong kind, a name stands
            twice, an answer leads to a question that is not there, or there is no first question, a cycle,
            or a question that nothing leads to. The message names the question.
    """
    if len(toml_text) > LONGEST_TREE:
        raise GalcoreError(f"the decision tree has {len(toml_text):,} characters; at most {LONGEST_TREE:,}")
    try:
        table = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise GalcoreError(f"the decision tree is no valid TOML: {error}") from error
    _refuse_unknown(table, _TREE_KEYS, "the decision tree")
    entries = table.get("question")
    if not isinstance(entries, list) or not entries or not all(isinstance(each, dict) for each in entries):
        raise GalcoreError("the decision tree has no question: write each one as a [[question]] table")
    if len(entries) > MOST_QUESTIONS:
        raise GalcoreError(f"the decision tree has {len(entries)} questions; at most {MOST_QUESTIONS}")
    questions = [_read_question(entry, number) for number, entry in enumerate(entries, start=1)]
    _check_names(questions)
    title, about = (_text(table, key, "the decision tree", required=False) for key in ("title", "about"))
    return DecisionTree(title or "decision tree", _in_order(questions), about)


def _read_question(entry: dict[str, Any], number: int) -> Question:
    name = _text(entry, "name", f"question {number} of the decision tree", longest=LONGEST_NAME)
    where = f"question {name!r}"
    _refuse_unknown(entry, _QUESTION_KEYS, where)
    answers = _read_answers(entry, where)
    text = _text(entry, "text", where)
    return Question(name, text, answers, _read_leads(entry.get("leads_to", {}), answers, where))


def _read_answers(entry: dict[str, Any], where: str) -> tuple[str, ...]:
    answers = entry.get("answers")
    if not isinstance(answers, list) or not all(isinstance(each, str) and each.strip() for each in answers):
        raise GalcoreError(f'{where}: `answers` must be a list of texts, like ["yes", "no"]')
    trimmed = tuple(each.strip() for each in answers)
    if not 2 <= len(trimmed) <= MOST_ANSWERS:
        raise GalcoreError(f"{where} has {len(trimmed)} answers: give 2 to {MOST_ANSWERS}")
    if twice := _first_twice(trimmed):
        raise GalcoreError(f"{where} has the answer {twice!r} twice")
    if long := next((each for each in trimmed if len(each) > LONGEST_NAME), ""):
        raise GalcoreError(f"{where}: the answer {long[:40]!r}… is longer than {LONGEST_NAME} characters")
    return trimmed


def _read_leads(leads: object, answers: tuple[str, ...], where: str) -> tuple[str, ...]:
    if isinstance(leads, str):
        return (leads.strip(),) * len(answers)
    if not isinstance(leads, dict) or not all(isinstance(target, str) for target in leads.values()):
        raise GalcoreError(
            f"{where}: `leads_to` must name a question, or one for each answer: {{ yes = ... }}"
        )
    named = {answer.strip(): target.strip() for answer, target in leads.items()}
    for answer in named:
        if answer not in answers:
            raise GalcoreError(
                f"{where}: `leads_to` names {answer!r}, which is none of its answers: {_listed(answers)}"
            )
    return tuple(named.get(answer, "") for answer in answers)


def _check_names(questions: list[Question]) -> None:
    names = [each.name for each in questions]
    if twice := _first_twice(names):
        raise GalcoreError(f"the decision tree has two questions named {twice!r}: give them different names")
    if twice := _first_twice([column for each in questions for column in each.columns]):
        raise GalcoreError(f"two answers of the decision tree make the column {twice!r}: rename one")
    for each in questions:
        for answer, target in zip(each.answers, each.leads_to, strict=True):
            if target and target not in names:
                raise GalcoreError(
                    f"question {each.name!r}: {answer!r} leads to {target!r}, which is not there; "
                    f"the questions are {_listed(names)}"
                )


def _in_order(questions: list[Question]) -> tuple[Question, ...]:
    """The first question first, the others as they were written; refuses cycles and stray questions."""
    by_name = {each.name: each for each in questions}
    led_to = {target for each in questions for target in each.leads_to if target}
    firsts = [each for each in questions if each.name not in led_to]
    if not firsts:
        raise GalcoreError(
            "the decision tree has no first question: an answer leads to each of them (a cycle)"
        )
    root = firsts[0]
    reached = _reach(root, by_name)
    stray = [each.name for each in questions if each.name not in reached]
    if stray:
        raise GalcoreError(
            f"no answer leads from {root.name!r} to {_listed(stray)}: lead there, or take it out"
        )
    return (root, *(each for each in questions if each is not root))


def _reach(root: Question, by_name: Mapping[str, Question]) -> set[str]:
    """Names of the questions that can be reached; raises on a cycle. Depth first, without recursion."""
    done: set[str] = set()
    way = [root.name]
    open_leads = [iter(root.leads_to)]
    while way:
        target = next(open_leads[-1], None)
        if target is None:
            done.add(way.pop())
            open_leads.pop()
        elif target in way:
            circle = " → ".join([*way[way.index(target) :], target])
            raise GalcoreError(f"the decision tree goes in a circle: {circle}")
        elif target and target not in done:
            way.append(target)
            open_leads.append(iter(by_name[target].leads_to))
    return done


def _text(
    entry: dict[str, Any], key: str, where: str, *, required: bool = True, longest: int = LONGEST_TEXT
) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str) or (required and not value.strip()):
        raise GalcoreError(f"{where} needs a `{key}`, a text in quotes")
    if len(value) > longest:
        raise GalcoreError(f"{where}: `{key}` has {len(value)} characters; at most {longest}")
    return value.strip()


def _refuse_unknown(entry: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - known):
        raise GalcoreError(
            f"{where} has {_listed(unknown)}, which means nothing; known: {_listed(sorted(known))}"
        )


def _first_twice(names: list[str] | tuple[str, ...]) -> str:
    return next((name for index, name in enumerate(names) if name in names[:index]), "")


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names)
