import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.export import export_campaign
from galcore.settings import ROOT
from galcore.types import GalcoreError
from tests.export.conftest import IDS, is_disc, label_some


def test_every_format_holds_the_same_rows(workspace, tmp_path):
    label_some(workspace)
    tables = {}
    for suffix, read in {
        ".csv": lambda path: pd.read_csv(path, dtype={"galaxy_id": str}),
        ".parquet": pd.read_parquet,
        ".fits": lambda path: Table.read(path, hdu=1, character_as_bytes=False).to_pandas(),
    }.items():
        report = export_campaign(workspace, "discs?", tmp_path / f"out{suffix}")
        assert report.n_rows == report.n_labelled == 20
        tables[suffix] = read(tmp_path / f"out{suffix}")
    for table in tables.values():
        assert [str(each) for each in table["galaxy_id"]] == IDS[:20]
        assert np.allclose(table["probability_disc"], tables[".csv"]["probability_disc"])
        assert table["discs_disc"].sum() == 10 and table["discs_round_explicit"].sum() == 0
    assert tables[".parquet"]["label"].tolist()[1] == "röund"


def test_all_galaxies_get_the_probability_that_the_running_loop_has(workspace, tmp_path):
    label_some(workspace)
    report = export_campaign(
        workspace, "discs", tmp_path / "all.parquet", all_galaxies=True, catalog_columns=True
    )
    table = pd.read_parquet(tmp_path / "all.parquet").set_index("galaxy_id")
    assert report.n_rows == 60 and len(table) == 60
    assert (table["redshift"] == 0.1).all()
    unseen = table[table["n_annotators"] == 0]
    truth = np.array([is_disc(galaxy_id) for galaxy_id in unseen.index])
    assert ((unseen["probability_disc"] > 0.5) == truth).mean() > 0.9
    loop = workspace.loop("discs")
    galaxy_ids, probabilities = loop.probabilities()
    expected = pd.Series(probabilities[:, 0], index=galaxy_ids).reindex(table.index)
    assert np.allclose(table["probability_disc"], expected, atol=1e-5)


def test_provenance_is_complete(workspace, tmp_path):
    label_some(workspace)
    export_campaign(workspace, "discs", tmp_path / "out.parquet", events=tmp_path / "events.csv")
    provenance = json.loads(pq.read_schema(tmp_path / "out.parquet").metadata[b"galcore"])
    assert provenance["model_name"] == "galcore-tiny"
    assert provenance["model_hash"] == workspace.embeddings().manifest.model_hash
    assert provenance["data_hash"] == workspace.catalog_hash
    assert provenance["created_at"] and provenance["code_version"]
    parameters = provenance["parameters"]
    assert (
        len(parameters["embedding_hash"]) == 64 and parameters["git_commit"] and parameters["learner_version"]
    )
    assert parameters["campaign"]["question"] == "Which are discs?"
    assert parameters["answer_columns"] == {"disc": "disc", "round": "röund"}
    assert parameters["counts"] == {
        "galaxies_in_catalog": 60, "rows": 20, "labelled_galaxies": 20, "label_events": 20, "annotators": 1,
    }  # fmt: skip
    assert parameters["left_out"] == ["40 galaxies of the catalogue are not in this table"]
    events = pd.read_csv(tmp_path / "events.csv", dtype={"galaxy_id": str})
    assert events["galaxy_id"].tolist() == IDS[:20] and set(events["annotator"]) == {"Vera"}


def test_an_empty_campaign_gives_a_valid_table_and_says_so(workspace, tmp_path):
    report = export_campaign(workspace, "Discs?", tmp_path / "out.fits")
    assert report.n_rows == 0 and "nobody has labelled" in report.message
    assert "label" in Table.read(tmp_path / "out.fits", hdu=1).colnames


def test_an_unknown_campaign_names_those_there_are(workspace, tmp_path):
    with pytest.raises(GalcoreError, match=r"'Bars'; choose one of 'Discs\?'"):
        export_campaign(workspace, "Bars", tmp_path / "out.csv")


