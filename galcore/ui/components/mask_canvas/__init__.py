"""The mask canvas as a component: drawn in the browser on the pixels of the image, sent once on Apply.

Undo, zoom and what is not sent yet stay in the browser; one message carries the finished mask as run lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from galcore.types import GalcoreError
from galcore.ui.components.served import component_of
from galcore.web.restore.attempt import RestoreSource
from galcore.web.restore.masks import decode_mask, encode_mask

_component = component_of(Path(__file__).parent, ("mask.js", "view.js", "hands.js"))


@dataclass(frozen=True, slots=True, eq=False)
class ProposedMask:
    """A mask to take with one click.

    Attributes:
        words: On its button.
        help: What it is and how it was found.
        mask: ``(H, W)``.
    """

    words: str
    help: str
    mask: NDArray[np.bool_]


def draw_mask(
    source: RestoreSource,
    picture: str,
    *,
    key: str,
    mask: NDArray[np.bool_] | None,
    proposals: Sequence[ProposedMask],
    busy: bool,
) -> NDArray[np.bool_] | None:
    """Show the canvas; the mask ``(H, W)`` if one was sent since the last run, else None.

    Args:
        source: The image to draw on.
        picture: Address of its picture, pixel by pixel.
        key: Of the widget.
        mask: The mask in force, shown to somebody who comes back.
        proposals: Masks to take with one click.
        busy: Whether a mask is worked on; Apply then waits.

    Raises:
        GalcoreError: If what the browser sent is no mask of this image.
    """
    height, width = source.image.pixels.shape[-2:]
    result = _component(
        key=key,
        data={
            "source": source.key,
            "picture": picture,
            "width": width,
            "height": height,
            "scale": source.image.pixel_scale_arcsec,
            "runs": None if mask is None else encode_mask(mask),
            "proposals": [
                {"words": each.words, "help": each.help, "runs": encode_mask(each.mask)} for each in proposals
            ],
            "busy": busy,
        },
        default={"mask": {}},
        on_mask_change=lambda: None,
    )
    message = result.get("mask") or {}
    seen = f"{key}.seen"
    if not message or message.get("number") == st.session_state.get(seen):
        return None
    st.session_state[seen] = message.get("number")
    if message.get("source") != source.key:
        return None  # drawn on the image before this one
    drawn = decode_mask(message, height=height, width=width)
    if not drawn.any():
        raise GalcoreError("nothing is masked; paint over what should be filled in, or take a proposed mask")
    return drawn
