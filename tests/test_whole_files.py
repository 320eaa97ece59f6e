from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from galcore.settings import ROOT
from galcore.whole_files import write_json, write_whole

WRITE_AND_HANG = """
import sys, time
from pathlib import Path
from galcore.whole_files import write_whole

with write_whole(Path(sys.argv[1])) as unfinished:
    unfinished.write_text("half of the new")
    print("written", flush=True)
    time.sleep(60)
"""


def test_a_file_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    with write_whole(path) as unfinished:
        unfinished.write_bytes(b"first half, ")
        assert not path.exists()
        with unfinished.open("ab") as stream:
            stream.write(b"second half")

    assert path.read_bytes() == b"first half, second half"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "catalog.parquet"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), write_whole(path) as unfinished:
        unfinished.write_text("ne")
        _ = 1 / 0

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_killed_while_it_writes_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    path.write_text("old")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_HANG, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=20)

    assert path.read_text() == "old"
    with write_whole(path) as unfinished:
        unfinished.write_text("new")
    assert path.read_text() == "new"


def test_what_is_unfinished_is_never_found_under_the_suffix_of_what_is_whole(tmp_path: Path) -> None:
    with write_whole(tmp_path / "galaxy.png") as unfinished:
        unfinished.write_bytes(b"")
        assert list(tmp_path.glob("*.png")) == []
        assert unfinished.name.startswith(".")


def test_threads_that_write_one_file_at_once_leave_one_of_their_files_whole(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    stop = time.monotonic() + 0.3

    def write(letter: str) -> None:
        while time.monotonic() < stop:
            write_json(path, letter * 5000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abc"]
    for thread in threads:
        thread.start()
    while time.monotonic() < stop:
        content = path.read_text() if path.exists() else ""
        assert content in {"", *(f'"{letter * 5000}"\n' for letter in "abc")}
    for thread in threads:
        thread.join()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("durable", [False, True])
def test_a_folder_gets_its_name_with_everything_in_it(tmp_path: Path, durable: bool) -> None:
    backup = tmp_path / "labels-today"
    with write_whole(backup, durable=durable) as unfinished:
        (unfinished / "tables").mkdir(parents=True)
        (unfinished / "tables" / "events.parquet").write_text("rows")

    assert (backup / "tables" / "events.parquet").read_text() == "rows"
    with pytest.raises(OSError), write_whole(backup) as unfinished:  # a folder does not replace another
        (unfinished / "tables").mkdir(parents=True)
    assert [path.name for path in tmp_path.iterdir()] == ["labels-today"]


def test_a_content_without_json_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    write_json(path, {"title": "Gökkuşağı"})
    with pytest.raises(TypeError):
        write_json(path, {"title": {1, 2}})
    assert "Gökkuşağı" in path.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_json(tmp_path / "whole", {})
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode
