import io
import json
import os
import signal

import pytest

from galcore.jobs.reporting import TerminalProgress, progress_for_terminal_and_job
from galcore.types import Progress


@pytest.fixture(autouse=True)
def keep_signal_handler():
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def test_progress_of_a_job_is_written_where_a_page_can_read_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GALCORE_JOB_DIR", str(tmp_path))
    report, _ = progress_for_terminal_and_job(quiet=True)
    for done in range(101):
        report(Progress("embed", done, 100))
    records = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert records[-1]["done"] == 100  # the last step is never throttled away
    assert len(records) < 50
    assert capsys.readouterr().err == ""


def test_terminal_shows_one_line_with_counts(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GALCORE_JOB_DIR", raising=False)
    report, cancel = progress_for_terminal_and_job(quiet=False)
    report(Progress("import", 5, 10, "NGC 1365"))
    assert "5/10  50 %" in capsys.readouterr().err
    assert not cancel()


def test_a_finished_stage_ends_its_line_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    show = TerminalProgress(stream)
    show(Progress("a", 1, 2, "long message"))
    show(Progress("a", 2, 2))
    show(Progress("b", 0, 0, "counting"))
    lines = stream.getvalue().split("\n")
    assert lines[1].strip() == "b        counting"


def test_cancel_file_and_terminate_signal_both_stop(tmp_path, monkeypatch):
    monkeypatch.setenv("GALCORE_JOB_DIR", str(tmp_path))
    _, cancel = progress_for_terminal_and_job(quiet=True)
    assert not cancel()
    (tmp_path / "cancel").touch()
    assert cancel()
    (tmp_path / "cancel").unlink()
    assert cancel()  # once asked to stop, always asked to stop
    _, cancel = progress_for_terminal_and_job(quiet=True)
    assert not cancel()
    os.kill(os.getpid(), signal.SIGTERM)
    assert cancel()
