"""New weights under an old name: the old vectors serve until the new ones are complete, labels stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.loop.messages import GridAnswer, Submission
from galcore.model.checkpoints import load_encoder, save_checkpoint
from galcore.preparation import prepare
from galcore.renewal import renew
from galcore.settings import ROOT
from galcore.types import Campaign, EventKind, GalcoreError, Progress
from galcore.workspace import Workspace

NAME = "mine"


def write_weights(path: Path, *, seed: int) -> str:
    """A model file of this name with other weights for another seed; its hash."""
    network = load_encoder("timm:test_resnet", untrained=True, seed=seed, device="cpu")
    save_checkpoint(path, network.state_dict(), backbone="test_resnet", preprocessing=network.preprocessing)
    return load_encoder(str(path), device="cpu").model_hash


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tmp_path / f"{NAME}.safetensors"


@pytest.fixture
def old(copy_sky: Callable[[str], Path], weights: Path) -> Iterator[tuple[Workspace, str]]:
    """A workspace that was prepared with the old weights, and their hash."""
    digest = write_weights(weights, seed=1)
    workspace = Workspace.open(copy_sky("renewed"))
    prepare(workspace, model=str(weights))
    yield workspace, digest
    workspace.close()


def test_new_weights_are_refused_with_the_one_step_that_takes_them(
    old: tuple[Workspace, str], weights: Path
) -> None:
    write_weights(weights, seed=2)
    with pytest.raises(GalcoreError, match=r"prepare --renew"):
        prepare(old[0], model=str(weights))


def test_one_step_takes_new_weights_and_keeps_the_old_vectors_whole(
    old: tuple[Workspace, str], weights: Path
) -> None:
    workspace, before = old
    vectors = workspace.embeddings(NAME).vectors()
    after = write_weights(weights, seed=2)

    report = renew(workspace, model=str(weights))

    assert report.model_hash == workspace.embeddings(NAME).model_hash == after != before
    assert report.done[0] == "renewed"
    assert len(workspace.index(NAME)) == len(workspace.atlas(NAME).galaxy_ids) == 48
    assert workspace.atlas(NAME).model_hash == after
    assert NAME in workspace.models() and len(workspace.models()) == 2
    kept = Workspace.open(workspace.folder)
    assert np.array_equal(kept.embeddings(f"{NAME}.{before}").vectors(), vectors)
    assert len(kept.index(f"{NAME}.{before}")) == len(kept.atlas(f"{NAME}.{before}").galaxy_ids) == 48
    assert sorted(report.kept_aside) == sorted(
        [f"embeddings/{NAME}.{before}", f"index/{NAME}.{before}"]
        + [f"atlas/{NAME}.{before}{ending}" for ending in (".json", ".npz", ".parquet")]
    )
    assert renew(workspace, model=str(weights)).done == ()


def test_going_back_and_forth_keeps_one_copy_of_each(old: tuple[Workspace, str], weights: Path) -> None:
    workspace, first = old
    second = write_weights(weights, seed=2)
    renew(workspace, model=str(weights))
    write_weights(weights, seed=1)
    renew(workspace, model=str(weights))
    write_weights(weights, seed=2)
    renew(workspace, model=str(weights))

    assert workspace.embeddings(NAME).model_hash == second
    folders = {path.name for path in (workspace.folder / "embeddings").iterdir()}
    assert folders == {"galcore-tiny", NAME, f"{NAME}.{first}", f"{NAME}.{second}"}


def test_until_the_new_vectors_are_complete_everything_works_on_the_old(
    old: tuple[Workspace, str], weights: Path
) -> None:
    workspace, before = old
    write_weights(weights, seed=2)
    seen: list[tuple[str, int, int]] = []

    def look(_: Progress) -> None:
        other = Workspace.open(workspace.folder)
        hash_now = other.embeddings(NAME).model_hash
        seen.append((hash_now, len(other.embeddings(NAME).vectors()), len(other.index(NAME))))

    cancelled = renew(workspace, model=str(weights), progress=look, cancel=lambda: True)

    assert seen and set(seen) == {(before, 48, 48)}
    assert cancelled.kept_aside == ()
    assert workspace.embeddings(NAME).model_hash == before
    renew(workspace, model=str(weights), progress=look)
    assert set(seen) == {(before, 48, 48)} and workspace.embeddings(NAME).model_hash != before


def test_an_open_campaign_goes_on_with_the_new_vectors_and_all_its_labels(
    old: tuple[Workspace, str], weights: Path
) -> None:
    workspace, _ = old
    model = str(weights)
    workspace.labels.create_campaign(
        Campaign("c", "Bars", "Barred?", ("yes", "no"), grid_rows=3, grid_columns=3, model=model)
    )
    shown, _ = workspace.loop("c").grids("ada")
    answers = tuple(
        GridAnswer(item.galaxy_id, ("yes", "no")[n % 2], f"e{n}", True, EventKind.LABEL)
        for n, item in enumerate(shown.items)
    )
    workspace.loop("c").submit(Submission(shown.grid_id, "ada", answers, ""))
    labels = workspace.labels.current("c")
    write_weights(weights, seed=2)
    renew(Workspace.open(workspace.folder), model=model)  # as the job's process does beside the server

    loop = workspace.loop("c")
    grid, _ = loop.grids("ada")
    new = tuple(
        GridAnswer(item.galaxy_id, "no", f"f{n}", True, EventKind.LABEL) for n, item in enumerate(grid.items)
    )
    loop.submit(Submission(grid.grid_id, "ada", new, ""))

    assert len(labels) == 9 and len(workspace.labels.current("c")) == 18
    deadline = time.monotonic() + 30
    while loop.probabilities() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    ids, probabilities = loop.probabilities()
    assert ids.tolist() == workspace.embeddings(NAME).galaxy_ids.tolist()
    assert np.isfinite(probabilities).all()


def test_vectors_opened_before_a_renewal_never_come_out_as_the_new_ones(
    old: tuple[Workspace, str], weights: Path
) -> None:
    workspace, _ = old
    opened = workspace.embeddings(NAME)
    write_weights(weights, seed=2)
    renew(Workspace.open(workspace.folder), model=str(weights))
    with pytest.raises(GalcoreError, match="try again"):
        opened.vectors()
    assert len(workspace.embeddings(NAME).vectors()) == 48


RENEW = """
import sys, time
from pathlib import Path
from galcore import renewal
from galcore.workspace import Workspace

