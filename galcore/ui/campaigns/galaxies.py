"""The part of the campaign form that asks which galaxies: all, the selection, a query, a list of ids."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from galcore.types import GalcoreError
from galcore.ui import state
from galcore.ui.campaigns.answers import Key, read_upload
from galcore.ui.campaigns.lists import Condition, IdList, filter_columns, matching_ids, read_ids
from galcore.ui.text import clean, count, plain, shorten
from galcore.workspace import Workspace

_SOURCES = {
    "all": "the whole workspace",
    "kept": "as it is",
    "selection": "the selection",
    "query": "a query",
    "list": "a list of ids",
}
_LARGEST_LIST_MB = 50
_NAMED_UNKNOWN = 8
_MOST_CONDITIONS = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """Which galaxies a campaign asks about.

    Attributes:
        galaxy_ids: Its own list; None: the whole workspace.
        problems: What has to be mended first.
    """

    galaxy_ids: tuple[str, ...] | None
    problems: tuple[str, ...] = ()


def ask_galaxies(workspace: Workspace, before: tuple[str, ...] | None, key: Key) -> Scope:
    """Which galaxies; ``before`` is the list that a changed or duplicated campaign has already."""
    sources = [name for name in _SOURCES if name != "kept" or before is not None]
    source = st.segmented_control(
        "Galaxies",
        sources,
        default="all" if before is None else "kept",
        format_func=_SOURCES.__getitem__,
        required=True,
        key=key("source"),
        help="What people are asked about. The rest of the workspace is never shown in this campaign.",
    )
    if source == "all":
        st.caption(f"All {count(len(workspace.catalog), 'galaxy', 'galaxies')}, and those added later.")
        return Scope(None)
    if source == "kept" and before is not None:
        st.caption(f"{count(len(before), 'galaxy', 'galaxies')}, as before.")
        return Scope(before)
    if source == "selection":
        return _from_selection()
    return _from_query(workspace, key) if source == "query" else _from_list(workspace, key)


def _from_selection() -> Scope:
    chosen = state.selected()
    if not chosen:
        message = "Nothing is selected: select galaxies on Map, Similar or Review first."
        st.info(message, icon=":material/select_all:")
        return Scope((), (message,))
    st.caption(f"{count(len(chosen), 'selected galaxy', 'selected galaxies')}.")
    return Scope(chosen)


def _from_query(workspace: Workspace, key: Key) -> Scope:
    catalog = workspace.catalog
    columns = filter_columns(catalog)
    chosen = st.multiselect(
        "Columns", list(columns), max_selections=_MOST_CONDITIONS, key=key("columns"),
        format_func=lambda name: shorten(clean(name), 40), placeholder="magnitude, redshift, …",
        help="Columns of the catalogue that a galaxy has to fulfil, all of them.",
    )  # fmt: skip
    conditions = [_ask_condition(catalog[name], columns[name], key) for name in chosen]
    found = matching_ids(catalog, conditions)
    st.caption(f"{count(len(found), 'galaxy', 'galaxies')} of {len(catalog):,} fit.")
    return Scope(found, () if found else ("No galaxy fits the query: widen it.",))


def _ask_condition(column: pd.Series, values: tuple[str, ...], key: Key) -> Condition:
    name, label = str(column.name), plain(str(column.name), limit=40)
    if values:
        chosen = st.multiselect(
            f"{label} is", values, key=key(f"is_{name}"), format_func=lambda each: shorten(clean(each), 60),
            help="One of these; nothing chosen means any.",
        )  # fmt: skip
        return Condition(name, values=tuple(chosen))
    least, most = float(column.min()), float(column.max())
    from_side, to_side = st.columns(2)
    low = from_side.number_input(
        f"{label} from", value=None, key=key(f"from_{name}"), placeholder=f"{least:.6g}", format="%.6g",
        help="Least value, included; empty: no limit.",
    )  # fmt: skip
    high = to_side.number_input(
        f"{label} to", value=None, key=key(f"to_{name}"), placeholder=f"{most:.6g}", format="%.6g",
        help="Largest value, included; empty: no limit.",
    )  # fmt: skip
    return Condition(name, low=low, high=high)


def _from_list(workspace: Workspace, key: Key) -> Scope:
    pasted = st.text_area(
        "Galaxy ids, one a line", height=120, key=key("ids"),
        help="Or a table with a header: its column galaxy_id (or object_id, source_id, …) is taken.",
    )  # fmt: skip
    file = st.file_uploader(
        "or a file", type=["csv", "txt", "tsv"], max_upload_size=_LARGEST_LIST_MB, key=key("ids_file"),
        help="CSV or text; what is pasted above is added to it.",
    )  # fmt: skip
    known = workspace.images
    try:
        listed = read_ids(pasted, known)
        if file is not None:
            uploaded = read_ids(read_upload(file.getvalue(), file.name), known)
            listed = IdList(
                tuple(dict.fromkeys(listed.known + uploaded.known)), listed.unknown + uploaded.unknown
            )
    except GalcoreError as error:
        st.error(plain(str(error)))
        return Scope((), (str(error),))
    show_unknown(listed)
    if not listed.known:
        return Scope((), ("Give at least one galaxy id of this workspace.",))
    st.caption(f"{count(len(listed.known), 'galaxy', 'galaxies')}.")
    return Scope(listed.known)


def show_unknown(listed: IdList) -> None:
    """Say which ids the workspace does not have."""
    if not listed.unknown:
        return
    named = ", ".join(plain(each, limit=40) for each in listed.unknown[:_NAMED_UNKNOWN])
    more = len(listed.unknown) - _NAMED_UNKNOWN
    rest = f" and {more:,} more" if more > 0 else ""
    st.warning(
        f"{count(len(listed.unknown), 'id')} not in this workspace, left out: {named}{rest}.",
        icon=":material/help:",
    )
