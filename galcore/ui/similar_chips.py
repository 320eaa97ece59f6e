"""Top of the Similar page: examples as chips, and the place to drop a picture."""

from __future__ import annotations

import base64
import hashlib
from html import escape

import streamlit as st

from galcore.types import GalcoreError
from galcore.ui import state
from galcore.ui.similar_query import SimilarQuery, current_query, dismiss_query, keep_query
from galcore.ui.text import plain, shorten
from galcore.web.uploaded_files import IMAGE_SUFFIXES
from galcore.web.uploads import UploadedPicture, embed_upload
from galcore.workspace import Workspace


def show_chips(workspace: Workspace, query: SimilarQuery) -> None:
    """Each example with its picture and a button that takes it out."""
    if query.is_empty and not query.unlike:
        return
    with st.container(horizontal=True, gap="small", key="similar_chips"):
        for galaxy_id in query.like:
            _chip(workspace, galaxy_id, state.stamp(galaxy_id, size_px=128), "like")
        for picture in query.pictures:
            _chip(workspace, picture.name, _inline(picture), "your picture")
        for galaxy_id in query.unlike:
            _chip(workspace, galaxy_id, state.stamp(galaxy_id, size_px=128), "not like")
        if st.button("Clear", icon=":material/close:", type="tertiary", key="similar_clear"):
            dismiss_query(workspace.name, state.selected())
            st.rerun()


def show_upload(workspace: Workspace, model: str) -> None:
    """Drop zone; each file is read once, and a bad one is told by name."""
    uploaded = st.file_uploader(
        "Search with a picture: JPEG, PNG, TIFF or FITS of one galaxy",
        type=[each.removeprefix(".") for each in IMAGE_SUFFIXES if each.count(".") == 1],
        key="similar_upload",
        max_upload_size=64,
    )
    if uploaded is None:
        st.session_state.pop("similar_upload_seen", None)
        return
    content = uploaded.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    if st.session_state.get("similar_upload_seen") == digest:
        return
    try:
        with st.spinner("The model looks at your picture …"):
            picture = embed_upload(workspace, model, uploaded.name, content)
    except GalcoreError as error:
        st.error(str(error), icon=":material/broken_image:")
        return
    st.session_state["similar_upload_seen"] = digest
    query = current_query(workspace.name)
    others = tuple(each for each in query.pictures if each.name != picture.name)
    keep_query(workspace.name, SimilarQuery(query.like, query.unlike, (*others, picture)))
    st.rerun()


def _inline(picture: UploadedPicture) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture.preview).decode()


def _chip(workspace: Workspace, name: str, address: str, role: str) -> None:
    with st.container(width=112, gap=None):
        colour = "var(--st-text-color)" if role == "not like" else "var(--st-primary-color)"
        line = "dashed" if role == "not like" else "solid"
        st.html(
            f'<img src="{escape(address)}" alt="{escape(name)}" title="{escape(name)}" style="width:100%;'
            f"aspect-ratio:1;object-fit:contain;background:#000;border-radius:5px;"
            f'border:2px {line} {colour}">'
        )
        sign = "−" if role == "not like" else "+"
        if st.button(
            f"{sign} {plain(shorten(role, 12))}",
            key=f"similar_drop_{role}_{name}",
            icon=":material/close:",
            width="stretch",
            type="tertiary",
            help=f"Take {plain(name, limit=60)} out of the search",
        ):
            keep_query(workspace.name, current_query(workspace.name).without(name))
            st.rerun()
