"""The frame around every page: theme, navigation on the left, the bar on top. Runs first."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from galcore.types import GalcoreError
from galcore.ui.bar import show_bar
from galcore.ui.identity import current_user, remember_user
from galcore.ui.rooms import navigation
from galcore.ui.state import write_address
from galcore.ui.theme import apply_theme


def main() -> None:
    """Draw the frame and run the chosen page; errors that a person can mend are one line, not a traceback."""
    st.set_page_config(page_title="Galcore", page_icon=":material/lens_blur:", layout="wide")
    apply_theme()
    st.logo(Path(__file__).parent / "logo.svg", size="large", icon_image=Path(__file__).parent / "icon.svg")
    page = st.navigation(navigation(), position="sidebar")
    try:
        write_address()
        user = current_user()
        remember_user()
        show_bar(user)
        page.run()
    except GalcoreError as error:
        st.error(str(error), icon=":material/build:")


main()
