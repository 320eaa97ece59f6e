"""What a workspace holds and how far it is prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

from galcore.embed.store import read_manifest
from galcore.jobs import jobs
from galcore.ui import state
from galcore.ui.data.job_list import start_job
from galcore.ui.figures import figure_row
from galcore.ui.text import count, plain
from galcore.workspace import Workspace


def show_summary(workspace: Workspace, user: str) -> None:
    """Counts, what is prepared with which model, and the room it takes."""
    n_galaxies = len(workspace.catalog)
    ready_state = workspace.state() if n_galaxies else None
    n_embedded = ready_state.n_embedded if ready_state else 0
    parts = (("search", ready_state.has_index), ("map", ready_state.has_atlas)) if ready_state else ()
    ready = [name for name, there in parts if there]
    on_disk = _size_text(_disk_bytes(str(workspace.folder), n_galaxies + n_embedded))
    with figure_row():
        for label, value, about in (
            ("Galaxies", f"{n_galaxies:,}", "Rows of the catalogue"),
            (
                "Seen by the model",
                f"{n_embedded:,}",
                "Galaxies with an embedding; search, map and the loop work on these",
            ),
            ("Ready", " · ".join(ready) or "–", "Made by Prepare"),
            ("On disk", on_disk, "Whole workspace folder"),
        ):
            st.metric(label, value, help=about, width="content")
    for model in workspace.models():
        _show_model(workspace, model)
    if n_galaxies:
        _show_next(workspace, user, n_new=n_galaxies - n_embedded - _n_unreadable(workspace))


def _n_unreadable(workspace: Workspace) -> int:
    manifests = [read_manifest(workspace.files.embeddings(model)) for model in workspace.models()[:1]]
    return sum(len(manifest.left_out) for manifest in manifests if manifest is not None)


def _show_next(workspace: Workspace, user: str, *, n_new: int) -> None:
    """The next step: prepare what is new, else annotate."""
    at_work = any(job.status.is_active for job in jobs(workspace.folder)[:8])
    with st.container(horizontal=True, gap="small"):
        if n_new > 0 and not at_work:
            label = f"Prepare {count(n_new, 'new galaxy', 'new galaxies')}"
            if st.button(label, type="primary", icon=":material/model_training:", key="prepare_new"):
                start_job(workspace, "prepare", [str(workspace.folder), "--json"], user)
                st.rerun()
        emphasis: Literal["primary", "secondary"] = "secondary" if n_new > 0 else "primary"
        if state.has_page("grid") and st.button("Annotate", type=emphasis, icon=":material/grid_view:"):
            state.open_page("grid")
        if state.has_page("map") and st.button("Look at the map", icon=":material/scatter_plot:"):
            state.open_page("map")


def _show_model(workspace: Workspace, model: str) -> None:
    manifest = read_manifest(workspace.files.embeddings(model))
    if manifest is None:
        return
    stale = (
        ""
        if manifest.catalog_hash == workspace.catalog_hash
        else " · the catalogue has changed since: prepare again"
    )
    st.caption(
        f"{plain(manifest.model)} · {manifest.embedding_dim} numbers a galaxy · "
        f"weights {manifest.model_hash[:12]} · "
        f"made {manifest.created_at[:16].replace('T', ' ')} UTC"
        + (f" · {count(len(manifest.left_out), 'galaxy', 'galaxies')} left out" if manifest.left_out else "")
        + stale
    )


@st.cache_data(ttl=120, max_entries=16, show_spinner=False)
def _disk_bytes(folder: str, version: int) -> int:
    total = 0
    for path in Path(folder).rglob("*"):
        try:
            total += 0 if path.is_symlink() or not path.is_file() else path.stat().st_size
        except OSError:
            continue  # a job renamed it meanwhile
    return total


def _size_text(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