move = Path.replace
def slowly(self, target):
    moved = move(self, target)
    if ".new" in self.name and self.parent.name == "embeddings" and "-" not in self.name:
        print("half", flush=True)
        time.sleep(60)
    return moved
Path.replace = slowly
renewal.renew(Workspace.open(Path(sys.argv[1])), model=sys.argv[2])
"""


@pytest.mark.concurrency
def test_a_kill_while_old_and_new_change_places_is_finished_by_the_next_call(
    old: tuple[Workspace, str], weights: Path
) -> None:
    workspace, before = old
    after = write_weights(weights, seed=2)
    process = subprocess.Popen(
        [sys.executable, "-c", RENEW, str(workspace.folder), str(weights)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None and process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)

    report = renew(workspace, model=str(weights))

    assert workspace.embeddings(NAME).model_hash == after
    assert len(workspace.index(NAME)) == 48 and workspace.atlas(NAME).model_hash == after
    assert f"index/{NAME}.{before}" in report.kept_aside
    left = [
        path.name for part in ("embeddings", "index", "atlas") for path in (workspace.folder / part).iterdir()
    ]
    assert not [name for name in left if ".new" in name]


def test_the_command_renews_and_says_what_it_kept(old: tuple[Workspace, str], weights: Path) -> None:
    workspace, before = old
    write_weights(weights, seed=2)
    arguments = ["prepare", str(workspace.folder), "--model", str(weights)]
    done = CliRunner().invoke(build_app(), [*arguments, "--renew", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"embeddings/{NAME}.{before}" in json.loads(done.stdout)["kept_aside"]
