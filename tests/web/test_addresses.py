"""Stamp addresses carry their own permission."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from galcore.settings import Settings
from galcore.types import GalcoreError
from galcore.web.addresses import read_stamp_address, server_secret, stamp_address


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALCORE_SECRET", "for this test")


def _token(galaxy_id: str = "g1", **changes: object) -> str:
    options = {"size_px": 64, "stretch": "faint", "version": "0123456789abcdef"} | changes
    return stamp_address("sky", galaxy_id, **options).removeprefix("stamps/")  # type: ignore[arg-type]


@pytest.mark.parametrize("galaxy_id", ["g1", "a/../b", "<b>&", "דוגמה", "x" * 200, "1e5", " "])
def test_any_id_comes_back_as_it_was(galaxy_id: str) -> None:
    wanted = read_stamp_address(_token(galaxy_id))
    assert wanted is not None
    assert (wanted.workspace, wanted.galaxy_id) == ("sky", galaxy_id)
    assert (wanted.size_px, wanted.stretch) == (64, "faint")


def test_the_same_picture_has_the_same_address() -> None:
    assert _token() == _token()
    assert len({_token(), _token("g2"), _token(size_px=65), _token(version="other")}) == 4


def test_a_changed_address_is_refused() -> None:
    token = _token()
    for position in range(0, len(token), 7):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        assert read_stamp_address(changed) is None


@pytest.mark.parametrize("token", ["", ".", "é.é", "a.b.c", "%00", "W10"])
def test_nonsense_is_refused_without_an_error(token: str) -> None:
    assert read_stamp_address(token) is None


def test_another_secret_refuses_our_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    token = _token()
    monkeypatch.setenv("GALCORE_SECRET", "another")
    assert read_stamp_address(token) is None


def test_a_size_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(GalcoreError, match="2048"):
        _token(size_px=100_000)


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "workspaces", tmp_path, "", 0)
    first = server_secret(settings)
    kept = next(settings.workspaces_dir.iterdir())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert server_secret(settings) == first
    assert len(first) == 64
