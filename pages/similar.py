"""Similar: the galaxies that look most like those you show, and less like those you reject."""

import numpy as np
import streamlit as st

from galcore.types import GalcoreError
from galcore.ui import state
from galcore.ui.gallery import Tile, TileAction, show_gallery
from galcore.ui.labelling import show_label_bar
from galcore.ui.people.identity import require_user
from galcore.ui.readiness import require_part
from galcore.ui.similar_chips import show_chips, show_upload
from galcore.ui.similar_query import (
    current_query,
    distance_rings,
    keep_query,
    take_up_selection,
    use_examples,
)
from galcore.web.facts import campaign_facts

COUNTS = (24, 48, 96, 192)
ACTIONS = (
    TileAction("like", "+ more like", "Take it as an example: the search moves towards it"),
    TileAction("unlike", "− not like", "Take it as a counter example: the search moves away from it"),
)

user = require_user()
workspace = state.require_workspace()
model = require_part(workspace, "search")
index = workspace.index(model)
campaign = state.current_campaign()

if (asked := state.galaxy_in_address()) is not None:
    use_examples(workspace.name, [asked])
    st.query_params.pop("galaxy", None)
take_up_selection(workspace.name, state.selected())
query = current_query(workspace.name)


def refine(action: str, galaxy_id: str) -> None:
    """Move the search towards a result or away from it."""
    now = current_query(workspace.name)
    keep_query(workspace.name, now.with_like(galaxy_id) if action == "like" else now.with_unlike(galaxy_id))


unknown = [each for each in (*query.like, *query.unlike) if each not in index]
for each in unknown:
    st.warning(f"There is no embedding of galaxy {each!r} here, so it is not searched with.")
    query = query.without(each)
keep_query(workspace.name, query)

chips, upload = st.columns([2.4, 1], gap="medium", vertical_alignment="top")
with upload:
    show_upload(workspace, model)
with chips:
    show_chips(workspace, query)
    if query.is_empty:
        st.markdown("#### Begin with any galaxy")
        st.caption(
            "Take one of these, select galaxies on another page, or drop a picture of your own. "
            "The model compares how they look, not their catalogue values."
        )

if query.is_empty:
    rng = np.random.default_rng(st.session_state.setdefault("similar_seed", 0))
    ids = index.galaxy_ids[rng.permutation(len(index))[:24]].tolist()
    show_gallery([Tile(each) for each in ids], key="similar_start", actions=ACTIONS[:1], on_action=refine)
    if len(index) > len(ids) and st.button("Show others", icon=":material/shuffle:"):
        st.session_state["similar_seed"] += 1
        st.rerun()
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    k = st.segmented_control("Results", COUNTS, default=48, key="similar_count") or 48
    if st.button("Select all results", icon=":material/select_all:"):
        state.select(st.session_state.get("similar_shown", ()), add=True)
        st.rerun()
    show_label_bar(workspace, campaign, user, state.selected())

try:
    found = query.search(index, k)
except GalcoreError as error:
    st.error(str(error), icon=":material/build:")
    st.stop()
st.session_state["similar_shown"] = tuple(found.galaxy_ids.tolist())
if not len(found.galaxy_ids):
    st.info("There is no other galaxy in this workspace to compare with.")
    st.stop()

labels = campaign_facts(workspace, campaign.campaign_id).labels if campaign else {}
for ring in distance_rings(found):
    st.markdown(f":small[{ring.words}]")
    tiles = [
        Tile(
            galaxy_id,
            (f"{distance:.2f} · nearest {100 - percentile:.2g} %", galaxy_id),
            labels.get(galaxy_id, ""),
        )
        for galaxy_id, distance, percentile in ring.members
    ]
    show_gallery(
        tiles, key=f"similar_ring_{ring.number}", actions=ACTIONS, on_action=refine, label=ring.words
    )
st.caption(
    "Distance in standardised principal components of the embedding; “nearest 1 %” means that 99 % of the "
    "workspace lies farther away."
)
