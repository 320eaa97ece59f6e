"""Names of columns and text that every format can hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence


def slug(text: str, *, otherwise: str) -> str:
    """Lower-case ASCII name of a question or an answer, words joined by hyphens as in Galaxy Zoo.

    >>> slug("Smooth or featured?", otherwise="question")
    'smooth-or-featured'
    >>> slug("棒", otherwise="answer-1")
    'answer-1'
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or otherwise


def answer_slugs(answers: Sequence[str]) -> tuple[str, ...]:
    """One distinct slug per answer, in their order.

    >>> answer_slugs(("Spiral", "spiral!", "棒"))
    ('spiral', 'spiral-2', 'answer-3')
    """
    slugs = [slug(answer, otherwise=f"answer-{index}") for index, answer in enumerate(answers, start=1)]
    return distinct(slugs, separator="-")


def distinct(names: Iterable[str], *, separator: str = "_") -> tuple[str, ...]:
    """The names with a number after each that was there before, letter case aside (FITS ignores it).

    >>> distinct(["ra", "RA", "z"])
    ('ra', 'RA_2', 'z')
    """
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{name}{separator}{number}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return tuple(result)


def ascii_text(text: str) -> str:
    r"""Text as FITS can hold it: accents dropped, whatever is left written as an escape.

    >>> ascii_text("é"), ascii_text("棒"), ascii_text("a\nb")
    ('e', '\\u68d2', 'a b')
    """
    decomposed = unicodedata.normalize("NFKD", text)
    without_accents = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    escaped = without_accents.encode("ascii", "backslashreplace").decode("ascii")
    return re.sub(r"[\x00-\x1f\x7f]", " ", escaped)
