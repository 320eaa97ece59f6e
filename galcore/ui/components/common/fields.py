"""What a browser sends, read with suspicion."""

from __future__ import annotations

from typing import Any

from galcore.types import GalcoreError

LONGEST_ID = 1000


class Fields:
    """A JSON object from a browser, of which nothing is taken for granted."""

    def __init__(self, value: object) -> None:
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}

    def text(self, name: str, *, limit: int = LONGEST_ID) -> str:
        """A text, cut at ``limit`` letters; empty if it is not there.

        Raises:
            GalcoreError: If it is something else.
        """
        value = self._value.get(name, "")
        if not isinstance(value, str):
            raise GalcoreError(f"the browser sent no text as {name!r}; reload the page")
        return value[:limit]

    def number(self, name: str) -> int:
        """A whole number; 0 if there is none."""
        value = self._value.get(name, 0)
        return value if isinstance(value, int) else 0

    def flag(self, name: str) -> bool:
        """Whether it is set."""
        return bool(self._value.get(name, False))

    def entries(self, name: str) -> list[Fields]:
        """A list of objects; empty if there is none."""
        value = self._value.get(name, [])
        return [Fields(each) for each in value] if isinstance(value, list) else []
