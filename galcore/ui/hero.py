"""The picture on top of the first page: real galaxies of what is served here."""

from __future__ import annotations

import functools
import html
import random

import streamlit as st

from galcore.web.addresses import stamp_address
from galcore.web.registry import served

_PICTURES = 32
_SIZE_PX = 192


def show_hero(title: str, text: str) -> None:
    """A strip of galaxies with what this is written over it."""
    pictures = "".join(
        f'<img src="{html.escape(address)}" alt="" loading="eager">' for address in _some_galaxies()
    )
    st.html(
        f'<div class="galcore-hero"><div class="galcore-strip" aria-hidden="true">{pictures}</div>'
        f'<div class="galcore-hero-text"><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></div></div>'
    )


def _some_galaxies() -> list[str]:
    """Addresses of galaxies from every workspace in turn; the same each time, so that browsers keep them."""
    addresses: list[list[str]] = []
    for name in served().folders():
        workspace = served().get(name)
        version = workspace.catalog_hash
        chosen = _sample(name, version)
        addresses.append(
            [stamp_address(name, galaxy_id, size_px=_SIZE_PX, version=version) for galaxy_id in chosen]
        )
    taken = [each[turn] for turn in range(_PICTURES) for each in addresses if turn < len(each)]
    return taken[:_PICTURES]


@functools.lru_cache(maxsize=64)
def _sample(name: str, _version: str) -> tuple[str, ...]:
    ids = served().get(name).catalog["galaxy_id"]
    rows = random.Random(3).sample(range(len(ids)), min(_PICTURES, len(ids)))
    return tuple(ids.iloc[row] for row in rows)
