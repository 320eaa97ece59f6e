"""The option ``--json`` of every command that answers other programs too."""

from __future__ import annotations

import typer

AS_JSON = typer.Option(False, "--json", help="Print one JSON object on standard output and nothing else.")
