from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from galcore.model.held_out import is_held_out
from galcore.pretrain.corpus import STORED_PX, Corpus, build_corpus, list_pictures, store_corpus
from galcore.pretrain.simulated_corpus import SimulatedCorpus, SimulatedPart, build_simulated_corpus
from galcore.pretrain.streams import open_real
from galcore.pretrain.structure import STRUCTURE_DIM, measure_structure
from galcore.simulate.sample import simulate
from galcore.simulate.surveys import SDSS
from galcore.types import GalcoreError
from tests.pretrain.conftest import N_REAL, small_plan


def test_pictures_are_decoded_once_and_the_held_out_tenth_is_not_among_them(
    real: Corpus, picture_sets: Path, tmp_path: Path
) -> None:
    kept = [f"galaxy-{n}.png" for n in range(N_REAL) if not is_held_out(f"galaxy-{n}.png")]

    assert len(kept) < N_REAL
    assert real.pictures.shape == (len(kept), STORED_PX, STORED_PX, 3)
    assert real.structure.shape == (len(kept), STRUCTURE_DIM)
    assert np.isfinite(real.structure).all()
    assert set(real.groups.tolist()) == {0, 1}
    sets = {name: list_pictures(picture_sets / name) for name in ("near", "far")}
    first = build_corpus(sets, cache=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert build_corpus(sets, cache=tmp_path).data_hash == first.data_hash == real.data_hash
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == files


def test_a_set_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match="no JPEG or PNG"):
        list_pictures(tmp_path)
    with pytest.raises(GalcoreError, match="names no real pictures"):
        open_real(small_plan(data={}), tmp_path, cache=tmp_path / "cache")


def test_pictures_that_are_drawn_on_are_left_out_and_no_label_is_read(
    picture_sets: Path, real: Corpus, tmp_path: Path
) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    for name in ("near", "far"):
        (sets / name).mkdir()
        (sets / name / "images").symlink_to(picture_sets / name / "images")
    names = [path.name for path in list_pictures(picture_sets / "near") if not is_held_out(path.name)]
    (sets / "near" / "labels.csv").write_text(f"file,label,annotated\n{names[0]},lens,1\n{names[1]},lens,0\n")

    assert len(open_real(small_plan(), sets, cache=tmp_path / "cache")) == len(real) - 1


def test_structure_does_not_care_how_a_galaxy_is_turned() -> None:
    stamps = simulate(12, seed=3, size_px=96, classes=("spiral", "barred", "elliptical")).rgb
    upright = np.stack([measure_structure(stamp) for stamp in stamps])
    turned = np.stack([measure_structure(np.rot90(stamp, 1).copy()) for stamp in stamps])
    mirrored = np.stack([measure_structure(stamp[:, ::-1].copy()) for stamp in stamps])

    typical = np.abs(upright - np.roll(upright, 1, axis=0)).mean()
    assert np.abs(upright - turned).mean() < 0.2 * typical
    assert np.abs(upright - mirrored).mean() < 0.2 * typical


def test_an_interrupted_corpus_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    with pytest.raises(IndexError):
        store_corpus(
            target,
            pictures=np.zeros((2, 8), np.uint8),
            scales=np.ones(2, np.float32),
            groups=np.zeros(2, np.int64),
            group_names=("a",),
        )

    assert not target.exists()


def test_simulations_are_made_once_and_keep_their_truth(simulated: SimulatedCorpus, tmp_path: Path) -> None:
    parts = (SimulatedPart("sdss", SDSS, 64, 48),)

    again = build_simulated_corpus(parts, cache=tmp_path)

    assert again.corpus.data_hash == simulated.corpus.data_hash
    assert np.array_equal(again.binary, simulated.binary, equal_nan=True)
    assert simulated.binary.shape == (64, len(simulated.binary_names))
    assert simulated.numbers.shape == (64, len(simulated.number_names))
    assert set(simulated.kinds.tolist()) <= set(range(len(simulated.kind_names)))


def test_what_cannot_be_seen_edge_on_is_not_asked(simulated: SimulatedCorpus) -> None:
    names = simulated.binary_names
    flat = simulated.binary[:, names.index("edge_on")] == 1

    assert flat.any()
    for question in ("barred", "ringed", "arms"):
        assert np.isnan(simulated.binary[flat, names.index(question)]).all()
