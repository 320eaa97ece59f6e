"""How the people of a campaign are named to one who looks: by name to owners, by number to everybody else.

The pseudonyms of files (:mod:`galcore.export.pseudonyms`) hold over campaigns and cannot be tried out; these
are for reading: short, the same on every page of a campaign, whoever looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from galcore.people.permission import may, person_name
from galcore.people.roles import Role

YOU = "you"
UNKNOWN = "somebody"


@dataclass(frozen=True, slots=True)
class SeenNames:
    """Names of the people of a campaign, as one person may read them.

    Attributes:
        user: Who looks.
        owns: Whether they read names.
        shown: What they read for each name that labels are kept under; no two are equal.
    """

    user: str
    owns: bool
    shown: Mapping[str, str]

    def __call__(self, name: str) -> str:
        """What is shown for somebody; nothing for nobody."""
        return self.shown.get(name, UNKNOWN) if name else ""


def seen_names(folder: Path, user: str, people: Iterable[str]) -> SeenNames:
    """How one person reads the people of a campaign.

    Args:
        folder: Of the workspace.
        user: Who looks.
        people: Everybody with an event in the campaign, in the order of the first one: a number, once
            given, stays.
    """
    owns = may(folder, user, Role.OWNER)
    names = tuple(dict.fromkeys(each for each in people if each))
    shown = {name: person_name(folder, name) for name in names} if owns else numbered(names)
    return SeenNames(user, owns, _marked(_distinct(shown), user))


def numbered(names: Iterable[str]) -> dict[str, str]:
    """A pseudonym for each name, by its place.

    >>> numbered(["Vera", "Edwin"])
    {'Vera': 'annotator 1', 'Edwin': 'annotator 2'}
    """
    return {name: f"annotator {place}" for place, name in enumerate(names, start=1)}


def _distinct(shown: Mapping[str, str]) -> dict[str, str]:
    """Two people who chose the same display name are told apart by what their labels are kept under."""
    often = Counter(shown.values())
    return {name: words if often[words] == 1 else f"{words} ({name})" for name, words in shown.items()}


def _marked(shown: dict[str, str], user: str) -> dict[str, str]:
    return shown | {user: f"{shown[user]} ({YOU})"} if user in shown else shown
