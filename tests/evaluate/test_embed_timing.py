from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from galcore.__main__ import build_app


def test_the_ratio_to_the_bare_forward_pass_is_printed_with_where_the_time_goes(tmp_path: Path) -> None:
    out = tmp_path / "embed.json"
    arguments = ["benchmark", "embed", "--n", "12", "--size", "48", "--rounds", "1", "--out", str(out)]
    done = CliRunner().invoke(build_app(), [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    figures = {measure["metric"]: measure["value"] for measure in result["results"]}

    ratio = figures["embedding / bare forward pass"]
    bare = max(value for name, value in figures.items() if name.startswith("bare forward pass,"))
    assert abs(ratio - figures["embedding, from file to disk"] / bare) < 0.01
    assert [row["stage"] for row in result["rows"]] == ["read", "frame", "encode"]
    assert abs(sum(row["share"] for row in result["rows"]) - 1) < 1e-6
    assert json.loads(out.read_text())["results"] == result["results"]
