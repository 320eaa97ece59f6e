import json

import pytest
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.commands import doctor


def run(*arguments):
    return CliRunner().invoke(build_app(), ["doctor", *arguments])


def test_a_healthy_installation_is_said_to_be_healthy(monkeypatch, tmp_path):
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path))
    done = run("--json")
    report = json.loads(done.stdout)
    broken = [finding for finding in report["findings"] if finding["state"] == "broken"]
    assert done.exit_code == 0 and report["healthy"] and not broken
    seen = {finding["what"] for finding in report["findings"]}
    assert {"python", "torch", "timm import", "torchvision guard", "weights", "workspaces", "disk"} <= seen


def test_a_folder_that_cannot_be_written_is_named_with_its_remedy(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path / "file" / "workspaces"))
    monkeypatch.setattr(doctor, "MODELS_DIR", tmp_path)
    done = run()
    assert done.exit_code == 1
    assert "cannot be written" in done.stdout and "GALCORE_WORKSPACES" in done.stdout
    assert "git checkout -- data/models" in done.stdout


@pytest.mark.parametrize(
    ("line", "detail"), [("numpy>=99", "needed is >=99"), ("no-such-package-here>=1", "is not installed")]
)
def test_requirements_that_are_not_met_are_named(monkeypatch, tmp_path, line, detail):
    (tmp_path / "requirements.txt").write_text(f"# what is needed\n{line}\n")
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    findings = [finding for finding in doctor.examine() if finding.state == "broken"]
    assert any(detail in finding.detail and "pip install" in finding.mend for finding in findings)


def test_label_files_are_looked_over_and_left_as_they_are(monkeypatch, tmp_path):
    from galcore.workspace import Workspace

    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path))
    for name in ("fine", "spoilt"):
        workspace = Workspace.create(tmp_path / name, title=name)
        assert workspace.labels.campaigns() == ()
        workspace.close()
    (tmp_path / "spoilt" / "labels.duckdb").write_bytes(b"not a database")
    found = {finding.what: finding for finding in doctor._labels()}
    assert found["labels"].state == "ok" and found["labels"].detail.startswith("1 ")
    assert found["labels of spoilt"].state == "broken"
    assert "labels check spoilt --quarantine" in found["labels of spoilt"].mend
    assert (tmp_path / "spoilt" / "labels.duckdb").read_bytes() == b"not a database"
