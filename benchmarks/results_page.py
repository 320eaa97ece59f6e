"""The page of results, from the committed figures: `python -m benchmarks.results_page [--check]`.

Writes docs/results.md and, between its markers, the table of README.md; with `--check` writes nothing and
fails when either says something else than benchmarks/results. Run it after every new measurement.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.model_sections import (
    auroc,
    ceiling_section,
    ceiling_words,
    curves_section,
    few_labels_section,
    loop_section,
    probe_section,
    schedules_section,
)
from benchmarks.people_sections import consensus_section, load_section
from benchmarks.result_files import (
    RESULTS,
    Library,
    aim,
    figure,
    listed,
    not_measured,
    number,
    read_results,
    share,
    table,
    verdict,
    wanted,
)
from benchmarks.targets import GRID, LOOPS, SPIRAL_TARGETS, WANTED
from benchmarks.work_sections import embed_section, restoration_section, times_section
from galcore.settings import ROOT
from galcore.types import GalcoreError
from galcore.whole_files import write_whole

PAGE, README = ROOT / "docs" / "results.md", ROOT / "README.md"
BEGIN, END = "<!-- results: written by python -m benchmarks.results_page -->", "<!-- end of results -->"
SECTIONS = (
    loop_section,
    ceiling_section,
    probe_section,
    restoration_section,
    schedules_section,
    embed_section,
    few_labels_section,
    curves_section,
    consensus_section,
    load_section,
    times_section,
)
Line = tuple[str, str, str]
_PROBED = {"barred": "bars", "ringed": "rings", "edge_on": "edge-on", "spiral": "spirals"}
_FOUND = {"spiral": "spirals", "barred": "bars", "ringed": "rings", "disturbed": "disturbed"}


def build_page(library: Library) -> str:
    """docs/results.md."""
    machines = listed(list(dict.fromkeys(stored.hardware for stored in library.values()))) or "none yet"
    head = (
        "# Results\n\nWritten by `python -m benchmarks.results_page` from `benchmarks/results/`, where every "
        "figure lies with its command, commit and machine (a `+` marks a commit with changes on top); not to "
        f"be edited by hand. Machines: {machines}, shared with other work; read ratios rather than seconds. "
        "The real sets (`GALCORE_REAL_DATA`) are not part of the repository."
    )
    return "\n\n".join([head, *(section(library) for section in SECTIONS)]) + "\n"


def build_summary(library: Library) -> str:
    """The table of README.md."""
    lines = [
        loop_line(library),
        probe_line(library),
        found_line(library),
        *restoration_lines(library),
        embed_line(library),
        latency_line(library),
        kills_line(library),
        load_line(library),
        demo_line(library),
    ]
    return table(("", "figure", "wanted"), lines)


def loop_line(library: Library) -> Line:
    """AUC of the loop on spirals."""
    grids = list(SPIRAL_TARGETS)
    what = f"spirals against ellipticals (GZ1), {GRID} images a grid: AUC on never-shown galaxies at grid "
    what += " / ".join(map(str, grids))
    if "loop" not in library:
        return what, not_measured("loop"), _targets(SPIRAL_TARGETS.values())
    row = library["loop"].row(task="spiral", features="embedding", strategy="default")
    values = [row.get(f"auc_{grid}") for grid in grids]
    missed = [
        grid
        for grid, value in zip(grids, values, strict=True)
        if value is None or value < SPIRAL_TARGETS[grid]
    ]
    aims = _targets(SPIRAL_TARGETS.values())
    if missed:
        aims += f" (**missed** at grid {listed([str(grid) for grid in missed])}"
        aims += f": {ceiling_words(library)})" if "label_ceiling" in library else ")"
    return what, " / ".join(share(value, 3) for value in values), aims


def probe_line(library: Library) -> Line:
    """The linear probe at 100 labels."""
    what = f"linear probe at 100 labels: {' / '.join(_PROBED.values())} (EFIGI, GZ1)"
    aims = _targets(WANTED[task] for task in _PROBED)
    probe = library.get("probe")
    if probe is None:
        return what, not_measured("probe"), aims

    def row(kind: str) -> str:
        return " / ".join(share(auroc(probe, task, kind, 100)) for task in _PROBED)

    own = {task: auroc(probe, task, "model", 100) or 0.0 for task in _PROBED}
    missed = [words for task, words in _PROBED.items() if own[task] < WANTED[task]]
    aims += f" (**missed**: {listed(missed)})" if missed else " (met)"
    names = {"first": "the first shipped weights have", "untrained": "an untrained network has", "hog": "HOG"}
    others = [f"{words} {row(kind)}" for kind, words in names.items() if probe.select(features=kind)]
    return what, row("model"), "; ".join([aims, *others])


def found_line(library: Library) -> Line:
    """Positives found, chosen against random."""
    what = f"positives among {GRID * LOOPS} galaxies shown: {' / '.join(_FOUND.values())}, "
    what += "chosen by the loop against random grids"
    if "loop" not in library:
        return what, not_measured("loop"), "–"

    def row(strategy: str) -> str:
        rows = [library["loop"].row(task=task, features="embedding", strategy=strategy) for task in _FOUND]
        return " / ".join(number(row.get("found_30")) for row in rows)

    return what, f"{row('default')} against {row('random')}", "–"


def restoration_lines(library: Library) -> list[Line]:
    """Gains of the network over the input, and pairs of surveys."""
    whats = {
        "restore-reconstruct": "75 % of the picture lost and filled: gain over the input",
        "restore-deconvolve": "blur undone, PSF known: gain over the input",
        "restore-pairs": "real SDSS galaxies nearer to their sharper KiDS image once restored",
    }
    return [restoration_line(library, name, what) for name, what in whats.items()]


def restoration_line(library: Library, name: str, what: str) -> Line:
    """The first figure with a target, and for gains that over the classical tools."""
    stored = library.get(name)
    judged = [measure for measure in stored.results if measure.met is not None] if stored else []
    if stored is None or not judged:
        return what, not_measured(name), "–"
    pictures = stored.rows[0].get("pictures", "")
    what += f" ({'real' if pictures.startswith('real') else 'simulated'} pictures)" if pictures else ""
    aims = [f"{wanted(judged[0])} ({verdict(judged[0].met)})"]
    if name != "restore-pairs" and len(judged) > 1:
        aims.append(f"{judged[1].metric.partition(': ')[2]} {figure(judged[1])} ({verdict(judged[1].met)})")
    return what, figure(judged[0]), "; ".join(aims)


def embed_line(library: Library) -> Line:
    """Speed of embedding."""
    what = "embedding, from file to disk, over the bare forward pass of the same network"
    measure = library["embed"].find("embedding / bare") if "embed" in library else None
    if measure is None:
        return what, not_measured("embed"), "≥ 0.9"
    return what, number(measure.value), f"{wanted(measure)} ({verdict(measure.met)})"


def latency_line(library: Library) -> Line:
    """Submission to next grid."""
    what = "submission to next grid, server, 95th percentile at 10,000 / 100,000 galaxies"
    return _pair(library, "latency", what, (("10,000 ", "95th"), ("100,000 ", "95th")))


def kills_line(library: Library) -> Line:
    """Answers lost."""
    what = "answers that the page called saved, lost in 20 `kill -9` of the server"
    return _pair(library, "kill_server", what, (("acknowledged",),))


def load_line(library: Library) -> Line:
    """Many people at once."""
    what = "50 annotators at once, 100,000 galaxies: answers lost / acknowledged after, 95th percentile"
    return _pair(library, "load", what, (("lost",), ("acknowledged", "95th")))


def demo_line(library: Library) -> Line:
    """Preparation and start."""
    what = "demo from nothing after installation / second start to first page"
    return _pair(library, "demo", what, (("preparation",), ("second start",)))


def _pair(library: Library, name: str, what: str, words: tuple[tuple[str, ...], ...]) -> Line:
    """Figures of one file side by side."""
    stored = library.get(name)
    found = [m for m in (stored.find(*each) for each in words) if m is not None] if stored else []
    if len(found) < len(words):
        return what, not_measured(name), "–"
    figures = " / ".join(figure(m) for m in found)
    aims = " / ".join(f"{wanted(m)} {m.unit}" for m in found)
    return what, figures, aims + ("" if all(m.met for m in found) else " (**missed**)")


def _targets(values: Iterable[float]) -> str:
    return " / ".join(f"≥ {aim(value)}" for value in values)


def put_summary(readme: str, summary: str) -> str:
    """README.md with another table between the markers.

    Raises:
        GalcoreError: If a marker is not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise GalcoreError(f"README.md: the markers '{BEGIN}' and '{END}' are not there; put them back")
    return f"{before}{begin}\n\n{summary}\n\n{end}{after}"


def build_files(library: Library) -> dict[Path, str]:
    """What each file ought to hold."""
    readme = README.read_text(encoding="utf-8")
    return {PAGE: build_page(library), README: put_summary(readme, build_summary(library))}


def main() -> int:
    """Write both, or say which is stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    arguments = parser.parse_args()
    stale = {
        path: text
        for path, text in build_files(read_results(RESULTS)).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        name = path.relative_to(ROOT)
        if arguments.check:
            print(f"{name} is stale: run python -m benchmarks.results_page", file=sys.stderr)
            continue
        with write_whole(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
        print(f"{name} written")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
