"""Campaigns from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.catalog.store import write_catalog
from galcore.types import GalcoreError
from galcore.workspace import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    workspace = Workspace.create(tmp_path / "sky", title="Sky")
    catalog = pd.DataFrame({"galaxy_id": ["007", "8"], "source": "x.png", "source_index": 0})
    write_catalog(catalog.assign(ra=1.0, dec=2.0), workspace.folder)
    return workspace.folder


def invoke(*arguments: object) -> str:
    done = CliRunner().invoke(build_app(), [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def campaigns(folder: Path) -> list[dict]:
    return json.loads(invoke("campaign", "list", folder, "--json"))["campaigns"]


def test_a_campaign_is_made_listed_closed_and_opened_again(folder):
    made = json.loads(
        invoke(
            "campaign", "create", folder, "-n", "Bars", "-a", "bar", "-a", "no bar", "--overlap", 3, "--json"
        )
    )
    (row,) = campaigns(folder)
    assert row["campaign_id"] == made["campaign_id"] and (row["state"], row["overlap"]) == ("open", 3)
    assert "'Bars' is closed" in invoke("campaign", "close", folder, "-c", "bars")
    assert campaigns(folder)[0]["state"] == "closed"
    invoke("campaign", "close", folder, "-c", "bars", "--reopen")
    assert "Bars  open" in invoke("campaign", "list", folder)


def test_a_tree_and_a_list_of_galaxies_are_taken_from_files(folder, tmp_path):
    (tmp_path / "ids.txt").write_text("007\n\n", "utf-8")
    invoke("campaign", "create", folder, "-n", "Zoo", "--tree", "gzd5", "--galaxies", tmp_path / "ids.txt",
           "--learn-for", "bar")  # fmt: skip
    with Workspace.open(folder).labels as labels:
        (campaign,) = labels.campaigns()
        assert campaign.mode == "tree" and campaign.answers[0] == "smooth" and campaign.focus == "bar"
        assert labels.scope(campaign.campaign_id) == ("007",)


def test_grades_bring_their_answers_along(folder):
    invoke("campaign", "create", folder, "-n", "Lenses", "--mode", "grades", "--no-model", "--state", "draft")
    assert campaigns(folder)[0]["state"] == "draft"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--tree", "oak"), "no decision tree 'oak'"),
        (("--mode", "guess"), "guess"),
        (("--galaxies", "ids.txt"), "line 2: '9' is no galaxy"),
    ],
)
def test_what_does_not_fit_is_explained(folder, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids.txt").write_text("007\n9\n", "utf-8")
    with pytest.raises(GalcoreError, match=message):
        invoke("campaign", "create", folder, "-n", "Bars", *options)


def test_a_workspace_without_campaigns_says_how_to_make_one(folder):
    assert "campaign create" in invoke("campaign", "list", folder)
