"""Classification exports of Zooniverse: CSV with JSON in ``annotations`` and ``subject_data``.

A classification answers several tasks about one subject. A task becomes a question of the campaign, a subject
a galaxy; both are guessed where nobody says them, and what was guessed is told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from galcore.exchange.result import event_id
from galcore.exchange.rows import SourceRow, SourceTable
from galcore.exchange.votes import FieldError, parse_time
from galcore.export.names import slug
from galcore.questions import MULTILABEL_ANSWERS, Question, questions_of
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, LeftOut

NEEDED = ("user_name", "annotations", "subject_data", "created_at")
SAMPLE = 500  # classifications looked at for guessing
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`#]+")  # tasks are written in Markdown, with pictures


@dataclass(frozen=True, slots=True)
class Answered:
    """One task of one classification: what it asked and what was chosen, in Zooniverse's words."""

    task: str
    label: str
    chosen: tuple[str, ...]


def is_zooniverse(table: SourceTable) -> bool:
    """Whether a table is a classification export."""
    return all(name in table.columns for name in ("annotations", "subject_data"))


def read_zooniverse(
    table: SourceTable,
    campaign: Campaign,
    *,
    known: frozenset[str],
    tasks: Mapping[str, str] | None = None,
    subject_key: str = "",
) -> tuple[list[tuple[str, LabelEvent]], list[LeftOut], tuple[str, ...]]:
    """The classifications as events, what was left out, and what was guessed.

    Of several classifications of one subject by one person the first counts.

    Args:
        table: The export.
        campaign: Whose questions are answered.
        known: Galaxies there are; subjects are matched against them.
        tasks: Question per task, such as ``{"T0": "smooth-or-featured"}``; guessed if ``None``.
        subject_key: Field of ``subject_data`` with the galaxy's id, such as ``iauname``; guessed if empty.

    Raises:
        GalcoreError: If a column is missing, or no task fits a question.
    """
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise GalcoreError(
            f"{table.path}, line 1: there is no column {missing[0]!r}; export *classifications* on Zooniverse"
        )
    questions = {question.name: question for question in questions_of(campaign)}
    matched, notes = _match_tasks(table, campaign, questions, tasks)
    subjects = _Subjects(known, subject_key)
    votes: list[tuple[str, LabelEvent]] = []
    left_out: list[LeftOut] = []
    seen: set[tuple[str, str, str]] = set()
    for row in table.rows:
        try:
            votes += _votes(row, campaign, questions, matched, subjects, seen, left_out)
        except FieldError as error:
            left_out.append(LeftOut(f"{row.place}, column {error.column}", str(error)))
    if not subject_key and subjects.found:
        key = subjects.found.most_common(1)[0][0]
        notes = (*notes, f"galaxies were found by the subjects' field {key!r}")
    return votes, left_out, notes


def _votes(
    row: SourceRow,
    campaign: Campaign,
    questions: Mapping[str, Question],
    matched: Mapping[str, str],
    subjects: _Subjects,
    seen: set[tuple[str, str, str]],
    left_out: list[LeftOut],
) -> Iterator[tuple[str, LabelEvent]]:
    person = row.values["user_name"].strip()
    if not person:
        raise FieldError("user_name", "is empty")
    galaxy_id = subjects.galaxy(row.values["subject_data"])
    moment = parse_time(row.values["created_at"].strip(), "created_at")
    for answered in read_annotations(row.values["annotations"]):
        if answered.task not in matched:
            continue
        for question, answer in _answers(answered, campaign, questions, matched[answered.task]):
            key = (person, galaxy_id, question)
            if not answer:
                told = ", ".join(answered.chosen) or "nothing"
                place = f"{row.place}, column annotations"
                left_out.append(LeftOut(place, f"{answered.task}: {told!r} is no answer of the campaign"))
            elif key in seen:
                reason = f"{person} classified galaxy {galaxy_id} before; the first time counts"
                left_out.append(LeftOut(row.place, reason))
            else:
                seen.add(key)
                name = event_id(campaign.campaign_id, "zooniverse", *key, moment.isoformat(), answer)
                yield row.place, LabelEvent(
                    name, campaign.campaign_id, galaxy_id, person, EventKind.LABEL, answer,
                    display="zooniverse", created_at=moment, question=question,
                )  # fmt: skip


def read_annotations(text: str) -> tuple[Answered, ...]:
    """Tasks with words as answers in the ``annotations`` of one classification; drawings are passed over.

    Raises:
        FieldError: If it is no JSON list of tasks.
    """
    try:
        annotations = json.loads(text)
    except ValueError as error:
        raise FieldError("annotations", f"is no JSON ({error})") from error
    if not isinstance(annotations, list):
        raise FieldError("annotations", "is no list of tasks")
    return tuple(_flattened(annotations))


