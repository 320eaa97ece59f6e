"""``demo``: two workspaces to try everything on, then the dashboard."""

from __future__ import annotations

import time

import typer

from galcore.commands.serve import DEFAULT_HOST, HEADLESS, PORT, serve
from galcore.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("demo")(demo)


def demo(
    prepare_only: bool = typer.Option(
        False, "--prepare-only", help="Make the workspaces, do not serve them."
    ),
    port: int = PORT,
    headless: bool = HEADLESS,
) -> None:
    """Prepare two demo workspaces (real sky and a simulated survey) and open the dashboard.

    The first time takes a minute or two; after that it is ready at once. Nothing is downloaded.
    """
    from galcore.demo import demo_is_ready, make_demo

    workspaces_dir = Settings.from_environment().workspaces_dir
    if not demo_is_ready(workspaces_dir):
        from galcore.jobs.reporting import progress_for_terminal_and_job

        typer.echo("Preparing two demo workspaces: the Hubble deep field and a simulated survey.", err=True)
        started = time.monotonic()
        progress, cancel = progress_for_terminal_and_job(False)
        make_demo(workspaces_dir, progress=progress, cancel=cancel)
        typer.echo(f"The demo is ready after {time.monotonic() - started:.0f} s.", err=True)
    if not prepare_only:
        serve(workspace=[], port=port, headless=headless, host=DEFAULT_HOST)
