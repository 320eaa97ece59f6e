"""``serve``: open the dashboard in the browser."""

from __future__ import annotations

import errno
import socket
import sys
import threading
import time
import webbrowser
from pathlib import Path

import typer

from galcore.settings import ROOT
from galcore.types import GalcoreError
from galcore.workspace_files import WorkspaceFiles

DEFAULT_PORT = 8501
_PORTS_TRIED = 50
DEFAULT_HOST = "localhost"
PORT = typer.Option(
    0,
    "--port",
    "-p",
    min=0,
    max=65535,
    envvar="PORT",
    help=f"Port; default: the first free one from {DEFAULT_PORT}.",
)
HEADLESS = typer.Option(False, "--headless", help="Do not open a browser.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    workspace: list[Path] = typer.Option(
        [],
        "--workspace",
        "-w",
        help="Workspace folder; repeat for several. Default: all in the workspaces folder.",
    ),
    port: int = PORT,
    headless: bool = HEADLESS,
    host: str = typer.Option(
        DEFAULT_HOST,
        "--host",
        help="Address to listen on; 0.0.0.0 lets other machines in (see docs/hosting.md).",
    ),
) -> None:
    """Open the dashboard in the browser, on for this machine only by default. Ctrl-C stops it."""
    for folder in workspace:
        if not WorkspaceFiles(folder).card.is_file():
            raise GalcoreError(
                f"{folder} is not a workspace; make one with `python -m galcore import PATH "
                f"--workspace {folder}` and then `python -m galcore prepare {folder}`"
            )
    chosen = _choose_port(port)
    address = f"http://{DEFAULT_HOST}:{chosen}"
    typer.echo(f"Galcore runs at {address} (Ctrl-C stops it)", err=True)
    if not headless:
        threading.Thread(target=_open_browser, args=(chosen, address), daemon=True).start()
    _run(workspace or None, chosen, host)


def _run(workspaces: list[Path] | None, port: int, host: str) -> None:
    """Serve until SIGINT or SIGTERM; the app's lifespan closes the label stores."""
    # Streamlit looks for .streamlit/config.toml beside the script it believes it was started with.
    sys.argv = [str(ROOT / "app.py")]
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from galcore.web.allocator import share_arenas

    share_arenas()  # before the libraries that the app imports start threads
    from app import app
    from galcore.web.registry import serve_workspaces

    serve_workspaces(workspaces)
    app.run(config={"server.port": port, "server.headless": True, "server.address": host})


def _choose_port(wanted: int) -> int:
    """The wanted port, or the first free one when none was named.

    Raises:
        GalcoreError: If the named port, or every port tried, is taken.
    """
    if wanted:
        if not _is_free(wanted):
            raise GalcoreError(f"port {wanted} is taken; leave --port away, or name another")
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        if _is_free(port):
            return port
    raise GalcoreError(f"ports {DEFAULT_PORT} … {port} are all taken; name a free one with --port")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((DEFAULT_HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _open_browser(port: int, address: str) -> None:
    """Open the browser once the server answers; give up quietly after half a minute."""
    for _ in range(150):
        time.sleep(0.2)
        with socket.socket() as trial:
            if trial.connect_ex((DEFAULT_HOST, port)) == 0:
                webbrowser.open(address)
                return
