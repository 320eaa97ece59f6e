"""Whether the process that was started is still the one running under its number.

Process numbers are used again; a number with its start time is not.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def start_mark(pid: int) -> str | None:
    """Start time of a live process as the system writes it; ``None`` when it ended (zombies included).

    >>> import os
    >>> start_mark(os.getpid()) == start_mark(os.getpid()) != None
    True
    """
    if Path("/proc/self/stat").exists():
        return _start_from_proc(pid)
    return _start_from_ps(pid)


def is_alive(pid: int, mark: str) -> bool:
    """Whether the process with this number *and* start time still runs."""
    return bool(mark) and start_mark(pid) == mark


def _start_from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    state, start_ticks = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{_boot_id()}:{start_ticks}"


def _boot_id() -> str:
    """Ticks count from the boot, so that after a restart of the machine the same count is another time."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _start_from_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
