"""What all pages share in one session: the workspace, the campaign and the one selection.

Workspace and campaign are also in the address (``?workspace=…&campaign=…``), so that a link can be shared.
The selection belongs to a workspace; each keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from galcore.settings import ROOT
from galcore.types import Campaign, GalcoreError
from galcore.web.addresses import stamp_address
from galcore.web.first_start import first_start
from galcore.web.registry import served
from galcore.workspace import Workspace

PAGES = ROOT / "pages"
_WORKSPACE, _CAMPAIGN, _GALAXY = "workspace", "campaign", "galaxy"
_STATE = "galcore.{}"


def workspace_names() -> tuple[str, ...]:
    """Names of the workspaces this server serves."""
    return tuple(served().folders())


def current_workspace() -> Workspace | None:
    """The workspace in use: chosen, else from the address, else the first; None when none is served."""
    names = workspace_names()
    wanted = _held(_WORKSPACE)
    name = wanted if wanted in names else (names[0] if names else None)
    return served().get(name) if name else None


def require_workspace() -> Workspace:
    """The workspace in use; explains how to make one and stops the page while there is none."""
    workspace = current_workspace()
    if workspace is None:
        show_no_workspace()
        st.stop()
    return workspace


def use_workspace(name: str) -> None:
    """Turn to another workspace; the campaign is chosen anew."""
    if name != _held(_WORKSPACE):
        _hold(_WORKSPACE, name)
        _hold(_CAMPAIGN, None)


def current_campaign() -> Campaign | None:
    """The campaign in use: chosen, else from the address, else the newest open one."""
    workspace = current_workspace()
    if workspace is None:
        return None
    campaigns = {campaign.campaign_id: campaign for campaign in workspace.labels.campaigns()}
    wanted = _held(_CAMPAIGN)
    if wanted in campaigns:
        return campaigns[wanted]
    still_open = [campaign for campaign in campaigns.values() if campaign.state == "open"]
    return still_open[-1] if still_open else next(reversed(campaigns.values()), None)


def use_campaign(campaign_id: str) -> None:
    """Turn to another campaign of the workspace in use."""
    _hold(_CAMPAIGN, campaign_id)


def selected() -> tuple[str, ...]:
    """Galaxies selected in the workspace in use, in the order they were selected."""
    return st.session_state.get(_selection_key(), ())


def select(galaxy_ids: Iterable[str], *, add: bool = False) -> None:
    """Make these galaxies the selection, or ``add`` them to it; ids that the workspace lacks are dropped."""
    workspace = current_workspace()
    if workspace is None:
        return
    known = workspace.images
    before = selected() if add else ()
    merged = dict.fromkeys((*before, *(galaxy_id for galaxy_id in galaxy_ids if galaxy_id in known)))
    st.session_state[_selection_key()] = tuple(merged)


def unselect(galaxy_ids: Iterable[str]) -> None:
    """Take galaxies out of the selection."""
    gone = set(galaxy_ids)
    st.session_state[_selection_key()] = tuple(each for each in selected() if each not in gone)


def clear() -> None:
    """Empty the selection."""
    st.session_state.pop(_selection_key(), None)


def stamp(galaxy_id: str, *, size_px: int = 256, stretch: str = "survey") -> str:
    """Address of a stamp of the workspace in use."""
    workspace = require_workspace()
    return stamp_address(
        workspace.name, galaxy_id, size_px=size_px, stretch=stretch, version=workspace.catalog_hash
    )


def galaxy_in_address() -> str | None:
    """Galaxy that the address names (``?galaxy=…``), if any; the galaxy page shows it."""
    return st.query_params.get(_GALAXY) or None


def open_galaxy(galaxy_id: str) -> None:
    """Turn to the page of one galaxy."""
    open_page("galaxy", **{_GALAXY: galaxy_id})


def open_page(name: str, **query: str) -> None:
    """Turn to a page by its file name (``grid``, ``map``, …), with further entries in the address."""
    path = PAGES / f"{name}.py"
    if not path.is_file():
        raise GalcoreError(f"there is no page {name!r} here yet")
    st.switch_page(str(path), query_params={**address_entries(), **query})


def annotate(galaxy_ids: Iterable[str]) -> None:
    """Turn to the grid with these galaxies next in line; they become the selection."""
    select(galaxy_ids)
    open_page("grid", queue="selection")


def has_page(name: str) -> bool:
    """Whether a page is there."""
    return (PAGES / f"{name}.py").is_file()


def address_entries() -> dict[str, str]:
    """What the address says about where we are, for links that others can follow."""
    workspace, campaign = current_workspace(), current_campaign()
    entries = {}
    if workspace is not None:
        entries[_WORKSPACE] = workspace.name
    if campaign is not None:
        entries[_CAMPAIGN] = campaign.campaign_id
    return entries


def write_address() -> None:
    """Put workspace and campaign into the address. Called once per run, by the shell."""
    for name, value in address_entries().items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def show_no_workspace() -> None:
    """Empty state: how to get a first workspace, or how far it is."""
    if first_start() is not None:
        from galcore.ui.first_start import show_making

        show_making()
        return
    st.markdown("#### There is nothing to look at yet")
    st.write("Make the two demo workspaces (real deep-field galaxies and a simulated survey):")
    st.code("python -m galcore demo", language="bash")
    st.write("or bring your own images; a folder, a table, a stack or a FITS field:")
    st.code(
        "python -m galcore import PATH --workspace workspaces/mine\n"
        "python -m galcore prepare workspaces/mine",
        language="bash",
    )


def _held(name: str) -> str | None:
    key = _STATE.format(name)
    if key not in st.session_state and name in st.query_params:
        st.session_state[key] = st.query_params[name]
    return st.session_state.get(key)


def _hold(name: str, value: str | None) -> None:
    st.session_state[_STATE.format(name)] = value
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _selection_key() -> str:
    workspace = current_workspace()
    return _STATE.format(f"selection.{workspace.name if workspace else ''}")
