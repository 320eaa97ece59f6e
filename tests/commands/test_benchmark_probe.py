from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.catalog.importer import import_path
from galcore.preparation import embed
from galcore.settings import MODELS_DIR
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


def probe_once(workspace: Path, *more: str) -> tuple[dict, str]:
    arguments = [str(workspace), "--column", "kind", "--positive", "edge_on", "--negative", "elliptical"]
    done = CliRunner().invoke(
        build_app(),
        ["benchmark", "probe", *arguments, "--labels", "20,all", "--seeds", "1", "--json", *more],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout), done.stderr


def test_a_model_that_has_not_seen_the_workspace_runs_for_the_probe_alone(workspace: Path) -> None:
    before = Workspace.open(workspace).models()
    result, said = probe_once(workspace, "--model", "galcore-tiny", "--features", "model")
    assert "for this run alone" not in said
    name = "shipped-by-path"
    copy = workspace.parent / f"{name}.safetensors"
    copy.write_bytes((MODELS_DIR / "galcore-tiny.safetensors").read_bytes())

    other, said = probe_once(workspace, "--model", str(copy), "--features", "model")

    assert "encoding 40 galaxies for this run alone" in said
    assert Workspace.open(workspace).models() == before
    for mine, theirs in zip(result["rows"], other["rows"], strict=True):
        assert mine["auroc"] == pytest.approx(theirs["auroc"], abs=0.03)


def test_vectors_of_earlier_weights_are_not_taken_for_those_of_today(workspace: Path) -> None:
    manifest = workspace / "embeddings" / "galcore-tiny" / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(json.dumps({**json.loads(text), "model_hash": "0123456789ab"}))
    try:
        _, said = probe_once(workspace, "--features", "model")
    finally:
        manifest.write_text(text)
    assert "by galcore-tiny as it is now" in said
