"""The two demo workspaces: real sky that ships with scikit-image, and a simulated survey with the truth.

Both are made on this machine from what is installed; nothing is downloaded.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from galcore.preparation import prepare
from galcore.settings import DEFAULT_MODEL
from galcore.types import Campaign, CancelCheck, Progress, ProgressCallback
from galcore.workspace import Workspace
from galcore.workspace_files import WorkspaceFiles

HUBBLE = "hubble-deep-field"
SIMULATED = "simulated-survey"
N_SIMULATED = 3000


def make_hubble(
    workspaces_dir: Path, *, progress: ProgressCallback | None = None, cancel: CancelCheck | None = None
) -> Workspace:
    """Real sky: the Hubble deep-field picture (NASA/ESA) of scikit-image, sources detected and cut out."""
    import skimage.data

    from galcore.catalog.fields import import_field
    from galcore.images.detection import DetectionSettings

    workspace = Workspace.create(
        workspaces_dir / HUBBLE,
        title="Hubble Deep Field",
        description="Real sky: sources found in the Hubble deep-field picture (NASA/ESA), cut out.",
    )
    if len(workspace.catalog) == 0:
        field = workspace.folder / "images" / "hubble_deep_field.jpg"
        field.parent.mkdir(exist_ok=True)
        shutil.copyfile(Path(skimage.data.__file__).parent / "hubble_deep_field.jpg", field)
        resolved = DetectionSettings(min_semimajor_px=2.4)  # smaller sources show no shape in this picture
        import_field(field, workspace.folder, settings=resolved, progress=progress, cancel=cancel)
    prepare(workspace, progress=progress, cancel=cancel)
    _offer_campaign(
        workspace,
        Campaign(
            campaign_id="demo-discs",
            name="Discs and spirals",
            question="Which of these are discs or spirals?",
            answers=("disc or spiral", "other"),
            guidance="Click every galaxy with a flattened disc or spiral arms, not the round, smooth ones.",
            model=DEFAULT_MODEL,
        ),
    )
    return workspace


def make_simulated(
    workspaces_dir: Path,
    *,
    n: int = N_SIMULATED,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> Workspace:
    """A simulated survey of ``n`` galaxies with known truth, so that the loop can be judged."""
    from galcore.catalog.importer import import_path
    from galcore.simulate.write import write_survey

    workspace = Workspace.create(
        workspaces_dir / SIMULATED,
        title="Simulated survey",
        description=f"{n:,} simulated galaxies, SDSS-like pixels and noise; the truth is in the catalogue.",
    )
    if len(workspace.catalog) == 0:
        written = write_survey(
            workspace.folder / "survey", n, survey="SDSS", seed=seed, progress=progress, cancel=cancel
        )
        images, truth = written.folder / "images", written.folder / "truth.csv"
        import_path(images, workspace.folder, table=truth, progress=progress, cancel=cancel)
    prepare(workspace, progress=progress, cancel=cancel)
    for campaign in _simulated_campaigns():
        _offer_campaign(workspace, campaign)
    return workspace


def _simulated_campaigns() -> tuple[Campaign, ...]:
    return (
        Campaign(
            campaign_id="demo-bars",
            name="Barred galaxies",
            question="Which of these are barred?",
            answers=("barred", "not barred"),
            guidance="A bar is a straight, bright stroke through the centre from which the arms begin.",
            truth_column="barred",
        ),
        Campaign(
            campaign_id="demo-lenses",
            name="Strong lenses",
            question="Which of these show a strong lens?",
            answers=("lens", "not a lens"),
            guidance="Look for a bluish arc or ring around a red, smooth galaxy.",
            truth_column="lens",
        ),
        Campaign(
            campaign_id="demo-kinds",
            name="Kinds of galaxies",
            question="What kind of galaxy is this?",
            answers=("elliptical", "spiral", "barred", "edge_on", "merger", "artefact"),
            mode="multiclass",
            guidance="Paint each galaxy with a digit; leave what you cannot tell.",
            truth_column="kind",
        ),
    )


def _offer_campaign(workspace: Workspace, campaign: Campaign) -> None:
    if campaign.campaign_id not in {known.campaign_id for known in workspace.labels.campaigns()}:
        workspace.labels.create_campaign(campaign)


def make_demo(
    workspaces_dir: Path, *, progress: ProgressCallback | None = None, cancel: CancelCheck | None = None
) -> tuple[Workspace, ...]:
    """Both demo workspaces, ready to annotate; what is there already is left alone. Closes what it opened."""
    made = []
    for maker in (make_hubble, make_simulated):
        if progress:
            progress(Progress(maker.__name__.removeprefix("make_"), 0, 0))
        workspace = maker(workspaces_dir, progress=progress, cancel=cancel)
        workspace.close()
        made.append(workspace)
    return tuple(made)


def demo_is_ready(workspaces_dir: Path) -> bool:
    """Whether both demo workspaces are there with every part, told from file names alone (milliseconds)."""
    parts = []
    for name in (HUBBLE, SIMULATED):
        files = WorkspaceFiles(workspaces_dir / name)
        made = (files.embeddings(DEFAULT_MODEL), files.index(DEFAULT_MODEL))
        parts += [files.labels, files.atlas(DEFAULT_MODEL), *(each / "manifest.json" for each in made)]
    return all(part.exists() for part in parts)
