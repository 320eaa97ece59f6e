"""A workspace opens what is there, says what is missing, and notices what other processes change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from galcore.people.roles import Person, Role
from galcore.people.roster import change_roster
from galcore.preparation import prepare
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, Progress
from galcore.workspace import Workspace
from galcore.workspace_files import model_folder_name


def test_a_folder_that_is_no_workspace_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match=r"not a workspace.*galcore import"):
        Workspace.open(tmp_path)


def test_a_workspace_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w")
    (tmp_path / "w" / "workspace.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(GalcoreError, match="newer Galcore"):
        Workspace.open(tmp_path / "w")


def test_a_damaged_card_is_named(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w")
    (tmp_path / "w" / "workspace.json").write_text("{")
    with pytest.raises(GalcoreError, match=r"workspace\.json"):
        Workspace.open(tmp_path / "w")


def test_creating_a_workspace_twice_keeps_its_title(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w", title="Élan ✨ survey")
    assert Workspace.create(tmp_path / "w", title="other").title == "Élan ✨ survey"


def test_an_empty_workspace_has_an_empty_catalogue_and_says_how_to_embed(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    assert len(workspace.catalog) == 0
    assert workspace.state().prepared is False
    with pytest.raises(GalcoreError, match="galcore prepare"):
        workspace.embeddings()


def test_a_prepared_workspace_has_every_part(sky: Workspace) -> None:
    state = sky.state()
    assert state.prepared
    assert (state.n_galaxies, state.n_embedded, state.model) == (48, 48, "galcore-tiny")
    assert sky.index().neighbours_of([str(sky.catalog["galaxy_id"].iloc[0])], 5).galaxy_ids.shape[-1] == 5
    assert sky.atlas().xy.shape == (48, 2)


def test_preparing_again_does_nothing(sky: Workspace) -> None:
    assert prepare(sky).done == ()


def test_a_cancelled_preparation_goes_on_where_it_stopped(sky: Workspace) -> None:
    for path in (sky.folder / "embeddings" / "galcore-tiny").iterdir():
        path.unlink()
    (sky.folder / "atlas" / "galcore-tiny.parquet").unlink()
    told: list[Progress] = []
    prepare(sky, progress=told.append, cancel=lambda: True)
    assert told
    assert not sky.state().has_atlas
    finished = prepare(sky)
    assert finished.n_embedded == 48
    assert "atlas" in finished.done


def test_galaxies_that_come_later_are_embedded_alone_and_placed_on_the_same_map(sky: Workspace) -> None:
    from galcore.catalog.importer import import_path
    from galcore.simulate.write import write_survey

    before = sky.atlas().xy.copy()
    more = write_survey(sky.folder / "more", 5, survey="SDSS", seed=6, size_px=64)
    for stamp in (more.folder / "images").iterdir():
        stamp.rename(stamp.with_name(f"LATER{stamp.name}"))
    import_path(more.folder / "images", sky.folder)
    report = prepare(sky)
    assert report.n_embedded == 53
    after = sky.atlas().xy
    assert after.shape == (53, 2)
    assert (after[:48] == before).all()


def test_a_label_written_through_the_workspace_is_there_after_reopening(sky: Workspace) -> None:
    sky.labels.create_campaign(Campaign("c", "Bars", "Barred?", ("yes", "no")))
    galaxy_id = str(sky.catalog["galaxy_id"].iloc[0])
    sky.labels.append([LabelEvent("e1", "c", galaxy_id, "ada", EventKind.LABEL, "yes")])
    sky.close()
    again = Workspace.open(sky.folder)
    assert again.labels.current("c")["answer"].tolist() == ["yes"]
    again.close()


def test_one_campaign_has_one_loop_and_it_offers_galaxies_of_the_catalogue(sky: Workspace) -> None:
    sky.labels.create_campaign(Campaign("c", "Bars", "Barred?", ("yes", "no"), grid_rows=3, grid_columns=3))
    assert sky.loop("c") is sky.loop("c")
    shown, waiting = sky.loop("c").grids("ada")
    ids = [item.galaxy_id for item in (*shown.items, *waiting.items)]
    assert len(set(ids)) == len(ids) == 18
    assert set(ids) <= set(sky.catalog["galaxy_id"])


@pytest.mark.parametrize("name", ["timm:resnet18", "hf_hub:a/b", "/models/../x.safetensors"])
def test_a_model_name_never_leaves_its_folder(name: str) -> None:
    folder = model_folder_name(name)
    assert "/" not in folder
    assert ".." not in folder


def test_an_index_of_other_weights_is_built_again(sky: Workspace) -> None:
    manifest = sky.folder / "index" / "galcore-tiny" / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "model_hash": "0123456789ab"}))
    with pytest.raises(GalcoreError, match="prepare"):
        sky.index()
    assert prepare(sky).done == ("index",)
    assert len(sky.index()) == 48


def test_the_weight_an_owner_gives_a_person_reaches_the_learner(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    try:
        workspace.labels.create_campaign(Campaign("c", "Spirals", "?", ("spiral", "other")))
        assert workspace.loop("c").weight_of == {}
        person = Person("ada", Role.ANNOTATOR, weight=0.5)
        change_roster(workspace.folder, lambda roster: roster.with_person(person))
        assert workspace.loop("c").weight_of == {"ada": 0.5}
    finally:
        workspace.close()
