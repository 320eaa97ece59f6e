"""How a command tells a person and its job folder how far it is.

The same command runs in a terminal and as a job of the dashboard. In a terminal its progress is one line
that is written over; as a job (``GALCORE_JOB_DIR`` is set) it is also a line a step in ``progress.jsonl``,
which any page can read. A job is asked to stop by a ``cancel`` file in its folder or by SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TextIO

from galcore.types import CancelCheck, Progress, ProgressCallback

JOB_DIR_VARIABLE = "GALCORE_JOB_DIR"
PROGRESS_FILE = "progress.jsonl"
CANCEL_FILE = "cancel"
BAR_WIDTH = 24
WRITE_INTERVAL_S = 0.25
_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
PLAIN_INTERVAL_S = 10.0  # between lines where stderr is a file and cannot be written over


def progress_for_terminal_and_job(quiet: bool) -> tuple[ProgressCallback, CancelCheck]:
    """Callbacks for a command: where to report progress, and whether to stop.

    Args:
        quiet: Print nothing to stderr; a job folder is still written.

    Returns:
        ``progress`` to call as often as you like (it is throttled), and ``cancel`` that is true once
        the job was cancelled or the process was sent SIGTERM.
    """
    folder = job_folder()
    sinks: list[ProgressCallback] = []
    if not quiet:
        sinks.append(TerminalProgress(sys.stderr))
    if folder is not None:
        sinks.append(JobFileProgress(folder / PROGRESS_FILE))

    def report(progress: Progress) -> None:
        for sink in sinks:
            sink(progress)

    return report, cancel_check(folder)


def job_folder() -> Path | None:
    """Folder of the job this process is, ``None`` in a terminal."""
    value = os.environ.get(JOB_DIR_VARIABLE)
    return Path(value) if value else None


def cancel_check(folder: Path | None) -> CancelCheck:
    """A check that turns true, for ever, after SIGTERM or once ``folder/cancel`` exists."""
    stopped = threading.Event()
    if threading.current_thread() is threading.main_thread():

        def on_terminate(_signal: int, _frame: FrameType | None) -> None:
            stopped.set()

        signal.signal(signal.SIGTERM, on_terminate)

    def is_cancelled() -> bool:
        if folder is not None and not stopped.is_set() and (folder / CANCEL_FILE).exists():
            stopped.set()
        return stopped.is_set()

    return is_cancelled


class RemainingTime:
    """Estimates the seconds left in a stage from its own pace.

    >>> clock = iter([0.0, 10.0]).__next__
    >>> remaining = RemainingTime(clock)
    >>> remaining.update(Progress("embed", 0, 100)) is None
    True
    >>> remaining.update(Progress("embed", 25, 100))
    30.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._stage = ""
        self._first = (0.0, 0)

    def update(self, progress: Progress) -> float | None:
        """Seconds left after this step, ``None`` while they cannot be told."""
        now = self._clock()
        if progress.stage != self._stage or progress.done < self._first[1]:
            self._stage, self._first = progress.stage, (now, progress.done)
        return seconds_left(*self._first, now, progress.done, progress.total)


def seconds_left(start_s: float, done_at_start: int, now_s: float, done: int, total: int) -> float | None:
    """Seconds to finish ``total`` at the mean pace since the start, ``None`` while there is no pace."""
    advanced = done - done_at_start
    if total <= 0 or advanced <= 0 or now_s <= start_s:
        return None
    return max(0, total - done) * (now_s - start_s) / advanced


class TerminalProgress:
    """One line on a terminal, written over; in a file a line now and then."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._overwrites = stream.isatty()
        self._remaining = RemainingTime()
        self._last_s = -1e9
        self._stage = ""
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        """Show a step."""
        left_s = self._remaining.update(progress)
        finished = progress.total > 0 and progress.done >= progress.total
        interval_s = WRITE_INTERVAL_S if self._overwrites else PLAIN_INTERVAL_S
        now_s = time.monotonic()
        if progress.stage == self._stage and not finished and now_s - self._last_s < interval_s:
            return
        if self._overwrites and self._stage and progress.stage != self._stage and self._width:
            self._stream.write("\n")
        self._stage, self._last_s = progress.stage, now_s
        self._write(progress_line(progress, left_s), finished=finished)

    def _write(self, line: str, *, finished: bool) -> None:
        if self._overwrites:
            self._stream.write("\r" + line.ljust(self._width) + ("\n" if finished else ""))
            self._width = 0 if finished else len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()


class JobFileProgress:
    """Appends a JSON line a step to ``progress.jsonl``, at most a few a second."""

    def __init__(self, path: Path):
        self._path = path
        self._last_s = -1e9
        self._stage = ""

    def __call__(self, progress: Progress) -> None:
        """Record a step."""
        now_s = time.monotonic()
        finished = progress.total > 0 and progress.done >= progress.total
        if progress.stage == self._stage and not finished and now_s - self._last_s < WRITE_INTERVAL_S:
            return
        self._stage, self._last_s = progress.stage, now_s
        record = {
            "time": time.time(),
            "stage": progress.stage,
            "done": int(progress.done),
            "total": int(progress.total),
            "message": progress.message,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def progress_line(progress: Progress, left_s: float | None) -> str:
    """One line for a person.

    >>> progress_line(Progress("embed", 30, 60), 61.0)
    'embed   ████████████░░░░░░░░░░░░  30/60  50 %  1 min 1 s left'
    """
    stage = progress.stage.ljust(7)
    if progress.total <= 0:
        counts = f"{progress.done}" if progress.done else ""
        return "  ".join(part for part in (stage, counts, progress.message) if part)
    fraction = min(1.0, progress.done / progress.total)
    filled = round(BAR_WIDTH * fraction)
    bar = "█" * filled + "░" * (BAR_WIDTH - filled)
    line = f"{stage} {bar}  {progress.done}/{progress.total}  {100 * fraction:.0f} %"
    if left_s is not None and progress.done < progress.total:
        line += f"  {duration_text(left_s)} left"
    return f"{line}  {progress.message}" if progress.message else line


def duration_text(seconds: float) -> str:
    """A length of time as people say it.

    >>> [duration_text(s) for s in (0.4, 59, 61, 3720, 90000)]
    ['1 s', '59 s', '1 min 1 s', '1 h 2 min', '1 d 1 h']
    """
    whole = max(1, round(seconds))
    for unit_s, unit, smaller_s, smaller in _UNITS:
        if whole >= unit_s:
            rest = whole % unit_s // smaller_s
            return f"{whole // unit_s} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
