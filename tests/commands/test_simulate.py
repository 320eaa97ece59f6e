import json

import pandas as pd
from typer.testing import CliRunner

from galcore.__main__ import build_app


def test_simulate_writes_a_folder_that_import_takes(tmp_path):
    out, workspace = tmp_path / "sky", tmp_path / "workspace"
    arguments = ["simulate", "--n", "4", "--seed", "2", "--size-px", "32", "--out", str(out), "--json"]
    result = CliRunner().invoke(build_app(), arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["n_written"] == 4
    table = ["--table", str(out / "truth.csv"), "-w", str(workspace), "--json"]
    result = CliRunner().invoke(build_app(), ["import", str(out), *table])
    assert result.exit_code == 0, result.output
    catalog = pd.read_parquet(workspace / "catalog.parquet")
    assert sorted(catalog.galaxy_id) == [f"SIM{i:06d}" for i in range(4)]
    assert {"kind", "barred", "lens", "radius_arcsec"} <= set(catalog.columns)


def test_an_unknown_survey_is_named(tmp_path):
    result = CliRunner().invoke(build_app(), ["simulate", "--survey", "sloan", "--out", str(tmp_path)])
    assert "sloan" in str(result.exception)
