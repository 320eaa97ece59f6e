"""Bringing images in: from a place on the server, or through the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from galcore.export.names import slug
from galcore.jobs.uploads import new_upload_folder, save_files
from galcore.people import NotAllowedError, Role, enter, may, may_read_server_paths, require_role
from galcore.people.roles import require
from galcore.settings import DEFAULT_MODEL, MODELS_DIR, Settings
from galcore.types import GalcoreError
from galcore.ui import state
from galcore.ui.data.job_list import start_job
from galcore.ui.text import plain
from galcore.web.registry import served
from galcore.workspace import Workspace
from galcore.workspace_files import WorkspaceFiles

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

STAMPS, FIELD = "galaxy images", "a field to search"
ON_SERVER, UPLOAD = "path on the server", "upload"
IMAGE_TYPES = ["jpg", "jpeg", "png", "tif", "tiff", "fits", "fit", "fz", "gz", "h5", "hdf5", "npy", "npz"]
TABLE_TYPES = ["csv", "parquet", "fits", "ecsv"]


@dataclass(frozen=True, slots=True)
class _Choice:
    kind: str
    paths: tuple[str, ...]
    table: str
    files: tuple[UploadedFile, ...]
    table_file: UploadedFile | None


def show_import(workspace: Workspace | None, user: str) -> None:
    """The form; ``workspace``: the one in use, ``None`` where there is none yet."""
    with st.container(border=True):
        st.markdown("##### Bring images in")
        if not _may_import(workspace, user):
            st.caption("Only owners of a workspace bring images in.")
            return
        into_new, name = _choose_target(workspace)
        choice = _choose_source(may_read_server_paths(workspace.folder if workspace else None, user))
        then_prepare = st.checkbox(
            "Prepare afterwards (model, search, map)", value=True, key="import_prepare"
        )
        if not st.button("Import", type="primary", icon=":material/upload:", key="import_go"):
            return
        try:
            _check(choice, workspace, user)
            into = _make_workspace(name) if into_new or workspace is None else workspace
            require(enter(into.folder, user), Role.OWNER)
            arguments = _arguments(choice, into)
        except GalcoreError as error:
            st.error(plain(str(error), limit=600), icon=":material/build:")
            return
        if not start_job(into, "import" if choice.kind == STAMPS else "detect", arguments, user):
            return
        if then_prepare:
            start_job(into, "prepare", [str(into.folder), "--json"], user)
        state.use_workspace(into.name)
        st.rerun()


def _choose_target(workspace: Workspace | None) -> tuple[bool, str]:
    """Whether to make a new workspace, and its name. Turns back by itself once another one is in use."""
    key = workspace.name if workspace else ""
    targets = {True: "a new workspace"}
    if workspace is not None:
        targets = {False: f"this workspace ({plain(workspace.title, limit=30)})"} | targets
    into_new = st.segmented_control(
        "Into", targets, default=next(iter(targets)), required=True, key=f"import_target_{key}",
        format_func=targets.__getitem__,
    )  # fmt: skip
    if not into_new:
        return False, ""
    return True, st.text_input("Name of the new workspace", key=f"import_name_{key}", max_chars=120)


def show_prepare(workspace: Workspace, user: str) -> None:
    """Choose a model and run all that is missing."""
    if not may(workspace.folder, user, Role.OWNER):
        return
    shipped = sorted(path.stem for path in MODELS_DIR.glob("*.safetensors")) or [DEFAULT_MODEL]
    with st.container(border=True):
        st.markdown("##### Prepare")
        st.caption(
            "The model looks at every galaxy once; then search, map and the loop are ready. Resumable."
        )
        model = st.selectbox(
            "Model", shipped, index=shipped.index(DEFAULT_MODEL) if DEFAULT_MODEL in shipped else 0,
            accept_new_options=True, key="prepare_model",
            help="A shipped model, or type the name of any timm backbone (its weights must be on this "
            "machine or reachable).",
        )  # fmt: skip
        none = len(workspace.catalog) == 0
        renew = st.checkbox(
            "Embed anew if the model has other weights now", key="prepare_renew",
            help="Old vectors, search and map are kept aside in the workspace until the new ones are "
            "complete, and after. Labels stay; open campaigns go on with the new vectors.",
        )  # fmt: skip
        if st.button(
            "Prepare", icon=":material/model_training:", disabled=none or not model, key="prepare_go"
        ):
            arguments = [str(workspace.folder), "--model", model.strip().lstrip("-"), "--json"]
            arguments += ["--renew"] if renew else []
            if start_job(workspace, "prepare", arguments, user):
                st.rerun()
        if none:
            st.caption("Import galaxies first.")


def _choose_source(from_server: bool) -> _Choice:
    kind = st.segmented_control(
        "What", (STAMPS, FIELD), default=STAMPS, required=True, key="import_kind",
        help="Galaxy images: one galaxy each, in files, folders or stacks. A field: a wide image in which "
        "the galaxies are found and cut out.",
    )  # fmt: skip
    places = (ON_SERVER, UPLOAD) if from_server else (UPLOAD,)
    place = st.segmented_control("From", places, default=places[0], required=True, key="import_place")
    paths: Sequence[str] = ()
    files: tuple[UploadedFile, ...] = ()
    table, table_file = "", None
    if place == ON_SERVER:
        if kind == FIELD:
            text = st.text_area(
                "Field, one file a line (several: bands of the same sky)", key="import_fields", height=90
            )
            paths = text.splitlines()
        else:
            paths = [
                st.text_input(
                    "Folder, picture, FITS file or stack", key="import_path", placeholder="/data/galaxies"
                )
            ]
            table = st.text_input(
                "Table about them (optional)", key="import_table", placeholder="/data/labels.csv"
            )
    else:
        files = tuple(
            st.file_uploader("Images", IMAGE_TYPES, accept_multiple_files=True, key="import_files") or ()
        )
        if kind == STAMPS:
            table_file = st.file_uploader("Table about them (optional)", TABLE_TYPES, key="import_table_file")
    wanted = tuple(path.strip() for path in paths if path.strip())
    return _Choice(kind or STAMPS, wanted, table.strip(), files, table_file)


def _may_import(workspace: Workspace | None, user: str) -> bool:
    return workspace is None or may(workspace.folder, user, Role.OWNER)


def _check(choice: _Choice, workspace: Workspace | None, user: str) -> None:
    """Refuse what cannot be imported, or not by this person, before anything is made."""
    if workspace is not None:
        require_role(workspace.folder, user, Role.OWNER)
    folder = workspace.folder if workspace else None
    if (choice.paths or choice.table) and not may_read_server_paths(folder, user):
        raise NotAllowedError("files of this server cannot be named here; upload them")
    if not choice.paths and not choice.files:
        raise GalcoreError("name a folder or file on the server, or upload images")
    for path in (*choice.paths, *filter(None, (choice.table,))):
        _existing(path)


def _make_workspace(name: str) -> Workspace:
    folder_name = slug(name, otherwise="")
    if not folder_name:
        raise GalcoreError("give the new workspace a name with at least one letter or digit")
    folder = Settings.from_environment().workspaces_dir / folder_name
    if WorkspaceFiles(folder).card.exists():
        raise GalcoreError(f"there is a workspace {folder_name!r} already; choose it on top, or another name")
    Workspace.create(folder, title=name.strip())
    if folder_name not in served().folders():
        raise GalcoreError(
            f"workspace {folder_name!r} was made, but this server shows only the ones it was started with; "
            "start it without --workspace to see it"
        )
    return served().get(folder_name)


def _arguments(choice: _Choice, workspace: Workspace) -> list[str]:
    """Arguments of the import command; uploads are written into the workspace first."""
    paths, table = list(choice.paths), choice.table
    if choice.files:
        folder = new_upload_folder(workspace.folder)
        written = save_files(folder / "images", [(file.name, file) for file in choice.files])
        paths = [str(path) for path in written] if choice.kind == FIELD else [str(folder / "images")]
        if choice.table_file is not None:
            table = str(save_files(folder / "table", [(choice.table_file.name, choice.table_file)])[0])
    absolute = [_existing(path) for path in paths]
    extra = ["--table", _existing(table)] if table and choice.kind == STAMPS else []
    return [*absolute, "--workspace", str(workspace.folder), *extra, "--json"]


def _existing(path: str) -> str:
    resolved = Path(path).expanduser().resolve()
    if not resolved.exists():
        raise GalcoreError(f"{path} is not on the server; check the path, or upload the files")
    return str(resolved)
