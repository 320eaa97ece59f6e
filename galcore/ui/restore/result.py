"""Bottom of the Restore page: what is under way, what came out, its numbers, and files to keep."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from galcore.images.stretch import STRETCHES
from galcore.jobs.reporting import duration_text
from galcore.ui.components.restoration_view import show_restorations
from galcore.ui.text import plain
from galcore.web.restore.attempt import METHODS, Attempt, AttemptStatus, RestoreSource
from galcore.web.restore.bench import bench
from galcore.web.restore.files import figure_png, file_name, fits_bytes
from galcore.web.restore.numbers import restoration_numbers
from galcore.web.restore.pictures import ALL_BANDS, Scales, measure_scales, unit_text

WATCH_S = 0.4
PICTURE_NOTE = (
    "This is a picture, already stretched for the eye, not linear flux: the result is for the eye too. "
    "Do not measure light in it."
)
_ALL = "all bands"
HELP = {
    "light": "Light above the sky in the whole frame, after against before. Sharpening should keep it; "
    "filling in adds what it puts into the mask, because masked pixels do not count before.",
    "change": "Change of that light; over several bands the least and the greatest.",
    "aperture": "The same within a disc about the middle, a quarter of the shorter side in radius.",
    "misfit": "Scatter of the residual over the noise of a pixel. About 1: the result explains the image "
    "down to its noise. Well above 1: structure is left, look at the residual. Well below 1: noise is "
    "taken for structure.",
    "sigma": "Median of the uncertainty, 1 σ a pixel, over the pixels that have one.",
    "time": "On this machine; the same question is answered from memory.",
    "model": "Which weights answered: name and the beginning of their hash.",
}


def show_under_way(attempts: Sequence[Attempt]) -> None:
    """Progress, estimate and a way to stop for those at work; reasons for those that failed."""
    with st.container(key="restore_under_way"):
        if any(attempt.is_active for attempt in attempts):
            st.fragment(_watch, run_every=WATCH_S)(tuple(attempts))
        for attempt in attempts:
            if attempt.status in (AttemptStatus.FAILED, AttemptStatus.CANCELLED):
                _show_failure(attempt)


def _show_failure(attempt: Attempt) -> None:
    name = _name(attempt)
    if attempt.status is AttemptStatus.FAILED:
        st.error(f"{name}: {plain(attempt.error, limit=600)}", icon=":material/build:")
    else:
        st.caption(f":material/cancel: {name} was cancelled.")
    if st.button("Try again", key=f"restore_again_{attempt.key}", icon=":material/replay:"):
        bench().start(attempt.request, again=True)
        st.rerun()


def _watch(attempts: tuple[Attempt, ...]) -> None:
    active = [attempt for attempt in attempts if attempt.is_active]
    if not active:
        st.rerun()
    for attempt in active:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            share, words = _progress(attempt)
            st.progress(share, text=f"{_name(attempt)}: {words}")
            label = "Stopping …" if attempt.stop.is_set() else "Cancel"
            if st.button(label, key=f"restore_cancel_{attempt.key}", disabled=attempt.stop.is_set()):
                attempt.stop.set()


def _progress(attempt: Attempt) -> tuple[float, str]:
    """Share done and words, from what the method tells, else from how long such things took before."""
    if attempt.status is AttemptStatus.WAITING:
        return 0.0, "waits for the one before it"
    gone = time.monotonic() - attempt.started_at
    told = attempt.progress
    expected = bench().seconds_expected(attempt.request)
    if told is not None and told.total and told.done:
        share = told.done / told.total
        return min(share, 1.0), _left_words(gone * (1 - share) / share, f"{told.done} of {told.total}")
    return min(gone / max(expected, 0.1), 0.95), _left_words(max(expected - gone, 0.0), "at work")


def _left_words(seconds: float, done: str) -> str:
    return f"{done} · about {duration_text(seconds)} left" if seconds >= 1 else f"{done} · nearly there"


def show_result(attempts: Sequence[Attempt], *, stretch: str, band: int) -> None:
    """Everything about the attempts that are done."""
    done = [attempt for attempt in attempts if attempt.status is AttemptStatus.DONE]
    if not done:
        return
    scales = measure_scales(done, band)
    show_restorations(done, stretch=stretch, band=band, scales=scales, key="restore_view")
    _show_numbers(done, band)
    _show_downloads(done, stretch, band, scales)


def choose_view(source: RestoreSource) -> tuple[str, int]:
    """Stretch and band of every picture on the page."""
    stretch = st.segmented_control(
        "Stretch", STRETCHES, default="survey", required=True, key="restore_stretch",
        label_visibility="collapsed",
        help="One stretch for original and results; its levels come from the original.",
    )  # fmt: skip
    band = ALL_BANDS
    if len(source.image.bands) > 1:
        names = [_ALL, *(plain(f"band {each}", limit=24) for each in source.image.bands)]
        chosen = st.selectbox(
            "Show", range(len(names)), format_func=names.__getitem__, width=150,
            key=f"restore_band_{source.key}", label_visibility="collapsed",
        )  # fmt: skip
        band = int(chosen) - 1
    return str(stretch), band


def _show_numbers(attempts: Sequence[Attempt], band: int) -> None:
    if len(attempts) == 1:
        _show_metrics(attempts[0], band)
        return
    table = pd.DataFrame([restoration_numbers(attempt, band) for attempt in attempts])
    table.insert(0, "method", [_name(attempt) for attempt in attempts])
    columns = {
        name: st.column_config.TextColumn(label, help=HELP[name])
        for name, label in _labels(attempts[0], band).items()
    }
    columns["method"] = st.column_config.TextColumn("Method")
    st.dataframe(table, hide_index=True, width="stretch", column_config=columns, key="restore_numbers")


def _labels(attempt: Attempt, band: int) -> dict[str, str]:
    """Names of the numbers; filling in adds light by its nature, which is no lack of it before."""
    filled = attempt.request.task == "reconstruct"
    return {
        "light": "Light outside the mask → in all" if filled else "Light before → after",
        "change": "Put into the mask" if filled else "Change",
        "aperture": "In the middle",
        **({} if filled else {"misfit": "Residual ÷ noise"}),
        "sigma": f"Median σ ({unit_text(attempt.request.source, band)})",
        "time": "Time",
        "model": "Weights",
    }


def _show_metrics(attempt: Attempt, band: int) -> None:
    numbers, labels = restoration_numbers(attempt, band), _labels(attempt, band)
    widths = {"light": 1.5, "sigma": 1.4, "time": 0.6, "model": 1.2}
    columns = st.columns([widths.get(name, 1.0) for name in labels], gap="small")
    for column, (name, label) in zip(columns, labels.items(), strict=True):
        with column.container(key=f"restore_number_{name}", gap=None):
            st.caption(plain(label), help=HELP[name])
            st.markdown(f"**{plain(numbers[name])}**")


def _show_downloads(attempts: Sequence[Attempt], stretch: str, band: int, scales: Scales) -> None:
    with st.container(horizontal=True, gap="small"):
        for attempt in attempts:
            words = "FITS" if len(attempts) == 1 else f"FITS, {_name(attempt)}"
            st.download_button(
                words, partial(fits_bytes, attempt), file_name(attempt, "fits"),
                "application/fits", icon=":material/download:", on_click="ignore",
                key=f"restore_fits_{attempt.key}",
                help="Result, uncertainty, residual and mask; the header says what was done.",
            )  # fmt: skip
        st.download_button(
            "Figure (PNG)", partial(figure_png, attempts, stretch=stretch, band=band, scales=scales),
            file_name(attempts[0], "png"), "image/png", icon=":material/image:", on_click="ignore",
            key="restore_figure", help="This comparison on white, with its scales.",
        )  # fmt: skip


def _name(attempt: Attempt) -> str:
    return METHODS[attempt.request.task][attempt.request.method]
