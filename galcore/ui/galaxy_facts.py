"""Parts of the galaxy page: picture with scale bar, position, catalogue, what people and the model say."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from galcore.people.naming import SeenNames
from galcore.review.visibility import seen_events
from galcore.types import Campaign, GalcoreError
from galcore.ui import state
from galcore.ui.galaxy_pictures import offer_galaxies, picture_html
from galcore.ui.map_panel import PLACE_COLUMNS
from galcore.ui.naming import galaxies_open_to, names_for
from galcore.ui.text import plain, shorten
from galcore.web.facts import campaign_facts, value_text
from galcore.web.restore.hot_pixels import hot_pixel_address
from galcore.workspace import Workspace

PICTURE_PX = 768
_NOT_SEEN = {
    "after_own": "what others said shows once you have answered",
    "never": "what others said is not shown in this campaign",
}
NO_LOOK, ANY_LOOK, SCORE_LOOK = "off", "at all", "score"


def choose_galaxy(workspace: Workspace) -> str | None:
    """A galaxy when the address names none: the first selected, else what is typed here."""
    if state.selected():
        return state.selected()[0]
    typed = st.text_input("Galaxy id", placeholder="paste an id, or open a galaxy from any page")
    return typed.strip() or None


def show_unknown(workspace: Workspace, galaxy_id: str | None) -> None:
    """What to do without a galaxy, or with an id that is not here."""
    if galaxy_id:
        st.error(
            f"There is no galaxy {plain(galaxy_id, limit=80)} in workspace {plain(workspace.title)}. "
            "Check the id, or choose another workspace in the bar on top.",
            icon=":material/search_off:",
        )
    ids = workspace.catalog["galaxy_id"]
    if len(ids) == 0:
        st.info("This workspace has no galaxies yet; import some under *Data*.")
        return
    st.caption("Or look at one of these:")
    chosen = offer_galaxies(ids, key="galaxy_open")
    if chosen is not None:
        st.query_params["galaxy"] = chosen
        st.rerun()


def choose_look(workspace: Workspace, campaign: Campaign | None) -> str:
    """Whether the picture shows what the model looks at, and for what: a choice of :func:`show_picture`."""
    looks = [NO_LOOK]
    if workspace.models():
        looks.append(ANY_LOOK)
        if (
            campaign is not None
            and campaign.mode == "binary"
            and workspace.loop(campaign.campaign_id).model_version
        ):
            looks.append(SCORE_LOOK)

    def words(look: str) -> str:
        named = campaign.answers[0] if campaign is not None else ""
        return f"for {plain(named, limit=20)}" if look == SCORE_LOOK else look

    chosen = st.segmented_control(
        "What the model looks at",
        looks,
        default=NO_LOOK,
        format_func=words,
        key="galaxy_look",
        help="Contours around the pixels that its feature maps respond to (LayerCAM). *at all*: what sets "
        "this galaxy apart from empty sky. *for …*: what speaks for that answer in this campaign. They show "
        "where a decision comes from, not that it is right.",
    )
    return chosen or NO_LOOK


def show_picture(
    workspace: Workspace,
    row: pd.Series,
    stretch: str,
    *,
    look: str = NO_LOOK,
    campaign: Campaign | None = None,
) -> None:
    """The stamp, large, with a scale bar in arcsec where the scale is known, else in pixels.

    Args:
        workspace: The workspace in use.
        row: Its catalogue row.
        stretch: How flux becomes brightness.
        look: What of the model's attention to lay over it, from :func:`choose_look`.
        campaign: Whose score is meant.
    """
    galaxy_id = str(row["galaxy_id"])
    address = state.stamp(galaxy_id, size_px=PICTURE_PX, stretch=stretch)
    try:
        image = workspace.images.load(galaxy_id)
    except GalcoreError as error:
        st.html(picture_html(address, galaxy_id))
        st.error(str(error), icon=":material/broken_image:")
        return
    height, width = image.pixels.shape[-2:]
    scale = image.pixel_scale_arcsec
    share, words = scale_bar(max(height, width), scale)
    overlay = _overlay(workspace, galaxy_id, look, campaign)
    st.html(
        '<div style="position:relative;max-width:max(280px,calc(100vh - 230px))">'
        f"{picture_html(address, galaxy_id)}{overlay}"
        f'<div style="position:absolute;left:4%;bottom:4%;width:{100 * share:.2f}%;border-bottom:3px solid '
        f"#f2efe8;color:#f2efe8;font-size:13px;text-align:center;text-shadow:0 0 4px #000,0 0 4px #000;"
        f'white-space:nowrap">{escape(words)}</div></div>'
    )
    bands = ", ".join(image.bands)
    pixel = f" · {scale:.3g} arcsec a pixel" if scale else ""
    st.caption(plain(f"{width} × {height} px · {bands}{pixel}"))


def _overlay(workspace: Workspace, galaxy_id: str, look: str, campaign: Campaign | None) -> str:
    """Contours over the picture, or nothing and a word why."""
    if look == NO_LOOK:
        return ""
    campaign_id = campaign.campaign_id if look == SCORE_LOOK and campaign is not None else None
    try:
        address = hot_pixel_address(workspace, galaxy_id, campaign_id=campaign_id)
    except GalcoreError as error:
        st.caption(f"What the model looks at cannot be shown: {plain(str(error), limit=300)}")
        return ""
    return (
        f'<img src="{address}" alt="contours around the pixels the model responds to" '
        'style="position:absolute;inset:0;width:100%;height:100%;object-fit:contain;pointer-events:none">'
    )


def scale_bar(width_px: int, pixel_scale_arcsec: float | None) -> tuple[float, str]:
    """Share of the picture's width and words of a round scale bar, a fifth of the width or a little less.

    >>> scale_bar(100, 0.4)
    (0.125, '5″')
    >>> scale_bar(64, None)
    (0.15625, '10 px')
    """
    unit = pixel_scale_arcsec or 1.0
    target = 0.2 * width_px * unit
    power = 10 ** np.floor(np.log10(target))
    length = max((step for step in (1, 2, 5) if step * power <= target), default=1) * power
    words = f"{length:g}″" if pixel_scale_arcsec else f"{length:g} px"
    return float(length / (width_px * unit)), words


def show_position(row: pd.Series) -> None:
    """Right ascension and declination in degrees and sexagesimal, to copy."""
    ra, dec = row.get("ra"), row.get("dec")
    if pd.isna(ra) or pd.isna(dec):
        st.caption("no sky position known")
        return
    st.code(f"{float(ra):.6f} {float(dec):+.6f}", language=None)
    st.code(sexagesimal(float(ra), float(dec)), language=None)


def sexagesimal(ra: float, dec: float) -> str:
    """Position in hours and degrees.

    >>> sexagesimal(202.469575, 47.19525833)
    '13:29:52.70 +47:11:42.9'
    """
    hundredths = round(ra % 360 / 15 * 360_000) % (24 * 360_000)
    tenths = round(abs(dec) * 36_000)
    hours, rest = divmod(hundredths, 360_000)
    degrees, arc = divmod(tenths, 36_000)
    sign = "-" if dec < 0 else "+"
    return (
        f"{hours:02d}:{rest // 6000:02d}:{rest % 6000 / 100:05.2f} "
        f"{sign}{degrees:02d}:{arc // 600:02d}:{arc % 600 / 10:04.1f}"
    )


def show_catalogue(row: pd.Series) -> None:
    """Every catalogue value that is known, the user's own columns first."""
    known = row[row.notna()]
    names = sorted(known.index, key=lambda name: (name in PLACE_COLUMNS, row.index.get_loc(name)))
    table = pd.DataFrame(
        {"value": [value_text(known[name]) for name in names]}, index=[str(name) for name in names]
    )
    with st.expander("Catalogue", expanded=True):
        st.dataframe(table, width="stretch", height=min(420, 38 + 35 * len(table)))


