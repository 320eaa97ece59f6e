"""The frame around every page: theme, navigation on the left, the bar on top. Runs first."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from galcore.types import GalcoreError
from galcore.ui.bar import show_bar
from galcore.ui.campaigns.join import turn_to_join_link
from galcore.ui.people.identity import current_user, is_leaving, read_access, remember_user, require_user
from galcore.ui.people.standing import admit
from galcore.ui.rooms import navigation
from galcore.ui.state import current_workspace, write_address
from galcore.ui.theme import apply_theme

# a file of ours: a Material icon here would be fetched from outside by every browser
_ICON = Path(__file__).parent / "icon.svg"


def main() -> None:
    """Draw the frame and run the chosen page; errors that a person can mend are one line, not a traceback."""
    st.set_page_config(page_title="Galcore", page_icon=_ICON, layout="wide")
    apply_theme()
    st.logo(Path(__file__).parent / "logo.svg", size="large", icon_image=_ICON)
    page = st.navigation(navigation(), position="sidebar")
    try:
        _show_page(page)
    except GalcoreError as error:
        st.error(str(error), icon=":material/build:")


def _show_page(page: StreamlitPage) -> None:
    # Where names are proven nothing is shown before one is: not even which workspaces there are.
    asks = read_access().is_proven and not is_leaving()
    user = require_user() if asks else current_user()
    if remember_user():
        st.caption("One moment …")
        return
    turn_to_join_link()
    write_address()
    workspace = current_workspace()
    bar = st.container()
    admitted = user is None or workspace is None or admit(workspace, user)
    with bar:
        show_bar(user, admitted=admitted)
    if admitted:
        page.run()


main()
