"""Components from the files of their folder, put together here instead of by a build step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st


def component_of(folder: Path, scripts: Sequence[str], *, html: str = "") -> Callable[..., Any]:
    """Of a folder ``x``: its ``x.html`` (or the markup given), ``x.css`` and scripts in this order."""
    name = folder.name
    return st.components.v2.component(
        f"galcore_{name}",
        html=html or (folder / f"{name}.html").read_text(encoding="utf-8"),
        css=(folder / f"{name}.css").read_text(encoding="utf-8"),
        js="\n".join((folder / script).read_text(encoding="utf-8") for script in scripts),
    )
