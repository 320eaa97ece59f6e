"""Map: the embedding in two dimensions; draw around galaxies to select them."""

import streamlit as st

from galcore.atlas.colours import MISSING
from galcore.atlas.gestures import Gesture, apply_gesture
from galcore.ui import map_panel, state
from galcore.ui.components.atlas_map import show_map
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.labelling import queue_chosen
from galcore.ui.people.identity import require_user
from galcore.ui.readiness import require_part
from galcore.ui.similar_query import use_examples
from galcore.ui.text import count, plain
from galcore.web.atlas_routes import atlas_addresses

MAX_THUMBNAILS = 24

user = require_user()
workspace = state.require_workspace()
model = require_part(workspace, "map")
atlas = workspace.atlas(model)
campaign = state.current_campaign()

if (opened := st.session_state.pop("map_open", None)) is not None:
    state.open_galaxy(opened)

with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="map_controls"):
    choices = map_panel.colour_choices(workspace, campaign)
    default = choices.index(map_panel.first_choice(workspace, campaign))
    choice = st.selectbox("Colour by", choices, index=default, key=f"map_colour_{workspace.name}", width=210)
    colours = map_panel.make_colours(workspace, atlas, campaign, user, choice)
    colours = map_panel.show_filter(workspace, atlas, colours)
    st.space("stretch")
    with st.popover("How to use it", icon=":material/help:", type="tertiary"):
        st.markdown(map_panel.HELP)
if choice in map_panel.FROM_CAMPAIGN and bool((colours.codes == MISSING).all()):
    st.info("Nothing to colour by yet: answer a grid or two first.", icon=":material/grid_view:")

with st.container(key="galcore_map_body"):
    middle, right = st.columns([5, 1.45], gap="small")


def follow(gesture: Gesture) -> None:
    """Change the shared selection as the person did on the map they saw."""
    if gesture.kind == "open":
        if 0 <= gesture.row < len(atlas.galaxy_ids):
            st.session_state["map_open"] = atlas.galaxy_ids[gesture.row]
        return
    state.select(apply_gesture(gesture, state.selected(), atlas.galaxy_ids, atlas.xy, colours.codes))


with middle:
    addresses = atlas_addresses(
        workspace,
        atlas,
        model=model,
        campaign_id=campaign.campaign_id if campaign else "",
        columns=tuple(map_panel.card_columns(workspace, choice)),
    )
    show_map(
        atlas,
        addresses,
        colours,
        key=f"map_{workspace.name}",
        selected=state.selected(),
        on_gesture=follow,
    )
    unmapped = len(workspace.catalog) - len(atlas.galaxy_ids)
    if unmapped > 0:
        st.caption(f"{count(unmapped, 'galaxy', 'galaxies')} not on the map: no embedding yet. See *Data*.")

with right:
    chosen = state.selected()
    if not chosen:
        st.markdown("#### Nothing selected")
        st.caption("Press **l** and draw around some galaxies, or click them one by one.")
        st.stop()
    st.markdown(f"#### {count(len(chosen), 'galaxy', 'galaxies')} selected")
    map_panel.show_mix(atlas, colours, chosen)
    actions = st.container(gap="xsmall")
    if (
        campaign
        and campaign.state == "open"
        and actions.button(
            "Annotate these",
            key="map_annotate",
            type="primary",
            icon=":material/grid_view:",
            width="stretch",
            help=map_panel.QUEUE_HELP,
        )
    ):
        queue_chosen(workspace, campaign, user, chosen)
        state.open_page("grid")
    if actions.button(
        "Find more like these", key="map_similar", icon=":material/join_inner:", width="stretch"
    ):
        use_examples(workspace.name, chosen)
        state.open_page("similar")
    with actions:
        map_panel.show_downloads(workspace, campaign, chosen)
    if actions.button("Clear", key="map_clear", icon=":material/close:", width="stretch"):
        state.clear()
        st.rerun()
    show_gallery(
        [Tile(each) for each in chosen[:MAX_THUMBNAILS]],
        key="map_selection",
        tile_px=72,
        label="selected galaxies",
    )
    if len(chosen) > MAX_THUMBNAILS:
        st.caption(f"the first {MAX_THUMBNAILS} of {plain(f'{len(chosen):,}')}; click one to take it out")
