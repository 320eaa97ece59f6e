"""What many tests share: one small prepared workspace of simulated galaxies, made once a session."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from galcore.workspace import Workspace

N_SKY = 48


@pytest.fixture(scope="session", autouse=True)
def no_workspaces_of_mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests leave the workspaces of whoever runs them alone, and the names and secrets beside them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALCORE_WORKSPACES", str(tmp_path_factory.mktemp("nobody") / "workspaces"))
        yield


@pytest.fixture(scope="session")
def sky_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared workspace of 48 simulated galaxies with truth; copy it before writing to it."""
    from galcore.catalog.importer import import_path
    from galcore.preparation import prepare
    from galcore.simulate.write import write_survey

    folder = tmp_path_factory.mktemp("sky") / "sky"
    workspace = Workspace.create(folder, title="Simulated sky")
    written = write_survey(folder / "survey", N_SKY, survey="SDSS", seed=5, size_px=64)
    import_path(written.folder / "images", folder, table=written.folder / "truth.csv")
    prepare(workspace)
    workspace.close()
    return folder


@pytest.fixture
def copy_sky(sky_folder: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Makes copies of the prepared workspace under a name, for tests that write."""

    def copy(name: str = "sky") -> Path:
        return Path(shutil.copytree(sky_folder, tmp_path / "workspaces" / name))

    return copy


@pytest.fixture
def sky(copy_sky: Callable[[str], Path]) -> Iterator[Workspace]:
    """A prepared workspace of this test's own, open."""
    workspace = Workspace.open(copy_sky("sky"))
    yield workspace
    workspace.close()
