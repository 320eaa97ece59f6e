"""``python -m galcore``: assembles the command line from ``galcore/commands``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from galcore import __version__, commands
from galcore.commands.exit_codes import ExitCode
from galcore.types import GalcoreError

HELP = """Annotate galaxy images together, with a model that retrains at every grid.

Begin with `python -m galcore demo`, or bring your own: `import` a folder, `prepare` it, `serve` it.
"""


def build_app() -> typer.Typer:
    """The command line with every command in ``galcore/commands`` registered."""
    app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    benchmarks = typer.Typer(
        help="Measure the model and the loop; results can be committed.", no_args_is_help=True
    )
    for module_info in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
        module = importlib.import_module(f"galcore.commands.{module_info.name}")
        if hasattr(module, "register"):
            module.register(benchmarks if module_info.name.startswith("benchmark_") else app)
    if benchmarks.registered_commands:
        # With a single command typer would swallow its name; a callback keeps `benchmark NAME` the form.
        benchmarks.callback()(_benchmark_group)
        app.add_typer(benchmarks, name="benchmark")
    app.callback()(_main_options)
    return app


def _benchmark_group() -> None:
    """Measure the model and the loop; results can be committed."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"galcore {__version__}")
        raise typer.Exit


def _main_options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Annotate galaxy images together, with a model that retrains at every grid."""


def main() -> int:
    """Run the command line; errors that a user can mend are one line, not a traceback."""
    try:
        build_app()(standalone_mode=True)
    except GalcoreError as error:
        typer.secho(f"galcore: {error}", fg=typer.colors.RED, err=True)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        typer.echo("galcore: cancelled; what was done is kept, the same command resumes it", err=True)
        return ExitCode.CANCELLED
    return ExitCode.DONE


if __name__ == "__main__":
    sys.exit(main())
