"""What a page says while the model has not been through the workspace yet."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from galcore.ui import state
from galcore.workspace import Workspace

_MADE_FOR = {
    "map": "The map lays out all galaxies so that those which look alike lie together.",
    "search": "Similarity search finds the galaxies that look most like the ones you show it.",
}


def require_part(workspace: Workspace, part: Literal["map", "search"]) -> str:
    """Model whose map or index is ready; explains how to get one and stops the page while there is none."""
    model = has_map(workspace) if part == "map" else has_search(workspace)
    if model is None:
        _show_unprepared(workspace, part)
        st.stop()
    return model


def has_search(workspace: Workspace) -> str | None:
    """Model whose similarity index is ready, if any."""
    return next((model for model in workspace.models() if workspace.state(model).has_index), None)


def has_map(workspace: Workspace) -> str | None:
    """Model whose map is ready, if any."""
    return next((model for model in workspace.models() if workspace.state(model).has_atlas), None)


def _show_unprepared(workspace: Workspace, part: str) -> None:
    n_galaxies = len(workspace.catalog)
    with st.container(border=True):
        if n_galaxies == 0:
            st.markdown("#### This workspace has no galaxies yet")
            st.write("Import images, a table or a FITS field first.")
        else:
            st.markdown("#### Not prepared yet")
            st.write(f"{_MADE_FOR[part]} For that a model has to look at the {n_galaxies:,} galaxies once.")
            st.code(f"python -m galcore prepare {workspace.folder.name}", language="bash")
        if state.has_page("data") and st.button("Go to Data", type="primary", icon=":material/database:"):
            state.open_page("data")
