"""Galaxy: one object and everything that is known about it."""

import streamlit as st

from galcore.images.stretch import STRETCHES
from galcore.types import Reason
from galcore.ui import galaxy_facts, map_panel, state
from galcore.ui.components.atlas_map import show_map
from galcore.ui.discussion import show_galaxy_discussion
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.labelling import show_label_bar
from galcore.ui.people.identity import require_user
from galcore.ui.readiness import has_map, has_search
from galcore.ui.similar_query import use_examples
from galcore.ui.text import plain
from galcore.web.atlas_routes import atlas_addresses
from galcore.web.facts import catalog_row

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()
galaxy_id = state.galaxy_in_address() or galaxy_facts.choose_galaxy(workspace)
row = catalog_row(workspace, galaxy_id) if galaxy_id else None
if row is None or galaxy_id is None:
    galaxy_facts.show_unknown(workspace, galaxy_id)
    st.stop()
st.query_params["galaxy"] = galaxy_id

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="galaxy_head"):
    st.subheader(plain(galaxy_id, limit=200), anchor=False, width="content")
    st.space("stretch")
    if galaxy_id in state.selected():
        if st.button("Selected", icon=":material/check_box:", help="Take it out of the selection"):
            state.unselect([galaxy_id])
            st.rerun()
    elif st.button("Select", icon=":material/check_box_outline_blank:"):
        state.select([galaxy_id], add=True)
        st.rerun()
    if st.button("Find similar", icon=":material/join_inner:"):
        use_examples(workspace.name, [galaxy_id])
        state.open_page("similar")
    if st.button("Restore", icon=":material/healing:", help="Fill in what is missing, or sharpen it"):
        state.open_page("restore", galaxy=galaxy_id)

picture, facts = st.columns([1.25, 1], gap="medium")
with picture:
    with st.container(horizontal=True, gap="medium"):
        stretch = st.segmented_control("Stretch", STRETCHES, default="survey", key="galaxy_stretch")
        look = galaxy_facts.choose_look(workspace, campaign)
    galaxy_facts.show_picture(workspace, row, stretch or "survey", look=look, campaign=campaign)
    if (model := has_map(workspace)) is not None and galaxy_id in set(workspace.atlas(model).galaxy_ids):
        atlas = workspace.atlas(model)
        choice = map_panel.first_choice(workspace, campaign)
        colours = map_panel.make_colours(workspace, atlas, campaign, user, choice)
        addresses = atlas_addresses(workspace, atlas, model=model)
        show_map(atlas, addresses, colours, key="galaxy_map", highlight=galaxy_id, mini=True)

with facts:
    galaxy_facts.show_position(row)
    show_label_bar(workspace, campaign, user, [galaxy_id], reason=Reason.QUEUED, key="galaxy_label")
    galaxy_facts.show_campaigns(workspace, galaxy_id, user)
    if campaign is not None:
        show_galaxy_discussion(workspace, campaign, user, galaxy_id)
    galaxy_facts.show_catalogue(row)

if (model := has_search(workspace)) is not None:
    index = workspace.index(model)
    if galaxy_id in index and len(index) > 1:
        st.markdown("##### Looks most like")
        found = index.neighbours_of([galaxy_id], 12)
        show_gallery(
            [
                Tile(each, (f"distance {far:.2f}",))
                for each, far in zip(found.galaxy_ids.tolist(), found.distances, strict=True)
            ],
            key="galaxy_neighbours",
            tile_px=110,
            selectable=False,
            label="nearest galaxies",
        )
    elif galaxy_id not in index:
        st.info(
            "No embedding yet, so no neighbours and no place on the map: its image could not be read, "
            "or `prepare` has not run since it was imported."
        )
