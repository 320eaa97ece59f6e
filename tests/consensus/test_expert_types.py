from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from galcore.consensus.comparison import run_trial
from galcore.consensus.expert_types import ATTRIBUTES, CLASSES, read_expert_types
from galcore.settings import Settings
from galcore.types import GalcoreError


def table(path: Path, types: list[tuple[float, float, float]]) -> Path:
    frame = pd.DataFrame(types, columns=["T", "T_inf", "T_sup"])
    frame = frame.assign(id=[f"g{n}" for n in range(len(frame))], **dict.fromkeys(ATTRIBUTES, 0.5))
    frame.to_csv(path, index=False)
    return path


def test_a_sure_type_is_nearly_unanimous_and_an_unsure_one_is_not(tmp_path: Path) -> None:
    found = read_expert_types(table(tmp_path / "t.csv", [(8, 8, 8), (8, 2, 9), (-0.5, -1, 0), (11, 11, 11)]))
    assert found.fractions.sum(axis=1) == pytest.approx(1)
    assert found.fractions.shape == (3, len(CLASSES))
    assert found.fractions[0, 3] > 0.99
    assert 0.5 < found.fractions[1, 3] < 0.95 and found.fractions[1, 2] > 0.05
    assert found.fractions[2, 1] == pytest.approx(found.fractions[2, 2], abs=0.01)


def test_a_table_that_lacks_a_column_says_which(tmp_path: Path) -> None:
    pd.DataFrame({"id": ["a"], "T": [1]}).to_csv(tmp_path / "t.csv")
    with pytest.raises(GalcoreError, match="T_inf"):
        read_expert_types(tmp_path / "t.csv")
    with pytest.raises(GalcoreError, match="is not there"):
        read_expert_types(tmp_path / "none.csv")


@pytest.mark.real
def test_on_real_galaxies_what_is_seen_in_them_helps_the_votes() -> None:
    path = Settings.from_environment().real_data_dir / "efigi_88px" / "labels.csv"
    if not path.exists():
        pytest.skip("no real galaxies here")
    real = read_expert_types(path)
    trials = [run_trial("efigi", "informative", seed=seed, real=real) for seed in range(3)]
    mean = {name: np.mean([trial.accuracy[name] for trial in trials]) for name in trials[0].accuracy}
    assert mean["majority"] < mean["dawid-skene"] < mean["crowdlab"]
