"""What a benchmark found, in the one form that every benchmark prints and commits."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from galcore.code_version import commit
from galcore.hardware import hardware
from galcore.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a benchmark beside what it had to reach.

    Attributes:
        metric: What was measured, in words.
        value: The figure; ``None`` where it could not be measured.
        unit: Unit of ``value``; empty for a pure number.
        target: What it had to reach, in words such as ``<= 150``; empty for none.
        met: Whether it did; ``None`` without a target.
    """

    metric: str
    value: float | None
    unit: str = ""
    target: str = ""
    met: bool | None = None

    @classmethod
    def at_most(cls, metric: str, value: float | None, unit: str, limit: float) -> Measure:
        """A figure that must not exceed a limit.

        >>> Measure.at_most("submit", 90.0, "ms", 150).met
        True
        """
        return cls(metric, value, unit, f"<= {limit:g}", value is not None and value <= limit)

    @classmethod
    def at_least(cls, metric: str, value: float | None, unit: str, limit: float) -> Measure:
        """A figure that must reach a limit.

        >>> Measure.at_least("AUC", 0.89, "", 0.9).met
        False
        """
        return cls(metric, value, unit, f">= {limit:g}", value is not None and value >= limit)


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """One run of one benchmark.

    Attributes:
        name: Name of the benchmark.
        command: Command that makes it again.
        results: Figures with their targets.
        rows: Everything in detail, one flat dictionary a row.
    """

    name: str
    command: str
    results: tuple[Measure, ...]
    rows: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result with the commit and the machine that made it."""
        return {
            "name": self.name,
            "commit": commit(),
            "hardware": hardware(),
            "command": self.command,
            "results": [asdict(measure) for measure in self.results],
            "rows": list(self.rows),
        }

    def to_json(self) -> str:
        """One JSON object; figures that are not finite become null."""
        return json.dumps(_finite(self.as_dict()), ensure_ascii=False)

    def table(self) -> str:
        """The same for people: figures first, rows below."""
        lines = [self.name, ""]
        for measure in self.results:
            verdict = "" if measure.met is None else ("  ok" if measure.met else "  MISSED")
            target = f"  (target {measure.target})" if measure.target else ""
            lines.append(
                f"  {measure.metric}: {_readable(measure.value)} {measure.unit}".rstrip() + target + verdict
            )
        if self.rows:
            lines += ["", *_columns(self.rows)]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write the JSON to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = _finite(self.as_dict())
        head = json.dumps(
            {key: content[key] for key in content if key != "rows"}, indent=1, ensure_ascii=False
        )
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in content["rows"])
        text = (
            head.removesuffix("\n}")
            + f',\n "rows": [{chr(10) + "  " + rows + chr(10) + " " if rows else ""}]\n}}\n'
        )
        with write_whole(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")


def _finite(value: Any) -> Any:
    """Replace what JSON has no word for (NaN, infinity, NumPy scalars)."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not (abs(value) < float("inf")):
        return None
    return value


def _readable(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return str(value)


def _columns(rows: tuple[dict[str, Any], ...]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_readable(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[k]) for row in cells)) for k, name in enumerate(names)]
    lines = [names, *cells]
    return [
        "  " + "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    ]