HOLD = """
import sys
from pathlib import Path
from galcore.workspace import Workspace
workspace = Workspace.open(Path(sys.argv[1]))
workspace.labels.snapshot(workspace.folder / "labels.snapshot")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.concurrency
def test_the_command_exports_while_another_process_holds_the_labels(workspace, tmp_path):
    label_some(workspace)
    folder = workspace.folder
    workspace.close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert holder.stdout.readline().strip() == "held"
        out = tmp_path / "out.csv"
        arguments = ["export", str(folder), "--campaign", "Discs?", "--out", str(out), "--json"]
        done = CliRunner().invoke(build_app(), arguments)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["n_rows"] == 20
        sidecar = json.loads((tmp_path / "out.csv.provenance.json").read_text("utf-8"))
        assert sidecar["parameters"]["labels_from"].startswith("snapshot")
    finally:
        holder.communicate("")


def test_the_command_leaves_the_store_closed_for_the_next_process(workspace, tmp_path):
    label_some(workspace)
    folder = workspace.folder
    workspace.close()
    export_campaign(folder, "discs", tmp_path / "out.csv")
    export_campaign(folder, "discs", tmp_path / "again.csv")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()


def test_columns_carry_unit_and_description_in_fits_and_parquet(workspace, tmp_path):
    from astropy.io import fits

    label_some(workspace)
    for suffix in (".fits", ".parquet"):
        export_campaign(workspace, "discs", tmp_path / f"out{suffix}")
    with fits.open(tmp_path / "out.fits") as hdus:
        header = hdus["TABLE"].header
        names = [header[f"TTYPE{number}"] for number in range(1, header["TFIELDS"] + 1)]
        ra, votes = names.index("ra") + 1, names.index("discs_disc") + 1
        assert header[f"TUNIT{ra}"] == "deg" and header[f"TCOMM{ra}"] == "right ascension, ICRS"
        assert header[f"TCOMM{votes}"] == "votes for 'disc'"
        assert all(f"TCOMM{number}" in header for number in range(1, len(names) + 1))
    field = pq.read_schema(tmp_path / "out.parquet").field("ra")
    assert field.metadata == {b"description": b"right ascension, ICRS", b"unit": b"deg"}


def test_names_of_people_are_nowhere_in_a_pseudonymous_export(workspace, tmp_path):
    label_some(workspace)
    report = export_campaign(
        workspace, "discs", tmp_path / "out.csv", votes=tmp_path / "votes.csv",
        events=tmp_path / "events.csv", pseudonymous=True,
    )  # fmt: skip
    assert report.n_votes == 20 and len(report.files) == 6
    written = b"".join(file.read_bytes() for file in report.files)
    assert b"Vera" not in written and b"person-" in written


def test_the_secret_of_the_invitation_is_in_no_export(workspace, tmp_path):
    from dataclasses import replace

    campaign = workspace.labels.update_campaign(
        replace(workspace.labels.campaign("discs"), join_code="s3cret-code")
    )
    export_campaign(workspace, campaign, tmp_path / "out.csv")
    assert "s3cret" not in (tmp_path / "out.csv.provenance.json").read_text("utf-8")


def test_votes_go_out_and_come_in_by_command(workspace, tmp_path):
    label_some(workspace)
    folder, out = workspace.folder, tmp_path / "votes.fits"
    workspace.close()

    def run(*arguments):
        done = CliRunner().invoke(build_app(), [str(each) for each in arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    run("labels", "export", folder, "-c", "discs", "--out", out)
    run("campaign", "create", folder, "-n", "Again", "-a", "disc", "-a", "röund")
    told = json.loads(run("labels", "import", out, "-w", folder, "-c", "Again", "--json"))
    assert (told["n_new"], told["left_out"]) == (20, [])
    run("labels", "export", folder, "-c", "Again", "--out", tmp_path / "again.csv")
    run("labels", "export", folder, "-c", "discs", "--out", tmp_path / "first.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()
