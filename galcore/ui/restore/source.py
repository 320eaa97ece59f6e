"""Top of the Restore page: which image, chosen by id, from the selection, or brought along as a file."""

from __future__ import annotations

import hashlib

import streamlit as st

from galcore.types import GalcoreError
from galcore.ui import state
from galcore.ui.galaxy_pictures import offer_galaxies
from galcore.ui.text import plain
from galcore.web.restore.attempt import RestoreSource
from galcore.web.restore.bench import bench
from galcore.web.restore.sources import SUFFIXES, galaxy_key, galaxy_source, upload_source
from galcore.workspace import Workspace

UPLOAD_TYPES = [each.removeprefix(".") for each in SUFFIXES if each.count(".") == 1]
MAX_UPLOAD_MB = 64
_UPLOADED, _LAST = "galcore.restore.uploaded", "galcore.restore.last.{}"
_FOUND, _FROM_SELECTION = 8, 12


def choose_source(workspace: Workspace | None) -> RestoreSource:
    """The image in use; shows how to choose one, and stops the page, while there is none."""
    uploaded: RestoreSource | None = st.session_state.get(_UPLOADED)
    galaxy_id = state.galaxy_in_address()
    if uploaded is not None and galaxy_id is None:
        return _keep(uploaded)
    galaxy_id = galaxy_id or _first_selected() or _last(workspace)
    if workspace is None or galaxy_id is None:
        _show_nothing_chosen(workspace)
        st.stop()
    if galaxy_id not in workspace.images:
        st.error(
            f"There is no galaxy {plain(galaxy_id, limit=80)} in workspace {plain(workspace.title)}. "
            "Check the id, or choose another workspace in the bar on top.",
            icon=":material/search_off:",
        )
        _show_nothing_chosen(workspace)
        st.stop()
    if st.query_params.get("galaxy") != galaxy_id:
        st.query_params["galaxy"] = galaxy_id
    st.session_state.pop(_UPLOADED, None)
    source = _read_galaxy(workspace, galaxy_id)
    st.session_state[_LAST.format(workspace.name)] = galaxy_id
    return _keep(source)


def show_chosen(workspace: Workspace | None, source: RestoreSource) -> None:
    """Name and facts of the image in use, and the way to another one."""
    image = source.image
    height, width = image.pixels.shape[-2:]
    scale = f" · {image.pixel_scale_arcsec:.3g} arcsec a pixel" if image.pixel_scale_arcsec else ""
    bands = ", ".join(image.bands) if len(image.bands) <= 4 else f"{len(image.bands)} bands"
    facts = [f"{width} × {height} px", bands, *([image.kind] if image.kind not in image.bands else [])]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="restore_head"):
        st.markdown(f"##### {plain(source.name, limit=80)}", width="content")
        st.caption(plain(" · ".join(facts) + scale), width="content")
        st.space("stretch")
        _show_next(source.name)
        with st.popover("Another image", icon=":material/image_search:"):
            _show_ways(workspace)


def _show_next(galaxy_id: str) -> None:
    """Walks through a selection of several."""
    chosen = state.selected()
    if len(chosen) < 2 or galaxy_id not in chosen:
        return
    at = chosen.index(galaxy_id)
    label = f"Next of {len(chosen)} selected"
    if st.button(label, icon=":material/skip_next:", key="restore_next", type="tertiary"):
        _turn_to(chosen[(at + 1) % len(chosen)])


def _read_galaxy(workspace: Workspace, galaxy_id: str) -> RestoreSource:
    kept = bench().source(galaxy_key(workspace, galaxy_id))
    if kept is not None:
        return kept
    try:
        return galaxy_source(workspace, galaxy_id)
    except GalcoreError as error:
        st.error(plain(str(error), limit=600), icon=":material/broken_image:")
        _show_nothing_chosen(workspace)
        st.stop()


def _keep(source: RestoreSource) -> RestoreSource:
    bench().keep_source(source)
    return source


def _first_selected() -> str | None:
    chosen = state.selected()
    return chosen[0] if chosen else None


def _last(workspace: Workspace | None) -> str | None:
    """The galaxy that was restored last in this session, for somebody who comes back."""
    if workspace is None:
        return None
    galaxy_id = st.session_state.get(_LAST.format(workspace.name))
    return galaxy_id if galaxy_id in workspace.images else None


def _show_nothing_chosen(workspace: Workspace | None) -> None:
    st.markdown("#### Fill in what is missing, sharpen what is blurred")
    st.caption(
        "Choose a galaxy, or bring a FITS file or a picture along. Masked stars, trails and cosmic rays are "
        "filled in; the blur of a point spread function is taken out. Every result comes with its residual, "
        "its uncertainty and the change of its light."
    )
    if workspace is None:
        state.show_no_workspace()
        st.markdown("Or try it on a file of your own:")
    with st.container(width=720):
        _show_ways(workspace)
    if workspace is None or len(workspace.catalog) == 0:
        return
    st.caption("Or begin with one of these:")
    chosen = offer_galaxies(workspace.catalog["galaxy_id"], key="restore_open")
    if chosen is not None:
        _turn_to(chosen)


def _show_ways(workspace: Workspace | None) -> None:
    """By id, from the selection, by upload."""
    if workspace is not None and len(workspace.catalog):
        _show_search(workspace)
        _show_selection()
    _show_upload()


def _show_search(workspace: Workspace) -> None:
    typed = st.text_input(
        "Galaxy id", placeholder="an id, or a part of one", key="restore_search", max_chars=200
    ).strip()
    if not typed:
        return
    if typed in workspace.images:
        found = [typed]
    else:
        ids = workspace.catalog["galaxy_id"].astype(str)
        found = ids[ids.str.contains(typed, case=False, regex=False)].head(_FOUND).tolist()
    if not found:
        st.caption(f"No galaxy here has {plain(typed, limit=60)} in its id.")
    for each in found:
        if st.button(plain(each, limit=60), key=f"restore_found_{each}", width="stretch"):
            _turn_to(each)


def _show_selection() -> None:
    chosen = state.selected()
    if not chosen:
        return
    st.caption(f"Selected ({len(chosen)})")
    with st.container(horizontal=True, gap="small"):
        for each in chosen[:_FROM_SELECTION]:
            if st.button(plain(each, limit=24), key=f"restore_selected_{each}"):
                _turn_to(each)


def _show_upload() -> None:
    file = st.file_uploader(
        "A file of your own: FITS, JPEG, PNG or TIFF of one galaxy",
        type=UPLOAD_TYPES,
        key="restore_upload",
        max_upload_size=MAX_UPLOAD_MB,
    )
    if file is None:
        st.session_state.pop("restore_upload_seen", None)
        return
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    if st.session_state.get("restore_upload_seen") == digest:
        return
    try:
        source = upload_source(file.name, content)
    except GalcoreError as error:
        st.error(plain(str(error), limit=600), icon=":material/broken_image:")
        return
    st.session_state["restore_upload_seen"] = digest
    st.session_state[_UPLOADED] = source
    st.query_params.pop("galaxy", None)
    st.rerun()


def _turn_to(galaxy_id: str) -> None:
    st.session_state.pop(_UPLOADED, None)
    st.query_params["galaxy"] = galaxy_id
    st.rerun()
