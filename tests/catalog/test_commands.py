import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from galcore.__main__ import build_app
from galcore.commands.exit_codes import ExitCode
from galcore.types import GalcoreError
from galcore.workspace import Workspace

Writer = Callable[..., Path]


def galcore(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), [str(argument) for argument in arguments])


def test_import_makes_a_workspace_and_prints_one_json_object(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["a.png", "b.png"])
    (tmp_path / "t.csv").write_text("id,label\na,spiral\nb,merger\n")
    done = galcore(
        "import", sky, "--table", tmp_path / "t.csv", "-w", tmp_path / "w", "--title", "My sky", "--json"
    )
    assert done.exit_code == ExitCode.DONE
    answer = json.loads(done.stdout)
    assert answer["n_imported"] == answer["n_total"] == 2 and answer["columns"] == ["label"]
    workspace = Workspace.open(tmp_path / "w")
    assert workspace.title == "My sky" and len(workspace.catalog) == 2


def test_what_was_left_out_is_exit_code_3_named_on_stderr_and_kept_whole(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["a.png"])
    for n in range(30):
        (sky / f"broken{n:02d}.fits").write_bytes(b"nothing of use")
    done = galcore("import", sky, "--workspace", tmp_path / "w")
    assert done.exit_code == ExitCode.LEFT_OUT
    assert "1 galaxies added" in done.stdout
    assert done.stderr.count("left out: ") == 20 and "and 10 more" in done.stderr
    (kept,) = (tmp_path / "w" / "imports").glob("*.json")
    assert len(json.loads(kept.read_text())["left_out"]) == 30


def test_a_path_that_is_not_there_is_an_error_without_a_workspace(tmp_path: Path) -> None:
    done = galcore("import", tmp_path / "gone", "--workspace", tmp_path / "w")
    assert isinstance(done.exception, GalcoreError)
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("ending", ["png", "fits"])
def test_detect_fills_a_workspace_from_a_field(tmp_path: Path, ending: str) -> None:
    y, x = np.mgrid[:160, :160]
    field = np.random.default_rng(0).normal(20, 2, (160, 160))
    for x0, y0 in ((40, 40), (110, 90)):
        field += 120 * np.exp(-0.5 * (((x - x0) / 5) ** 2 + ((y - y0) / 3) ** 2))
    if ending == "png":
        from PIL import Image

        Image.fromarray(np.clip(field, 0, 255).astype(np.uint8)).save(tmp_path / "field.png")
    else:
        from astropy.io import fits

        fits.writeto(tmp_path / "field.fits", field.astype(np.float32))
    done = galcore("detect", tmp_path / f"field.{ending}", "-w", tmp_path / "w", "--json")
    assert done.exit_code == ExitCode.DONE
    assert json.loads(done.stdout)["n_imported"] == 2
    assert len(Workspace.open(tmp_path / "w").catalog) == 2
