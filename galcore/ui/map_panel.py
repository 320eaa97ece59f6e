"""What the map page shows beside the map: colouring, filters, and what lies under the lasso."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from html import escape

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from galcore.atlas.colours import FILTERED_OUT, PointColours, colour_points, hide_points
from galcore.atlas.layout import Atlas
from galcore.types import Campaign
from galcore.ui.labelling import MAX_QUEUED
from galcore.ui.text import plain
from galcore.web.facts import campaign_facts, my_labels
from galcore.workspace import Workspace

PLACE_COLUMNS = frozenset({"galaxy_id", "source", "source_index", "hdu", "x", "y", "stamp_size_px"})
"""Columns of the catalogue that say where the pixels are, not what the galaxy is like."""
UNTELLING_COLUMNS = frozenset({"ra", "dec", "pixel_scale_arcsec", "file"})
"""Columns that say little about how a galaxy looks: offered, but not taken first."""

SCORE, ALL_LABELS, MY_LABELS, NOTHING = "model score", "labels of all", "my labels", "nothing"
FROM_CAMPAIGN = (SCORE, ALL_LABELS, MY_LABELS)
QUEUE_HELP = f"Puts them into your next grids, {MAX_QUEUED} at most; those you have answered are passed over"

HELP = """Galaxies that look alike to the model lie close together; the axes have no meaning.

**Wheel** zooms; close up, points become pictures. **l** lasso, **b** box: **shift** adds, **alt** takes away.
**Click** selects, **double click** opens the galaxy's page. A click on the **legend** hides a class.
**Arrows** move, **0** shows all, **Esc** clears the selection."""


def property_columns(workspace: Workspace) -> list[str]:
    """Catalogue columns worth looking at."""
    catalog = workspace.catalog
    known = catalog.columns[catalog.notna().any()]
    return [str(name) for name in known if name not in PLACE_COLUMNS]


def colour_choices(workspace: Workspace, campaign: Campaign | None) -> list[str]:
    """What the map can be coloured by, the most telling first."""
    from_campaign = list(FROM_CAMPAIGN) if campaign is not None else []
    return [*from_campaign, *property_columns(workspace), NOTHING]


def first_choice(workspace: Workspace, campaign: Campaign | None) -> str:
    """What a newcomer sees: the model's score, else the first column of a few classes, else of numbers."""
    if campaign is not None and campaign_facts(workspace, campaign.campaign_id).scores:
        return SCORE
    catalog = workspace.catalog
    columns = [catalog[name] for name in property_columns(workspace) if name not in UNTELLING_COLUMNS]
    words = [each for each in columns if not pd.api.types.is_numeric_dtype(each)]
    numbers = [each for each in columns if pd.api.types.is_float_dtype(each)]
    telling = [each for each in words if 1 < each.nunique() <= 12] + [
        each for each in numbers if _is_scale(each)
    ]
    return str(telling[0].name) if telling else NOTHING


def make_colours(
    workspace: Workspace, atlas: Atlas, campaign: Campaign | None, user: str, choice: str
) -> PointColours:
    """Colours of the map by one of :func:`colour_choices`."""
    if choice in FROM_CAMPAIGN and campaign is not None:
        return _campaign_colours(workspace, atlas, campaign, user, choice)
    if choice in workspace.catalog.columns:
        return _column_colours(workspace, atlas, choice, workspace.catalog_hash, atlas.layout_id)
    plain_values = pd.Series(np.full(len(atlas.galaxy_ids), "galaxies"))
    return colour_points(plain_values, title="all galaxies")


def _campaign_colours(
    workspace: Workspace, atlas: Atlas, campaign: Campaign, user: str, choice: str
) -> PointColours:
    facts = campaign_facts(workspace, campaign.campaign_id)
    ids = pd.Series(atlas.galaxy_ids)
    if choice == SCORE:
        title = f"score: {campaign.answers[0]}" if campaign.mode == "binary" else "score of likeliest answer"
        return colour_points(ids.map(facts.scores).astype(float), title=title)
    labels = facts.labels if choice == ALL_LABELS else my_labels(workspace, campaign.campaign_id, user)
    return colour_points(ids.map(labels), title=choice, order=campaign.answers)


@st.cache_resource(max_entries=24, show_spinner=False)
def _column_colours(
    _workspace: Workspace, _atlas: Atlas, column: str, catalog_hash: str, layout_id: str
) -> PointColours:
    return colour_points(column_values(_workspace, _atlas, column), title=column)


def column_values(workspace: Workspace, atlas: Atlas, column: str) -> pd.Series:
    """A catalogue column in the order of the map."""
    catalog = workspace.catalog
    return catalog.set_index("galaxy_id")[column].reindex(atlas.galaxy_ids).reset_index(drop=True)


def show_filter(workspace: Workspace, atlas: Atlas, colours: PointColours) -> PointColours:
    """Widgets that leave galaxies out of the map by one catalogue column."""
    columns = property_columns(workspace)
    if not columns:
        return colours
    column = st.selectbox("Show only", ["everything", *columns], key="map_filter_column", width=210)
    if column == "everything" or column not in columns:
        return colours
    values = column_values(workspace, atlas, column)
    keep = _keep_numbers(values, column) if _is_scale(values) else _keep_classes(values, column)
    return colours if keep is None else hide_points(colours, keep)