def _flattened(annotations: list[object]) -> Iterator[Answered]:
    for annotation in annotations:
        if not isinstance(annotation, dict) or "task" not in annotation:
            continue
        value = annotation.get("value")
        if isinstance(value, list) and any(isinstance(each, dict) and "task" in each for each in value):
            yield from _flattened(value)  # a combination of tasks on one page
            continue
        chosen = value if isinstance(value, list) else [] if value is None else [value]
        words = tuple(_words(each) for each in chosen if isinstance(each, str | int | float))
        if words or not chosen:
            yield Answered(str(annotation["task"]), _words(annotation.get("task_label") or ""), words)


def _words(text: object) -> str:
    """Text without Markdown; yes and no of JSON as words."""
    if isinstance(text, bool):
        return "yes" if text else "no"
    return _MARKUP.sub(r"\1", str(text)).strip()


def _match_tasks(
    table: SourceTable, campaign: Campaign, questions: Mapping[str, Question], given: Mapping[str, str] | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    if given:
        unknown = [name for name in given.values() if name not in questions]
        if unknown:
            names = ", ".join(map(repr, questions))
            raise GalcoreError(f"campaign {campaign.name!r} has no question {unknown[0]!r}; it has {names}")
        return dict(given), ()
    matched: dict[str, str] = {}
    for task, (label, words) in _tasks(table).items():
        question = _likeliest_question(label, words, campaign, questions)
        if question is not None:
            matched[task] = question
    if not matched:
        tasks = "; ".join(f"{task}: {label!r}" for task, (label, _) in _tasks(table).items()) or "none"
        raise GalcoreError(
            f"{table.path}: no task fits a question of {campaign.name!r} (tasks: {tasks}); say which with "
            "--task T0=QUESTION"
        )
    notes = tuple(f"task {task} was taken as {name or campaign.name!r}" for task, name in matched.items())
    return matched, notes


def _tasks(table: SourceTable) -> dict[str, tuple[str, Counter[str]]]:
    """Label and chosen words of each task in the first classifications."""
    tasks: dict[str, tuple[str, Counter[str]]] = {}
    for row in table.rows[:SAMPLE]:
        try:
            answered = read_annotations(row.values["annotations"])
        except FieldError:
            continue  # told when the row is read
        for each in answered:
            tasks.setdefault(each.task, (each.label, Counter()))[1].update(each.chosen)
    return tasks


def _likeliest_question(
    label: str, words: Counter[str], campaign: Campaign, questions: Mapping[str, Question]
) -> str | None:
    """The question whose name is the task's, else the one that knows most of the words chosen."""
    if campaign.mode == "multilabel":
        knows = sum(number for word, number in words.items() if _find(word, campaign.answers))
        return "" if words and 2 * knows >= words.total() else None
    named = _find(label, tuple(questions)) if label else ""
    if named:
        return named
    best, most = None, 0.5
    for name, question in questions.items():
        knows = sum(number for word, number in words.items() if _find(word, question.answers))
        share = knows / max(1, words.total())
        if share > most:
            best, most = name, share
    return best


def _answers(
    answered: Answered, campaign: Campaign, questions: Mapping[str, Question], name: str
) -> Iterator[tuple[str, str]]:
    """Question and answer for each vote of a task; an empty answer where the campaign has no such word."""
    if campaign.mode == "multilabel" and not name:
        chosen = {_find(word, campaign.answers) for word in answered.chosen}
        if "" in chosen and chosen != {""}:
            chosen.discard("")
        if chosen == {""}:
            yield "", ""
            return
        for answer in campaign.answers:
            yield answer, MULTILABEL_ANSWERS[0] if answer in chosen else MULTILABEL_ANSWERS[1]
        return
    word = answered.chosen[0] if len(answered.chosen) == 1 else ""
    yield name, _find(word, questions[name].answers) if word else ""


def _find(word: str, names: tuple[str, ...]) -> str:
    """The name that a word means: equal but for case, spaces and signs; empty if none."""
    for name in names:
        if word.strip().casefold() == name.casefold():
            return name
    folded = slug(word, otherwise="")
    return next((name for name in names if folded and slug(name, otherwise="") == folded), "")


class _Subjects:
    """Finds the galaxy of a subject and remembers which field told it."""

    def __init__(self, known: frozenset[str], key: str) -> None:
        self._known = known
        self._key = key
        self.found: Counter[str] = Counter()

    def galaxy(self, text: str) -> str:
        """Galaxy of a classification's subject.

        Raises:
            FieldError: If the field is no JSON of a subject, or no galaxy is known by it.
        """
        try:
            subjects = json.loads(text)
            (subject_id, fields), *_ = subjects.items()
            entries = {str(name): value for name, value in fields.items()}
        except (ValueError, AttributeError) as error:
            raise FieldError("subject_data", "is no JSON of a subject") from error
        if self._key and self._key not in entries:
            raise FieldError("subject_data", f"subject {subject_id} has no field {self._key!r}")
        wanted = {self._key: entries[self._key]} if self._key else entries
        for name, value in wanted.items():
            for candidate in (str(value).strip(), PurePosixPath(str(value).strip()).stem):
                if candidate in self._known:
                    self.found[name] += 1
                    return candidate
        told = ", ".join(f"{name}={value}" for name, value in list(wanted.items())[:4])
        raise FieldError("subject_data", f"subject {subject_id} ({told}) is no galaxy of this workspace")
