"""What the annotation pages share: outbox, keys, look, guide and flag in the browser; the store in Python.

Scripts and styles of several folders are put together into one module here, so there is no build step.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).parent
_SCRIPTS = (
    "outbox.js",
    "elements.js",
    "keyboard.js",
    "answer_keys.js",
    "sky_marks.js",
    "guide.js",
    "page.js",
)
_STYLES = ("page.css",)
_DIALOGS = "<!-- dialogs -->"  # where they go in the markup of a component


def page_html(path: Path) -> str:
    """Markup of a component, with the flag form, the list of keys and the guide where it asks for them."""
    dialogs = (_HERE / "dialogs.html").read_text(encoding="utf-8")
    return path.read_text(encoding="utf-8").replace(_DIALOGS, dialogs)


def put_together(folder: Path, names: Sequence[str]) -> str:
    """Shared scripts, then those of a component in the given order; styles likewise.

    Args:
        folder: Where the component's own files are.
        names: Its files, all ``.js`` or all ``.css``.
    """
    shared = _STYLES if names[0].endswith(".css") else _SCRIPTS
    paths = [*(_HERE / name for name in shared), *(folder / name for name in names)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)
