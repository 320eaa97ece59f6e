"""Committed results as the page of results reads them: files, figures in print, tables, verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galcore.evaluate.result import Measure
from galcore.settings import ROOT

RESULTS = ROOT / "benchmarks" / "results"
# who writes which file; the page says so where a file is not there
COMMANDS = {
    "loop": "python -m benchmarks.loop_table",
    "probe": "python -m benchmarks.probe_table --features model,first,untrained,hog,pixel-pca --first FILE "
    "--out benchmarks/results/probe.json",
    "label_ceiling": "python -m benchmarks.label_ceiling",
    "restore-reconstruct": "python -m benchmarks.restore",
    "restore-deconvolve": "python -m benchmarks.restore",
    "restore-pairs": "python -m benchmarks.restore",
    "schedules": "python -m benchmarks.schedules",
    "embed": "python -m galcore benchmark embed --out benchmarks/results/embed.json",
    "label_efficiency": "python -m benchmarks.label_efficiency",
    "contrastive_curves": "python -m benchmarks.contrastive_curves",
    "latency": "python -m benchmarks.latency",
    "tree_latency": "python -m benchmarks.tree_latency",
    "demo": "python -m benchmarks.demo",
    "kill_server": "python -m benchmarks.kill_server",
    "keys": "python -m benchmarks.keys",
    "load": "python -m benchmarks.load",
    "load-kills": "python -m benchmarks.load",
    "labels": "python -m benchmarks.labels",
    "simulate": "python -m benchmarks.simulate",
    "consensus": "python -m galcore benchmark consensus --out benchmarks/results/consensus.json",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A committed result: what `BenchmarkResult` wrote."""

    commit: str
    hardware: str
    command: str
    results: tuple[Measure, ...]
    rows: tuple[dict[str, Any], ...]

    def find(self, *words: str) -> Measure | None:
        """First measure whose name holds all words."""
        return next((m for m in self.results if all(word in m.metric for word in words)), None)

    def select(self, **wanted: object) -> list[dict[str, Any]]:
        """Rows with these values."""
        return [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]

    def row(self, **wanted: object) -> dict[str, Any]:
        """First row with these values; empty where there is none."""
        return next(iter(self.select(**wanted)), {})

    @property
    def provenance(self) -> str:
        """Command, commit and machine, one line."""
        return f"`{self.command}` · commit `{self.commit}` · {self.hardware}"


Library = dict[str, Stored]


def read_results(folder: Path = RESULTS) -> Library:
    """Results by the name of their file, those that are there."""
    paths = {name: folder / f"{name}.json" for name in COMMANDS}
    return {name: read_result(path) for name, path in paths.items() if path.exists()}


def read_result(path: Path) -> Stored:
    """One committed result."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Stored(
        commit=content["commit"],
        hardware=content["hardware"],
        command=content["command"],
        results=tuple(Measure(**measure) for measure in content["results"]),
        rows=tuple(content["rows"]),
    )


def not_measured(name: str) -> str:
    """What stands for figures that nobody has measured."""
    return f"not measured yet: `{COMMANDS[name]}`"


def share(value: float | None, digits: int = 2) -> str:
    """A number between 0 and 1 without its zero.

    >>> share(0.9146, 3), share(1.0), share(None)
    ('.915', '1.00', '–')
    """
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0.") else text


def aim(value: float) -> str:
    """A wanted number between 0 and 1: two digits, or three where it has three.

    >>> aim(0.9), aim(0.985)
    ('.90', '.985')
    """
    return share(value, 3).removesuffix("0")


def number(value: float | None) -> str:
    """A figure as people read it.

    >>> number(39.3), number(3.984), number(0.0), number(0.903), number(11234567)
    ('39', '4.0', '0', '0.903', '11,234,567')
    """
    if value is None:
        return "–"
    if float(value).is_integer() or abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"


def figure(measure: Measure) -> str:
    """A figure with its unit; decibels keep two digits, because their targets lie close."""
    if measure.unit == "dB" and measure.value is not None:
        return f"{measure.value:.2f} dB"
    return f"{number(measure.value)} {measure.unit}".rstrip()


def wanted(measure: Measure) -> str:
    """What a figure had to reach, in print."""
    return measure.target.replace("<=", "≤").replace(">=", "≥")


def verdict(met: bool | None) -> str:
    """Met or missed; nothing without a target."""
    return "" if met is None else ("met" if met else "**missed**")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def measures_table(measures: Iterable[Measure]) -> str:
    """Figures beside what they had to reach."""
    return table(
        ("what", "figure", "wanted", ""),
        [(m.metric, figure(m), wanted(m), verdict(m.met)) for m in measures],
    )


def rows_table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of any kind, every column of the file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return table(names, [[_cell(row.get(name)) for name in names] for row in rows])


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value)
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}"


def listed(words: Sequence[str]) -> str:
    """Words in a row.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