def _is_scale(values: pd.Series) -> bool:
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return bool(numeric) and bool(values.min() < values.max())


def _keep_numbers(values: pd.Series, column: str) -> NDArray[np.bool_]:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    least, most = st.slider(
        plain(column, limit=40), low, high, (low, high), key=f"map_range_{column}", format="%.4g", width=240
    )
    if (least, most) == (low, high):
        return np.ones(len(numbers), dtype=bool)
    return (numbers >= least) & (numbers <= most)


def _keep_classes(values: pd.Series, column: str) -> NDArray[np.bool_] | None:
    names = values.map(str)
    options = names.value_counts().index.tolist()[:200]
    wanted = st.multiselect(plain(column, limit=40), options, key=f"map_classes_{column}", width=320)
    return names.isin(wanted).to_numpy() if wanted else None


def describe_range(atlas: Atlas, colours: PointColours, chosen: Sequence[str]) -> str:
    """Median and 10-90 % range of the number coloured by, among the chosen galaxies; empty for classes."""
    if colours.kind == "classes":
        return ""
    levels = colours.codes[_is_chosen(atlas, chosen) & (colours.codes < FILTERED_OUT)]
    if not len(levels):
        return f"{colours.title}: not known"
    low, middle, high = colours.level_values(np.percentile(levels, [10, 50, 90]))
    return f"{colours.title}: median {middle:.3g}, 80 % between {low:.3g} and {high:.3g}"


def _is_chosen(atlas: Atlas, chosen: Sequence[str]) -> NDArray[np.bool_]:
    wanted = set(chosen)
    return np.fromiter((each in wanted for each in atlas.galaxy_ids.tolist()), bool, len(atlas.xy))


def class_mix(atlas: Atlas, colours: PointColours, chosen: Sequence[str]) -> list[tuple[str, str, int]]:
    """Label, colour and count of each class among the chosen galaxies, the most frequent first."""
    counts = np.bincount(
        colours.codes[_is_chosen(atlas, chosen) & (colours.codes != FILTERED_OUT)], minlength=256
    )
    mix = [(each.label, each.colour, int(counts[each.code])) for each in colours.entries]
    return sorted((each for each in mix if each[2]), key=lambda each: -each[2])


def chosen_table(workspace: Workspace, campaign: Campaign | None, chosen: Sequence[str]) -> pd.DataFrame:
    """Catalogue rows of the chosen galaxies, with label and score where there is a campaign."""
    table = workspace.catalog.set_index("galaxy_id", drop=False).reindex(list(chosen)).reset_index(drop=True)
    if campaign is not None:
        facts = campaign_facts(workspace, campaign.campaign_id)
        table["label"] = table["galaxy_id"].map(facts.labels)
        table["score"] = table["galaxy_id"].map(facts.scores).astype(float)
    return table


def _chosen_as(workspace: Workspace, campaign: Campaign | None, chosen: Sequence[str], kind: str) -> bytes:
    return table_as(chosen_table(workspace, campaign, chosen), kind)


def table_as(table: pd.DataFrame, kind: str) -> bytes:
    """A table as the bytes of a ``csv`` or ``parquet`` file."""
    if kind == "csv":
        return table.to_csv(index=False).encode()
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def card_columns(workspace: Workspace, choice: str) -> list[str]:
    """The two catalogue values on a hover card: the one coloured by first, then the first others."""
    columns = property_columns(workspace)
    return [*(each for each in columns if each == choice), *(each for each in columns if each != choice)][:2]


def show_mix(atlas: Atlas, colours: PointColours, chosen: Sequence[str]) -> None:
    """Bars of the classes among the chosen galaxies, or the range of the number."""
    if words := describe_range(atlas, colours, chosen):
        st.caption(plain(words))
    mix, title = class_mix(atlas, colours, chosen), colours.title
    total = sum(number for _, _, number in mix)
    if not total:
        return
    bars = "".join(
        f'<div style="display:flex;gap:8px;align-items:center;font-size:0.8rem;line-height:1.55">'
        f'<span style="flex:none;width:{max(2, round(70 * number / total))}px;height:9px;border-radius:2px;'
        f'background:{colour}"></span><span style="flex:1;overflow:hidden;text-overflow:ellipsis;'
        f'white-space:nowrap">{escape(label)}</span><span style="opacity:.7">{number:,}</span></div>'
        for label, colour, number in mix
    )
    st.html(f'<div style="opacity:.7;font-size:0.8rem">{escape(title)}</div>{bars}')


def show_downloads(workspace: Workspace, campaign: Campaign | None, chosen: Sequence[str]) -> None:
    """The chosen galaxies' rows as files, made when asked for."""
    with st.popover("Export these", icon=":material/download:", width="stretch"):
        for kind, mime in (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")):
            st.download_button(
                kind.upper() if kind == "csv" else "Parquet",
                partial(_chosen_as, workspace, campaign, chosen, kind),
                file_name=f"{workspace.name}-selection.{kind}",
                mime=mime,
                width="stretch",
                on_click="ignore",
            )
