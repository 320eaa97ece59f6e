"""Lists that people paste or upload into a campaign: galaxy ids, examples with captions, known answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from galcore.catalog.columns import ADDRESS_COLUMNS, ID_ALIASES, find_column
from galcore.types import ExampleImage, GalcoreError, GoldItem

MOST_VALUES = 50
_ROWS_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class IdList:
    """Galaxy ids somebody gave.

    Attributes:
        known: Those of the workspace, each once, in the order they were given.
        unknown: The others.
    """

    known: tuple[str, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """What a catalogue column has to be: within a range, or one of several values.

    Attributes:
        low: Least number, included; None: no limit.
        high: Largest number, included; None: no limit.
        values: Texts it may be; empty: any.
    """

    column: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


def read_ids(text: str, known: Container[str]) -> IdList:
    """Galaxy ids, one a line or separated by commas; of a table with a header only the column of ids.

    Raises:
        GalcoreError: If the text is no list or table.

    >>> read_ids("galaxy_id,ra\\nA1,10.5\\nB2,11", {"A1", "B2"}).known
    ('A1', 'B2')
    >>> read_ids("A1\\nB7", {"A1"})
    IdList(known=('A1',), unknown=('B7',))
    """
    rows = _rows(text)
    column = find_column(rows[0], ID_ALIASES) if rows else None
    if column is not None and column not in known:
        place = rows[0].index(column)
        given = [row[place] for row in rows[1:] if len(row) > place]
    else:
        given = [field for row in rows for field in row]
    ids = [each for each in dict.fromkeys(given) if each]
    found = tuple(each for each in ids if each in known)
    return IdList(found, tuple(each for each in ids if each not in known))


def read_examples(text: str, known: Container[str]) -> tuple[tuple[ExampleImage, ...], tuple[str, ...]]:
    """Examples, a line each: galaxy id and, after a comma, what it is an example of; and the problems.

    >>> read_examples("A1, a strong bar", {"A1"})[0]
    (ExampleImage(galaxy_id='A1', caption='a strong bar'),)
    """
    examples, problems = [], []
    for number, row in enumerate(_rows(text), start=1):
        galaxy_id, caption = row[0], ", ".join(row[1:])
        if galaxy_id in known:
            examples.append(ExampleImage(galaxy_id, caption))
        else:
            problems.append(f"Examples, line {number}: there is no galaxy {galaxy_id!r} in this workspace.")
    return tuple(examples), tuple(problems)


def read_gold(
    text: str, *, known: Container[str], questions: Mapping[str, Sequence[str]]
) -> tuple[tuple[GoldItem, ...], tuple[str, ...]]:
    """Galaxies with known answers, a line each: ``galaxy_id,answer`` or ``galaxy_id,answer,question``.

    Args:
        text: The lines; a header is passed over.
        known: Galaxies of the workspace.
        questions: Answers each question allows; the first question is meant where a line names none.
            Where several answers may hold at once, ``galaxy_id,bar`` says that the question "bar" is a yes.

    Returns:
        The items, and what is wrong with the lines that were not taken.

    >>> read_gold("A1, yes\\nA2, maybe", known={"A1", "A2"}, questions={"": ("yes", "no")})[1]
    ("Gold, line 2: 'maybe' is not an answer here; give one of yes, no.",)
    """
    items: dict[tuple[str, str], GoldItem] = {}
    problems = []
    rows = _rows(text)
    for number, row in enumerate(rows, start=1):
        if number == 1 and find_column(row[:1], ID_ALIASES) and row[0] not in known:
            continue
        try:
            item = _gold_item(row, known, questions)
        except GalcoreError as error:
            problems.append(f"Gold, line {number}: {error}")
            continue
        items[item.galaxy_id, item.question] = item
    return tuple(items.values()), tuple(problems)


def ids_as_text(galaxy_ids: Iterable[str]) -> str:
    """Ids as lines that :func:`read_ids` reads back."""
    return rows_as_text((galaxy_id,) for galaxy_id in galaxy_ids)


def rows_as_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as lines, quoted where a field needs it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().rstrip("\n")


def filter_columns(catalog: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Columns one can ask the catalogue by: with their values where these are few, else without (numbers)."""
    sample = catalog.head(_ROWS_LOOKED_AT)
    columns: dict[str, tuple[str, ...]] = {}
    for name in catalog.columns:
        if name == "galaxy_id" or name in ADDRESS_COLUMNS:
            continue
        if pd.api.types.is_bool_dtype(catalog[name]) or not pd.api.types.is_numeric_dtype(catalog[name]):
            values = sample[name].dropna().astype(str).unique()
            if 1 <= len(values) <= MOST_VALUES:
                columns[str(name)] = tuple(sorted(values))
        elif sample[name].notna().any():
            columns[str(name)] = ()
    return columns


def answer_columns(catalog: pd.DataFrame) -> list[str]:
    """Columns with few different values, which can hold an answer."""
    sample = catalog.head(_ROWS_LOOKED_AT)
    own = {"galaxy_id", *ADDRESS_COLUMNS, "ra", "dec"}
    names = [str(name) for name in catalog.columns if name not in own]
    return [name for name in names if 2 <= sample[name].nunique() <= MOST_VALUES]


def matching_ids(catalog: pd.DataFrame, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Galaxies that meet every condition; one without a value in such a column does not.

    >>> catalog = pd.DataFrame({"galaxy_id": ["a", "b", "c"], "z": [0.1, 0.4, None]})
    >>> matching_ids(catalog, [Condition("z", low=0.2)])
    ('b',)
    """
    keep = pd.Series(True, index=catalog.index)
    for condition in conditions:
        column = catalog[condition.column]
        if condition.low is not None:
            keep &= (column >= condition.low).fillna(False).astype(bool)
        if condition.high is not None:
            keep &= (column <= condition.high).fillna(False).astype(bool)
        if condition.values:
            keep &= column.astype(str).isin(condition.values)
    return tuple(catalog.loc[keep, "galaxy_id"].astype(str))


def _rows(text: str) -> list[list[str]]:
    """Lines as fields without the blanks around them; empty lines are left out."""
    first = text.lstrip().partition("\n")[0]
    separator = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise GalcoreError(f"This list cannot be read ({error}): give one galaxy id a line.") from error
    stripped = ([field.strip() for field in row] for row in rows)
    return [row for row in stripped if any(row)]


def _gold_item(row: list[str], known: Container[str], questions: Mapping[str, Sequence[str]]) -> GoldItem:
    galaxy_id, answer, question = (*row, "", "")[:3]
    if galaxy_id not in known:
        raise GalcoreError(f"there is no galaxy {galaxy_id!r} in this workspace.")
    if not question and "" not in questions and answer in questions and "yes" in questions[answer]:
        return GoldItem(galaxy_id, "yes", answer)
    asked = question or next(iter(questions))
    if asked not in questions:
        raise GalcoreError(f"there is no question {asked!r} here.")
    allowed = questions[asked]
    meant = next((each for each in allowed if each.casefold() == answer.casefold()), None)
    if meant is None:
        raise GalcoreError(f"{answer!r} is not an answer here; give one of {', '.join(allowed)}.")
    return GoldItem(galaxy_id, meant, asked)
