"""A folder with people in it, on a server of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from galcore.people import Role, configure_access, enter
from galcore.people.changes import change_person


@pytest.fixture(autouse=True)
def _plain_access(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("GALCORE_SECRET", "for this test")
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path / "workspaces"))
    for name in ("PASSPHRASE", "OWNER", "HOSTED"):
        monkeypatch.delenv(f"GALCORE_{name}", raising=False)
    configure_access({})
    yield
    configure_access({})


@pytest.fixture
def with_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server asks for a passphrase."""
    monkeypatch.setenv("GALCORE_PASSPHRASE", "open sesame")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace's folder, without people."""
    made = tmp_path / "workspaces" / "sky"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def with_people(folder: Path) -> Callable[..., Path]:
    """Writes people with their roles down; the first is an owner."""

    def write(**roles: Role) -> Path:
        owner = next(iter(roles))
        enter(folder, owner)
        for name, role in roles.items():
            change_person(folder, name, by=owner, role=role)
        return folder

    return write
