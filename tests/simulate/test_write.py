import json

import pandas as pd
import pytest
from PIL import Image

from galcore.simulate.write import write_survey
from galcore.types import GalcoreError


def test_a_written_survey_has_a_stamp_for_every_row_of_its_truth(tmp_path):
    written = write_survey(tmp_path, 5, survey="DECaLS", seed=3, size_px=48)
    truth = pd.read_csv(tmp_path / "truth.csv")
    assert written.n_written == len(truth) == 5
    assert truth.id[4] == "SIM000004"
    for file in truth.file:
        with Image.open(tmp_path / file) as stamp:
            assert stamp.size == (48, 48)
    made = json.loads((tmp_path / "provenance.json").read_text())
    assert made["parameters"] == {"survey": "DECaLS", "n": 5, "seed": 3, "size_px": 48}


def test_a_cancelled_survey_continues_where_it_stopped(tmp_path):
    answers = iter([False, True])
    first = write_survey(tmp_path, 70, seed=1, size_px=32, cancel=lambda: next(answers))
    kept = (tmp_path / "images" / "SIM000000.png").stat().st_mtime_ns
    again = write_survey(tmp_path, 70, seed=1, size_px=32)
    assert (first.n_written, again.n_written) == (64, 70)
    assert (tmp_path / "images" / "SIM000000.png").stat().st_mtime_ns == kept


def test_a_folder_with_another_simulation_is_refused(tmp_path):
    write_survey(tmp_path, 2, seed=1, size_px=32)
    with pytest.raises(GalcoreError, match="holds another simulation"):
        write_survey(tmp_path, 2, seed=2, size_px=32)


def test_progress_ends_at_the_number_asked_for(tmp_path):
    seen = []
    write_survey(tmp_path, 3, seed=1, size_px=32, progress=seen.append)
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == ("simulate", 3, 3)
