from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.catalog.importer import import_path
from galcore.preparation import embed
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError
from galcore.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("probe")
    pictures = folder / "pictures"
    pictures.mkdir()
    made = simulate(40, seed=1, size_px=48, classes=("elliptical", "edge_on"))
    for index, rgb in enumerate(made.rgb):
        Image.fromarray(rgb).save(pictures / f"g{index:02d}.png")
    table = made.truth[["kind"]].assign(id=[f"g{index:02d}" for index in range(40)])
    table.to_csv(folder / "truth.csv", index=False)
    target = folder / "survey"
    Workspace.create(target, title="probe")
    import_path(pictures, target, table=folder / "truth.csv")
    embed(Workspace.open(target))
    return target


def run(*arguments: str) -> str:
    done = CliRunner().invoke(build_app(), ["benchmark", "probe", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_model_stands_beside_untrained_weights_and_classical_features(workspace: Path) -> None:
    text = run(
        str(workspace),
        "--column",
        "kind",
        "--positive",
        "edge_on",
        "--labels",
        "8,all",
        "--seeds",
        "2",
        "--json",
    )

    result = json.loads(text)
    assert {row["features"] for row in result["rows"]} == {"model", "untrained", "hog", "pixel-pca"}
    assert {row["labels"] for row in result["rows"]} == {8, 0}
    assert all(0 <= row["auroc"] <= 1 for row in result["rows"])
    assert next(row["auroc"] for row in result["rows"] if row["features"] == "model") > 0.7


def test_a_column_that_is_not_there_is_reported_with_those_that_are(workspace: Path) -> None:
    with pytest.raises(GalcoreError, match=r"no column 'shape'.*kind"):
        run(str(workspace), "--column", "shape", "--positive", "round")


@pytest.mark.parametrize(
    ("option", "value"), [("--labels", "many"), ("--labels", "2"), ("--features", "magic")]
)
def test_options_that_make_no_sense_are_named(workspace: Path, option: str, value: str) -> None:
    with pytest.raises(GalcoreError, match=option):
        run(str(workspace), "--column", "kind", "--positive", "edge_on", option, value)