def show_campaigns(workspace: Workspace, galaxy_id: str, user: str) -> None:
    """Score, votes and label history in every campaign, as far as each lets this person see them."""
    campaigns = workspace.labels.campaigns()
    if not campaigns:
        st.caption("No campaign has asked about it yet.")
    for campaign in campaigns:
        facts = campaign_facts(workspace, campaign.campaign_id)
        history = workspace.labels.history(campaign.campaign_id, galaxy_id)
        score, label = facts.scores.get(galaxy_id), facts.labels.get(galaxy_id)
        if score is None and history.empty:
            continue
        seen = seen_events(history, user, galaxies_open_to(workspace, campaign, history, user))
        st.markdown(f"**{plain(campaign.name, limit=80)}**")
        words = []
        if len(seen) < len(history):
            words.append(_NOT_SEEN[campaign.visibility])
        elif label is not None:
            words.append(f"label: {plain(label or 'votes are tied', limit=60)}")
        if score is not None:
            answer = facts.likeliest.get(galaxy_id, campaign.answers[0])
            words.append(f"model: {score:.2f} {plain(answer, limit=60)}")
        st.markdown(" · ".join(words) or "asked, not decided")
        if not seen.empty:
            _show_history(seen, names_for(workspace, campaign, user))


def _show_history(history: pd.DataFrame, names: SeenNames) -> None:
    shown = pd.DataFrame(
        {
            "who": history["annotator"].map(lambda name: shorten(names(str(name)), 40)),
            "what": history["answer"].where(history["answer"] != "", history["kind"]),
            "when": history["created_at"],
            "why shown": history["reason"],
            "taken back": history["undone"],
        }
    )
    st.dataframe(
        shown.iloc[::-1], width="stretch", hide_index=True, height=min(240, 38 + 35 * len(shown)),
        column_config={
            "when": st.column_config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm"),
            "taken back": st.column_config.CheckboxColumn(),
        },
    )  # fmt: skip
