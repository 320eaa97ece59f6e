from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from galcore.embed.runner import embed_images
from galcore.embed.store import EmbeddingSet
from galcore.images.image import SkyImage
from galcore.model.checkpoints import load_encoder
from galcore.model.encoder import Encoder
from galcore.types import GalcoreError, Progress
from tests.embed.conftest import simulated_stamps

ROOT = Path(__file__).resolve().parents[2]
IDS = [f"{n:019d}" for n in range(20)]


@pytest.fixture(scope="module")
def stamps() -> dict[str, SkyImage]:
    return simulated_stamps(IDS)


def test_every_galaxy_gets_its_own_vector(
    tmp_path: Path, encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    seen: list[Progress] = []
    embedded = embed_images(
        IDS,
        stamps.__getitem__,
        encoder,
        folder=tmp_path,
        catalog_hash="c",
        batch_size=6,
        progress=seen.append,
    )

    again = EmbeddingSet.open(tmp_path)
    alone = encoder.encode(encoder.preprocessing.prepare(stamps[IDS[7]])[None]).numpy()[0]
    assert list(again.galaxy_ids) == IDS == list(embedded.galaxy_ids)
    assert again.vectors().shape == (20, encoder.embedding_dim)
    assert again.vectors().dtype == np.float32
    assert all(block.dtype == np.float16 for block in again.memory_map)
    assert np.allclose(again.vectors()[7], alone, rtol=0.02, atol=0.02)
    assert again.manifest.model_hash == encoder.model_hash
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert (seen[-1].done, seen[-1].total) == (20, 20)


def test_new_galaxies_are_added_and_old_ones_left_alone(
    tmp_path: Path, encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    embed_images(IDS[:8], stamps.__getitem__, encoder, folder=tmp_path, catalog_hash="a")
    asked: list[str] = []

    def load(galaxy_id: str) -> SkyImage:
        asked.append(galaxy_id)
        return stamps[galaxy_id]

    embedded = embed_images(IDS, load, encoder, folder=tmp_path, catalog_hash="b")

    assert sorted(asked) == IDS[8:]
    assert list(embedded.galaxy_ids) == IDS
    assert embedded.manifest.catalog_hash == "b"


def test_a_second_call_with_nothing_new_changes_nothing(
    tmp_path: Path, encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    embed_images(IDS, stamps.__getitem__, encoder, folder=tmp_path, catalog_hash="a")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    embed_images(IDS, stamps.__getitem__, encoder, folder=tmp_path, catalog_hash="a")

    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_unreadable_images_are_left_out_by_name_and_tried_again(
    tmp_path: Path, encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    def load(galaxy_id: str) -> SkyImage:
        if galaxy_id == IDS[3]:
            raise GalcoreError("broken.fits: file ends early")
        return stamps[galaxy_id]

    embedded = embed_images(IDS, load, encoder, folder=tmp_path, catalog_hash="a")
    assert len(embedded) == 19
    assert [entry.source for entry in embedded.manifest.left_out] == [IDS[3]]
    assert "broken.fits" in embedded.manifest.left_out[0].reason

    mended = embed_images(IDS, stamps.__getitem__, encoder, folder=tmp_path, catalog_hash="a")
    assert len(mended) == 20
    assert mended.manifest.left_out == ()


def test_vectors_of_two_models_are_never_mixed(
    tmp_path: Path, encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    embed_images(IDS[:4], stamps.__getitem__, encoder, folder=tmp_path, catalog_hash="a")
    other = load_encoder("timm:test_resnet", untrained=True, device="cpu", seed=1)

    with pytest.raises(GalcoreError, match="cannot be mixed"):
        embed_images(IDS, stamps.__getitem__, other, folder=tmp_path, catalog_hash="a")


def test_nothing_readable_is_an_error_with_the_first_reason(tmp_path: Path, encoder: Encoder) -> None:
    def load(galaxy_id: str) -> SkyImage:
        raise GalcoreError(f"{galaxy_id}.jpg: not a picture")

    with pytest.raises(GalcoreError, match="not a picture"):
        embed_images(IDS, load, encoder, folder=tmp_path, catalog_hash="a")


def test_cancelling_keeps_what_is_done(tmp_path: Path, encoder: Encoder, stamps: dict[str, SkyImage]) -> None:
    first = embed_images(
        IDS,
        stamps.__getitem__,
        encoder,
        folder=tmp_path,
        catalog_hash="a",
        batch_size=5,
        cancel=lambda: True,
    )
    assert list(first.galaxy_ids) == IDS[:5]

    rest = embed_images(IDS, stamps.__getitem__, encoder, folder=tmp_path, catalog_hash="a")
    assert list(rest.galaxy_ids) == IDS


def test_a_folder_without_embeddings_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match="prepare"):
        EmbeddingSet.open(tmp_path)


def test_a_damaged_manifest_is_reported_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")

    with pytest.raises(GalcoreError, match=r"manifest\.json"):
        EmbeddingSet.open(tmp_path)


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from galcore.embed.runner import embed_images
from galcore.images.image import picture_from_rgb
from galcore.model.checkpoints import load_encoder

def load(galaxy_id):
    time.sleep(0.002)
    pixels = np.random.default_rng(int(galaxy_id)).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    return picture_from_rgb(pixels, galaxy_id)

encoder = load_encoder("timm:test_resnet", untrained=True, device="cpu")
names = [str(n) for n in range(400)]
embed_images(names, load, encoder, folder=Path(sys.argv[1]), catalog_hash="a", batch_size=1)
"""


@pytest.mark.concurrency
def test_after_a_kill_the_same_call_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while len(list(folder.glob("shard_*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    partial = EmbeddingSet.open(folder)
    assert 0 < len(partial) < 400

    subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, check=True, timeout=120)

    whole = EmbeddingSet.open(folder)
    assert sorted(map(int, whole.galaxy_ids)) == list(range(400))
    assert np.array_equal(whole.vectors()[: len(partial)], partial.vectors())
    assert json.loads((folder / "manifest.json").read_text())["embedding_dim"] == whole.vectors().shape[1]
