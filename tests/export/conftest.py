import numpy as np
import pandas as pd
import pytest
from PIL import Image

from galcore.catalog.importer import import_path
from galcore.preparation import embed
from galcore.types import Campaign, EventKind, LabelEvent
from galcore.workspace import Workspace

N = 60
IDS = [str(1237648720693755000 + index) for index in range(N)]


def is_disc(galaxy_id: str) -> bool:
    return int(galaxy_id) % 2 == 0


def write_galaxy(path, elongated: bool, rng) -> None:
    y, x = np.mgrid[-32:32, -32:32] / 8.0
    profile = np.exp(-np.hypot(x, y * (4 if elongated else 1)))
    pixels = np.clip(220 * profile[..., None] * [1, 0.9, 0.8] + rng.normal(8, 3, (64, 64, 3)), 0, 255)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture(scope="session")
def embedded_workspace(tmp_path_factory):
    """Sixty galaxies with long ids, imported with a table and embedded; nobody has labelled yet."""
    root = tmp_path_factory.mktemp("export")
    images = root / "images"
    images.mkdir()
    rng = np.random.default_rng(0)
    for galaxy_id in IDS:
        write_galaxy(images / f"{galaxy_id}.png", is_disc(galaxy_id), rng)
    table = pd.DataFrame({"galaxy_id": IDS, "ra": np.linspace(0, 59, N), "dec": 1.0, "redshift": 0.1})
    table.to_csv(root / "table.csv", index=False)
    folder = root / "workspace"
    import_path(images, folder, table=root / "table.csv")
    workspace = Workspace.create(folder, title="Discs")
    embed(workspace)
    return folder


@pytest.fixture
def workspace(embedded_workspace, tmp_path):
    """A copy of the embedded workspace that a test may change, with an empty campaign "Discs?"."""
    import shutil

    folder = tmp_path / "workspace"
    shutil.copytree(embedded_workspace, folder)
    opened = Workspace.open(folder)
    opened.labels.create_campaign(Campaign("discs", "Discs?", "Which are discs?", ("disc", "röund")))
    yield opened
    opened.close()


def label_some(workspace: Workspace, n: int = 20) -> None:
    workspace.labels.append(
        [
            LabelEvent(
                event_id=f"e{galaxy_id}",
                campaign_id="discs",
                galaxy_id=galaxy_id,
                annotator="Vera",
                kind=EventKind.LABEL,
                answer="disc" if is_disc(galaxy_id) else "röund",
                explicit=is_disc(galaxy_id),
            )
            for galaxy_id in IDS[:n]
        ]
    )
