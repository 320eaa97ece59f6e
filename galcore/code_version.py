"""Which code runs: what every result and every file says about the program that made it."""

from __future__ import annotations

import subprocess
from functools import cache

from galcore import __version__
from galcore.settings import ROOT


def code_version() -> str:
    """Version of Galcore, with the commit where it runs from a checkout and ``+`` where that was changed.

    Example:
        >>> code_version().startswith(__version__)
        True
    """
    revision = commit()
    return __version__ if revision == "unknown" else f"{__version__} ({revision})"


@cache
def commit() -> str:
    """Commit of the code that runs, with ``+`` for uncommitted changes; ``unknown`` outside a checkout.

    Asked once: a process goes on running the code it started with.
    """
    if not (ROOT / ".git").exists():  # a copy inside somebody else's checkout is not that checkout
        return "unknown"
    try:
        revision = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return revision + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()
