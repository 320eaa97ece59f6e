"""``detect``: find the sources of a field and add them to a workspace."""

from __future__ import annotations

from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.import_ import finish
from galcore.commands.where import WORKSPACE_HELP, workspace_folder


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("detect")(detect)


def detect(
    fields: list[Path] = typer.Argument(
        metavar="FIELD...",
        help="A picture or FITS field; several pixel-matched files, or a folder of them, as bands.",
    ),
    workspace: str = typer.Option(..., "--workspace", "-w", help=WORKSPACE_HELP + " Made when absent."),
    band: str = typer.Option("", help="Band to detect on; without it all bands together, weighted by noise."),
    threshold: float = typer.Option(2.0, help="Pixels of a source lie this many sigma above the sky."),
    min_snr: float = typer.Option(25.0, help="Smallest signal-to-noise ratio of a source."),
    min_size: float = typer.Option(1.8, help="Smallest semi-major axis in pixels (one sigma)."),
    min_area: int = typer.Option(12, help="Smallest number of joined pixels."),
    box: int = typer.Option(0, help="Background cell in pixels; 0: a tenth of the field."),
    deblend: bool = typer.Option(True, help="Split sources that touch."),
    title: str = typer.Option("", help="Name people read, for a new workspace."),
    as_json: bool = AS_JSON,
) -> None:
    """Find the galaxies of a wide image, measure them and cut them out.

    Exit code 3: sources came in, but a file was left out.
    """
    from galcore.catalog.fields import import_field
    from galcore.images.detection import DetectionSettings
    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.workspace import Workspace

    settings = DetectionSettings(
        threshold_sigma=threshold,
        min_snr=min_snr,
        min_semimajor_px=min_size,
        min_area_px=min_area,
        box_px=box,
        deblend=deblend,
        band=band,
    )
    folder = workspace_folder(workspace)
    progress, cancel = progress_for_terminal_and_job(as_json)
    report = import_field(fields, folder, settings=settings, progress=progress, cancel=cancel)
    Workspace.create(folder, title=title)
    finish(report, folder, as_json)
