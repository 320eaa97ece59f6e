import json
import math

import numpy as np

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.hardware import hardware


def _result() -> BenchmarkResult:
    return BenchmarkResult(
        name="latency",
        command="python -m galcore benchmark latency",
        results=(Measure.at_most("submit, p95", 90.0, "ms", 150), Measure("fits", np.float32(2.5), "ms")),
        rows=({"galaxies": 10, "auc": math.nan}, {"galaxies": np.int64(20), "auc": 0.5}),
    )


def test_the_json_has_every_field_of_the_contract_and_no_nan():
    content = json.loads(_result().to_json())
    assert list(content) == ["name", "commit", "hardware", "command", "results", "rows"]
    assert content["results"][0] == {
        "metric": "submit, p95",
        "value": 90.0,
        "unit": "ms",
        "target": "<= 150",
        "met": True,
    }
    assert content["rows"] == [{"galaxies": 10, "auc": None}, {"galaxies": 20, "auc": 0.5}]


def test_the_written_file_holds_the_same_as_the_json(tmp_path):
    path = tmp_path / "results" / "latency.json"
    _result().write(path)
    assert json.loads(path.read_text()) == json.loads(_result().to_json())
    assert [file.name for file in path.parent.iterdir()] == ["latency.json"]
    BenchmarkResult("empty", "none", ()).write(path)
    assert json.loads(path.read_text())["rows"] == []


def test_the_table_says_what_was_missed():
    result = BenchmarkResult("loop", "…", (Measure.at_least("AUC at 10", 0.9, "", 0.97),))
    assert "MISSED" in result.table()
    assert "galaxies" in _result().table()


def test_the_machine_is_named():
    assert "cores" in hardware()
