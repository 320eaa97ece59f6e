"""How a command says what it left out."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from galcore.types import LeftOut

SHOWN = 20


def tell_left_out(left_out: Sequence[LeftOut], *, where: str) -> None:
    """Name the first of them on standard error, and where all are named."""
    for item in left_out[:SHOWN]:
        typer.echo(f"left out: {item.source}: {item.reason}", err=True)
    if len(left_out) > SHOWN:
        typer.echo(f"… and {len(left_out) - SHOWN:,} more; {where} names every one", err=True)
