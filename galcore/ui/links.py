"""Links that people send each other: the address of this dashboard with something in it."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st


def link_here(page: str = "", **query: str) -> str:
    """Address of a page of this dashboard as the browser knows it, with entries behind it."""
    told = urlsplit(st.context.url or "http://localhost:8501")
    return f"{told.scheme}://{told.netloc}/{page}?{urlencode(query)}"
