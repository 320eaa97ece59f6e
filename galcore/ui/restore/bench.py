"""Middle of the Restore page: the image with a mask drawn on it, or with its blur, and what to do."""

from __future__ import annotations

from html import escape

import streamlit as st

from galcore.types import GalcoreError
from galcore.ui.components.mask_canvas import ProposedMask, draw_mask
from galcore.ui.restore.psf import choose_noise, choose_psf
from galcore.ui.restore.request import (
    Question,
    attempts_at,
    choose_comparison,
    put_question,
    question_of,
)
from galcore.ui.text import plain
from galcore.web.restore.attempt import RestoreSource
from galcore.web.restore.hints import Hints, hints_of
from galcore.web.restore.routes import source_address

HINTS_POLL_S = 0.5
_PROPOSED = {"star": "star", "trail": "trail", "cosmic-ray": "cosmic rays"}


def show_mask_bench(source: RestoreSource, *, stretch: str, band: int) -> None:
    """Canvas on the left, what happens and with what to compare on the right."""
    hints = _await_hints(source)
    with st.container(key="restore_mask_bench"):
        canvas, words = st.columns([2.1, 1], gap="medium")
    with words:
        st.markdown("**Cover what does not belong**")
        st.caption(
            "Paint over a star, a trail, a cosmic ray or a bad column, or take a proposed mask; then *Fill "
            "in*. Known pixels come back as they were. Press `?` on the image for mouse, touch and keys."
        )
        choose_comparison("reconstruct")
        if question_of(source, "reconstruct") is not None:
            st.caption("The result is below; draw more and fill in again, as often as you like.")
    with canvas:
        busy = any(attempt.is_active for attempt in attempts_at(source, "reconstruct"))
        asked = question_of(source, "reconstruct")
        try:
            drawn = draw_mask(
                source,
                source_address(source, stretch=stretch, band=band),
                key="restore_mask",
                mask=None if asked is None else asked.mask,
                proposals=_proposals(hints),
                busy=busy,
            )
        except GalcoreError as error:
            st.error(plain(str(error), limit=400), icon=":material/build:")
            return
    if drawn is not None:
        put_question(source, "reconstruct", Question(mask=drawn))
        st.rerun()


def show_psf_bench(source: RestoreSource, *, stretch: str, band: int) -> None:
    """The image on the left, its blur and noise on the right."""
    hints = _await_hints(source)
    with st.container(key="restore_psf_bench"):
        picture, controls = st.columns([1.2, 1], gap="large")
    with picture:
        address = source_address(source, stretch=stretch, band=band)
        st.html(
            f'<img src="{escape(address)}" alt="{escape(source.name)}" style="display:block;width:100%;'
            "max-height:52vh;object-fit:contain;background:#05070c;border-radius:6px;"
            'image-rendering:pixelated">'
        )
    with controls:
        psf = choose_psf(source, hints)
        noise = choose_noise(source, hints)
        choose_comparison("deconvolve")
        busy = any(attempt.is_active for attempt in attempts_at(source, "deconvolve"))
        if st.button(
            "Sharpen", type="primary", icon=":material/deblur:", disabled=psf is None or busy,
            key="restore_sharpen",
        ):  # fmt: skip
            put_question(source, "deconvolve", Question(psf=psf, noise_sigma=noise))
            st.rerun()


def _await_hints(source: RestoreSource) -> Hints | None:
    """What was found in the image; while the search goes on the page looks again by itself."""
    hints = hints_of(source, wait_s=0.15)
    # a place of its own, there or not: were it to come and go, the canvas below would be built anew
    with st.container(key="restore_hints", height="content"):
        if hints is None:
            st.fragment(_look_again, run_every=HINTS_POLL_S)(source)
    return hints


def _look_again(source: RestoreSource) -> None:
    if hints_of(source) is not None:
        st.rerun()


def _proposals(hints: Hints | None) -> list[ProposedMask]:
    if hints is None:
        return []
    return [
        ProposedMask(f"{_PROPOSED[each.kind]} ({int(each.mask.sum()):,} px)", each.description, each.mask)
        for each in hints.proposals
    ]
