"""Components put together from files here, instead of by a build step, and loaded by the browser once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from galcore.web.component_routes import publish_module

_LOADER = Path(__file__).parent / "loaded.js"
_ADDRESS = "ADDRESS"


def served_component(name: str, *, js: str, html: str = "", css: str = "") -> Callable[..., Any]:
    """A component whose messages carry its data and an address, not its code (docs/adr/0013).

    Args:
        name: Tells it from others.
        js: Module with a default export, as Streamlit wants it.
        html: Markup that is there when that is called first.
        css: Style of the markup.
    """
    module = f"{js}\nexport const markup = {json.dumps(html)}, style = {json.dumps(css)};\n"
    loader = _LOADER.read_text(encoding="utf-8").replace(_ADDRESS, publish_module(name, module))
    return st.components.v2.component(f"galcore_{name}", js=loader)


def component_of(folder: Path, scripts: Sequence[str], *, html: str = "") -> Callable[..., Any]:
    """Of a folder ``x``: its ``x.html`` (or the markup given), ``x.css`` and scripts in this order."""
    name = folder.name
    return served_component(
        name,
        html=html or (folder / f"{name}.html").read_text(encoding="utf-8"),
        css=(folder / f"{name}.css").read_text(encoding="utf-8"),
        js="\n".join((folder / script).read_text(encoding="utf-8") for script in scripts),
    )
