import json
from pathlib import Path

from typer.testing import CliRunner

from galcore.__main__ import build_app


def test_each_method_is_compared_in_each_setting_and_the_file_says_the_same(tmp_path: Path) -> None:
    out = tmp_path / "consensus.json"
    arguments = ["--seeds", "2", "--galaxies", "60", "--no-speed", "--json", "--out", str(out)]
    done = CliRunner().invoke(build_app(), ["benchmark", "consensus", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    rows = {(row["crowd"], row["model"]): row for row in printed["rows"]}
    assert {"informative", "weak", "uninformative", "absent"} <= {model for _, model in rows}
    for (_, model), row in rows.items():
        for method in ("majority", "dawid-skene", "crowdlab"):
            assert 0 < row[method] < 1 and row[f"{method}_low"] <= row[method] <= row[f"{method}_high"]
        if model == "absent":
            assert row["crowdlab"] == row["dawid-skene"]
    judged = [measure for measure in printed["results"] if measure["target"]]
    assert len(judged) >= 8 and all(measure["met"] in (True, False) for measure in judged)
    assert json.loads(out.read_text(encoding="utf-8"))["rows"] == printed["rows"]
