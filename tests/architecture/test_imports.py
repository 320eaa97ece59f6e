"""Imports go one way, and each heavy dependency has one door (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "galcore"

# A room may import from lower layers; rooms of one layer stand side by side and do not know each other.
LAYERS = [
    {"types", "settings"},
    {"whole_files", "workspace_files", "code_version", "hardware", "logs", "signatures"},
    {"people"},
    {"catalog", "images", "simulate"},
    {"model", "questions"},
    {"embed", "search", "atlas", "labels", "pretrain", "restore", "consensus"},
    {"loop", "evaluate"},
    {"workspace"},
    {"preparation", "renewal", "export", "exchange", "review", "report"},
    {"demo", "jobs", "load"},
    {"web", "ui", "commands"},
    {"__main__"},
]
# Neighbours in one layer that may know each other, in this direction only.
NEIGHBOURS = {
    ("settings", "types"),
    ("types", "settings"),
    ("catalog", "images"),
    ("atlas", "search"),
    ("loop", "evaluate"),
    ("ui", "web"),
    ("commands", "web"),
    ("commands", "ui"),
    ("renewal", "preparation"),
    ("export", "review"),
    ("review", "export"),
    ("exchange", "export"),
    ("report", "export"),
    ("report", "review"),
}
DOORS = {
    "streamlit": ("ui", "load"),  # load speaks its wire format, as a browser does
    "websockets": ("load",),
    "duckdb": ("labels",),
    "faiss": ("search",),
    "umap": ("atlas",),
    "timm": ("model",),
    "torchvision": ("model",),
    "photutils": ("images",),
    "h5py": ("images", "simulate"),
    "cleanlab": ("consensus",),
    "itsdangerous": ("web",),
    "tensorboard": ("pretrain",),
    "typer": ("commands", "__main__"),
}


def layer_of(module: str) -> int | None:
    return next((level for level, names in enumerate(LAYERS) if module in names), None)


def imports_of(path: Path) -> set[str]:
    """Dotted names a file imports, those inside functions included, those for type checking left out."""
    names: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "galcore")
    return names


def rooms(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    room = rooms(path)
    if room == "__init__":
        return
    own = layer_of(room)
    assert own is not None, f"{room} is not in LAYERS: give it a place"
    for name in imports_of(path):
        match = re.match(r"galcore\.(\w+)", name)
        if not match or match[1] in (room, "__version__"):
            continue
        other = layer_of(match[1])
        allowed = other is not None and (other < own or (room, match[1]) in NEIGHBOURS)
        assert allowed, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_heavy_dependency_has_one_door(package: str) -> None:
    for path in FILES:
        if rooms(path) in DOORS[package]:
            continue
        found = {name for name in imports_of(path) if name.split(".")[0] == package}
        assert not found, f"{path.relative_to(ROOT)} imports {sorted(found)}; only {DOORS[package]} may"


def test_pages_lay_out_and_do_not_compute() -> None:
    for path in sorted((ROOT / "pages").glob("*.py")):
        names = {name.split(".")[0] for name in imports_of(path)}
        heavy = names & {"torch", "faiss", "umap", "duckdb", "sklearn", "timm", "scipy"}
        assert not heavy, f"{path.name} computes with {heavy}"
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, f"{path.name} is over 150 lines"
        assert "require_user()" in path.read_text(encoding="utf-8"), f"{path.name} does not ask who is there"


def test_no_file_is_over_500_lines() -> None:
    for path in [*FILES, *(ROOT / "tests").rglob("*.py")]:
        length = len(path.read_text(encoding="utf-8").splitlines())
        assert length <= 500, f"{path.relative_to(ROOT)} has {length} lines"


@pytest.mark.parametrize(
    "module", ["galcore.workspace", "galcore.__main__", "galcore.web", "galcore.labels.store"]
)
def test_the_first_page_does_not_load_the_heavy_packages(module: str) -> None:
    heavy = ("torch", "umap", "timm", "sklearn", "numba")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
