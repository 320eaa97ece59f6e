"""Text written by people or files, made safe to show: never markup, never endless."""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
# First-strong isolate and its end: a right-to-left name keeps its own direction and leaves the line alone.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def plain(text: str, *, limit: int = 0) -> str:
    r"""Text for a Streamlit label or markdown: every sign of markup escaped, shortened to ``limit`` letters.

    >>> plain("<b>Ana*</b>").replace(chr(0x2068), "").replace(chr(0x2069), "")
    '\\<b\\>Ana\\*\\</b\\>'
    """
    return f"{_ISOLATE}{_MARKDOWN.sub(_escape, shorten(clean(text), limit))}{_END_ISOLATE}"


def plain_lines(text: str, *, limit: int = 0) -> str:
    """Text of several lines for markdown: as :func:`plain`, line by line; empty lines part paragraphs."""
    lines = [plain(line) if line.strip() else "" for line in shorten(text.strip(), limit).splitlines()]
    following = [*lines[1:], ""]
    joined = [line + "\\" if line and after else line for line, after in zip(lines, following, strict=False)]
    return "\n".join(joined)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` letters, the last an ellipsis when something was cut; 0: no limit.

    >>> shorten("M 51 and its companion", 8)
    'M 51 an…'
    """
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def shorten_inside(text: str, limit: int) -> str:
    """At most ``limit`` letters, with an ellipsis in the middle: ids differ at their ends.

    >>> shorten_inside("hubble_deep_field_00144_00353", 16)
    'hubbl…0144_00353'
    """
    if len(text) <= limit:
        return text
    tail = 2 * limit // 3
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def clean(text: str) -> str:
    """Text on one line without control or direction-changing characters."""
    kept = "".join(" " if unicodedata.category(letter).startswith("C") else letter for letter in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "galaxy", "galaxies"), count(1200, "galaxy", "galaxies")
    ('1 galaxy', '1,200 galaxies')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _escape(match: re.Match[str]) -> str:
    return "\\" + match.group(1)
