"""Charts of the Review page. Colours are told apart by lightness too, and shapes carry the same meaning."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from galcore.review.threshold import ThresholdEstimate
from galcore.ui.text import clean, shorten

AMBER, BLUE, GREY = "#e8a33d", "#6fa8dc", "rgba(140, 150, 175, 0.55)"
_CONFIG_MARGIN = {"l": 8, "r": 8, "t": 28, "b": 8}


def threshold_chart(curve: Sequence[ThresholdEstimate], threshold: float) -> go.Figure:
    """Purity and completeness against the threshold, each with its 95 % band."""
    figure = go.Figure()
    for name, colour, dash in (("purity", AMBER, "solid"), ("completeness", BLUE, "dash")):
        points = [(each.threshold, getattr(each, name)) for each in curve if getattr(each, name) is not None]
        x = [at for at, _ in points]
        low, high = [100 * value.low for _, value in points], [100 * value.high for _, value in points]
        figure.add_scatter(
            x=x + x[::-1], y=high + low[::-1], fill="toself", fillcolor=_faint(colour), line={"width": 0},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=[100 * value.value for _, value in points], name=name, mode="lines",
            line={"color": colour, "dash": dash, "width": 2},
            customdata=np.column_stack([low, high]),
            hovertemplate="%{y:.0f} % [%{customdata[0]:.0f}–%{customdata[1]:.0f}]",
        )  # fmt: skip
    figure.add_vline(x=threshold, line={"color": GREY, "width": 1})
    return _tidy(figure, "threshold on the probability", "per cent", y_range=(0, 101))


def calibration_chart(table: pd.DataFrame) -> go.Figure:
    """Share that came true against the probability told, with 95 % intervals and the diagonal."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100],
        mode="lines", name="honest",
        line={"color": GREY, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=100 * table["told"], y=100 * table["came_true"], mode="markers+lines", name="model",
        marker={"color": AMBER, "size": 9}, line={"color": AMBER, "width": 1},
        error_y={
            "type": "data", "symmetric": False, "thickness": 1,
            "array": 100 * (table["high"] - table["came_true"]),
            "arrayminus": 100 * (table["came_true"] - table["low"]),
        },
        customdata=table["n"],
        hovertemplate="told %{x:.0f} %, came true %{y:.0f} % of %{customdata} galaxies<extra></extra>",
    )  # fmt: skip
    figure.update_layout(showlegend=False)
    return _tidy(figure, "told, per cent", "came true, per cent", x_range=(-2, 102), y_range=(-2, 102))


def confusion_chart(
    matrix: NDArray[np.integer], answers: Sequence[str], *, text_colour: str = "#f2efe8"
) -> go.Figure:
    """Confusion matrix: shade is the share of its row, numbers are galaxies and that share."""
    totals = matrix.sum(axis=1, keepdims=True)
    share = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    text = [
        [f"{n}<br>{100 * part:.0f} %" if total else "–" for n, part in zip(row, parts, strict=True)]
        for row, parts, total in zip(matrix, share, totals[:, 0], strict=True)
    ]
    return _heatmap(share, text, answers, ("given", "truth"), text_colour)


def person_confusion_chart(
    confusion: NDArray[np.floating], answers: Sequence[str], *, text_colour: str = "#f2efe8"
) -> go.Figure:
    """Probability of each answer of a person by the truth, (K, K), in per cent."""
    text = [[f"{100 * share:.0f}" for share in row] for row in confusion]
    return _heatmap(confusion, text, answers, ("answered", "truth"), text_colour)


def skill_chart(people: pd.DataFrame, *, chance: float) -> go.Figure:
    """Skill of each person with its interval, the best on top; diamonds are right answers to gold items.

    Args:
        people: Columns ``annotator``, ``skill``, ``skill_low``, ``skill_high``, ``gold``, ``n_votes``,
            ``n_gold``, from the lowest to the highest skill.
        chance: Skill of somebody who guesses.
    """
    places = list(range(len(people)))
    figure = go.Figure()
    figure.add_scatter(
        x=100 * people["skill"], y=places, mode="markers", name="skill",
        marker={"color": AMBER, "size": 9},
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 3, "color": AMBER,
            "array": 100 * (people["skill_high"] - people["skill"]),
            "arrayminus": 100 * (people["skill"] - people["skill_low"]),
        },
        customdata=people[["skill_low", "skill_high", "n_votes"]].to_numpy() * [100, 100, 1],
        hovertemplate="%{x:.0f} % [%{customdata[0]:.0f}–%{customdata[1]:.0f}], "
        "%{customdata[2]:,} votes<extra></extra>",
    )  # fmt: skip
    if people["gold"].notna().any():
        figure.add_scatter(
            x=100 * people["gold"], y=places, mode="markers", name="right on known answers",
            marker={"color": BLUE, "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
            customdata=people["n_gold"],
            hovertemplate="%{x:.0f} % of %{customdata} known answers<extra></extra>",
        )  # fmt: skip
    figure.add_vline(
        x=100 * chance, line={"color": GREY, "dash": "dot"},
        annotation={"text": "guessing", "font": {"size": 11}, "showarrow": False}, annotation_position="top",
    )  # fmt: skip
    names = [_short(name, 28) for name in people["annotator"]]
    figure.update_yaxes(tickmode="array", tickvals=places, ticktext=names, automargin=True)
    height = 110 + 24 * max(len(people), 2)
    return _tidy(figure, "per cent", "", x_range=(0, 102), y_range=(-0.6, len(people) - 0.4), height=height)


def _heatmap(
    share: NDArray[np.floating],
    text: list[list[str]],
    answers: Sequence[str],
    titles: tuple[str, str],
    text_colour: str,
) -> go.Figure:
    """Cells shaded by a share of 0-1, the truth downwards; ``titles`` of the axes, x first."""
    names = [_short(answer) for answer in answers]
    # Positions, not names, on the axes: two long answers may begin alike.
    figure = go.Figure(
        go.Heatmap(
            z=share, text=text, texttemplate="%{text}",
            textfont={"color": text_colour, "size": 14}, zmin=0, zmax=1, showscale=False, xgap=2, ygap=2,
            colorscale=[[0, "rgba(140, 150, 175, 0.10)"], [1, "rgba(232, 163, 61, 0.85)"]],
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names, "showgrid": False}
    figure.update_xaxes(**ticks)
    figure.update_yaxes(**ticks, autorange="reversed")
    return _tidy(figure, *titles, height=150 + min(62 * len(names), 360))


def text_colour() -> str:
    """Of text inside a chart, for the theme in use."""
    return "#16181f" if st.context.theme.type == "light" else "#f2efe8"


def _short(text: str, limit: int = 18) -> str:
    """A tick label: shortened, and no markup to Plotly."""
    return html.escape(shorten(clean(text), limit))


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"


def _tidy(
    figure: go.Figure,
    x_title: str,
    y_title: str,
    *,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    height: int = 300,
) -> go.Figure:
    figure.update_layout(
        height=height, margin=_CONFIG_MARGIN, hovermode="closest",
        legend={"orientation": "h", "y": 1.14, "x": 0},
    )  # fmt: skip
    figure.update_xaxes(title=x_title, range=x_range, zeroline=False, fixedrange=True)
    figure.update_yaxes(title=y_title, range=y_range, zeroline=False, fixedrange=True)
    return figure
