from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.result_files import COMMANDS, read_results
from benchmarks.results_page import BEGIN, END, PAGE, build_files, build_page, build_summary, put_summary
from galcore.settings import ROOT
from galcore.types import GalcoreError


def test_page_and_readme_say_what_the_committed_results_say() -> None:
    stale = [
        path.name
        for path, text in build_files(read_results()).items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run python -m benchmarks.results_page"


def test_a_section_without_its_file_names_the_command_that_measures_it() -> None:
    page = build_page({})
    for command in COMMANDS.values():
        assert command in page
    assert "not measured yet" in build_summary({})


def test_every_committed_figure_with_a_target_is_judged_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    library = read_results()
    for name in ("latency", "demo", "kill_server"):
        for measure in library[name].results:
            assert measure.metric in page


def test_a_readme_without_its_markers_is_refused() -> None:
    with pytest.raises(GalcoreError, match="markers"):
        put_summary("# Galcore", "table")
    assert put_summary(f"a{BEGIN}old{END}b", "new") == f"a{BEGIN}\n\nnew\n\n{END}b"


@pytest.mark.slow
def test_the_check_passes_on_the_committed_page() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.results_page", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
