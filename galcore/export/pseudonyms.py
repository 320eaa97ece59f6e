"""Names of people replaced by ones that tell nothing, the same in every export of a workspace."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from galcore.types import GalcoreError
from galcore.whole_files import write_whole

KEY_FILE = "pseudonyms.key"
LETTERS = 12  # 48 bits


def pseudonym(name: str, key: bytes) -> str:
    """A name by keyed hash (HMAC-SHA256): without the key nobody can try names out.

    >>> pseudonym("Vera", b"key") == pseudonym("Vera", b"key") != pseudonym("Vera", b"other key")
    True
    >>> pseudonym("", b"key")
    ''
    """
    if not name:
        return ""
    return "person-" + hmac.new(key, name.encode("utf-8"), hashlib.sha256).hexdigest()[:LETTERS]


def workspace_key(folder: Path) -> bytes:
    """Key of the pseudonyms of a workspace, made when it is first asked for and readable by its owner only.

    Raises:
        GalcoreError: If it cannot be read or written.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            with write_whole(path, durable=True) as unfinished:
                handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(secrets.token_hex(32))
        return bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise GalcoreError(
            f"{path} cannot be used as the key of pseudonyms ({error}); put it back from a backup, or move "
            "it away and a new one is made, with other pseudonyms than before"
        ) from error


def pseudonymise(table: pd.DataFrame, hide: Callable[[str], str], *, own: str = "") -> pd.DataFrame:
    """The table with the people in ``annotator`` hidden, and without comments, which may hold names.

    Args:
        table: Votes or events.
        hide: Pseudonym of a name.
        own: Whose comments stay, because it is they who read the table.
    """
    if "annotator" not in table:
        return table
    hidden = {name: hide(str(name)) for name in table["annotator"].unique()}
    changed = table.assign(annotator=table["annotator"].map(hidden))
    if "comment" not in table:
        return changed
    return changed.assign(comment=table["comment"].where(table["annotator"] == own, "") if own else "")
