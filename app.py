"""The dashboard: `python -m galcore serve`, or `streamlit run app.py`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from galcore.logs import configure_logs
from galcore.settings import ROOT, Settings
from galcore.ui.front_page import front_page_routes, front_page_scripts
from galcore.ui.people.identity import read_access
from galcore.ui.rooms import page_names
from galcore.web.allocator import share_arenas
from galcore.web.atlas_routes import atlas_routes
from galcore.web.backups import ScheduledBackups
from galcore.web.component_routes import component_routes
from galcore.web.first_start import begin_first_start
from galcore.web.gate import Gate
from galcore.web.hands_routes import hands_routes
from galcore.web.identity_routes import identity_routes
from galcore.web.metrics import metrics_routes
from galcore.web.provider_routes import ProviderRoutes
from galcore.web.registry import served
from galcore.web.restore.routes import restore_routes
from galcore.web.routes import galcore_routes

_log = logging.getLogger("galcore.app")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Back labels up while the server runs; close their stores when it stops, so that they are tidy."""
    configure_logs()
    share_arenas()
    _log.info("server started", extra={"event": "start"})
    read_access()  # before the first request: routes ask for it, and unreadable secrets end the start here
    settings = Settings.from_environment()
    every_s = 60 * settings.backup_minutes
    backups = ScheduledBackups(lambda: served().open_now(), every_s=every_s)
    backups.start()
    demo = begin_first_start(settings.workspaces_dir) if settings.demo else None
    try:
        yield {}
    finally:
        if demo is not None:
            demo.close()
        backups.close()
        served().close()
        _log.info("server stopped, labels closed", extra={"event": "stop"})


# The shell lies in galcore/ui, not beside pages/: with it there, a deep link to a page would skip the shell.
app = st.App(
    ROOT / "galcore" / "ui" / "shell.py",
    lifespan=lifespan,
    routes=[
        *galcore_routes(),
        *metrics_routes(),
        *identity_routes(),
        *hands_routes(),
        *component_routes(),
        *atlas_routes(),
        *restore_routes(),
        *front_page_routes(page_names()),
    ],
    middleware=[
        Middleware(Gate, scripts=front_page_scripts(), listens_on=lambda: st.get_option("server.address")),
        Middleware(ProviderRoutes),
    ],
)

if __name__ == "__main__":
    app.run()
