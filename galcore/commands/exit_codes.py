"""Exit codes of the command line."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished command tells the shell."""

    DONE = 0
    ERROR = 1  # something the user can mend, printed as one line
    USAGE = 2  # wrong arguments (typer's own code)
    LEFT_OUT = 3  # done, but something was left out; it is named
    CANCELLED = 130
