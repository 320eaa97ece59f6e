"""Who may do what: fresh workspaces, owners, newcomers, pauses, removals."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from galcore.people import NotAllowedError, Role, configure_access, enter, may, person_in, require_role
from galcore.people.access import current_access
from galcore.people.changes import change_newcomers, change_person, person_weights
from galcore.people.permission import may_read_server_paths
from galcore.people.roster import ROSTER_FILE, read_roster
from galcore.types import GalcoreError

WithPeople = Callable[..., Path]


def test_on_one_machine_everybody_owns_until_roles_are_set(folder: Path) -> None:
    assert enter(folder, "Vera").role is Role.OWNER
    assert enter(folder, "Ana").role is Role.OWNER
    assert not (folder / ROSTER_FILE).exists()
    change_person(folder, "Ana", by="Vera", role=Role.VIEWER)
    assert person_in(folder, "Vera").role is Role.OWNER
    assert person_in(folder, "Ana").role is Role.VIEWER
    assert person_in(folder, "somebody else").role is Role.ANNOTATOR


def test_a_display_name_alone_sets_no_roles(folder: Path) -> None:
    change_person(folder, "Vera", by="Vera", display_name="Vera R.")
    assert enter(folder, "Ana").role is Role.OWNER
    assert person_in(folder, "Vera").shown == "Vera R."


def test_with_a_passphrase_the_first_one_in_owns(folder: Path, with_passphrase: None) -> None:
    assert enter(folder, "Vera").role is Role.OWNER
    assert enter(folder, "Ana").role is Role.ANNOTATOR
    assert enter(folder, "Vera").role is Role.OWNER


def test_of_thirty_who_come_at_once_one_owns(folder: Path, with_passphrase: None) -> None:
    start = threading.Barrier(30)

    def come(number: int) -> None:
        start.wait()
        enter(folder, f"person {number}")

    threads = [threading.Thread(target=come, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    people = read_roster(folder).people
    assert len(people) == 30
    assert [person.role for person in people].count(Role.OWNER) == 1


def test_the_configured_owner_owns_and_nobody_else_by_being_first(
    folder: Path, with_passphrase: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALCORE_OWNER", "Vera")
    assert enter(folder, "Ana").role is Role.ANNOTATOR
    assert enter(folder, "Vera").role is Role.OWNER


def test_a_viewer_may_look_and_not_write(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.VIEWER)
    require_role(folder, "Ana", Role.VIEWER)
    with pytest.raises(NotAllowedError, match="takes the role annotator, and yours is viewer"):
        require_role(folder, "Ana", Role.ANNOTATOR)


def test_only_owners_change_people(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    for change in ({"role": Role.OWNER}, {"paused": True}, {"weight": 5.0}):
        with pytest.raises(NotAllowedError):
            change_person(folder, "Ana", by="Ana", **change)  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError):
        change_person(folder, "Vera", by="Ana", display_name="Not Vera")
    with pytest.raises(NotAllowedError):
        change_newcomers(folder, Role.OWNER, by="Ana")
    assert change_person(folder, "Ana", by="Ana", display_name="Ana B.").shown == "Ana B."


def test_a_paused_person_looks_and_goes_on_later(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    change_person(folder, "Ana", by="Vera", paused=True)
    assert may(folder, "Ana", Role.VIEWER)
    with pytest.raises(NotAllowedError, match="paused you"):
        require_role(folder, "Ana", Role.ANNOTATOR)
    change_person(folder, "Ana", by="Vera", paused=False)
    require_role(folder, "Ana", Role.ANNOTATOR)


def test_a_removed_person_does_not_come_back_by_entering(
    with_people: WithPeople, with_passphrase: None
) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    change_person(folder, "Ana", by="Vera", removed=True)
    with pytest.raises(NotAllowedError, match="taken you off"):
        enter(folder, "Ana")


def test_invited_only_keeps_strangers_out(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER)
    change_newcomers(folder, None, by="Vera")
    with pytest.raises(NotAllowedError, match="invited people only"):
        enter(folder, "Ana")
    assert not may(folder, "Ana", Role.VIEWER)


def test_the_last_owner_stays(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    for change in ({"role": Role.VIEWER}, {"paused": True}, {"removed": True}):
        with pytest.raises(GalcoreError, match="needs an owner"):
            change_person(folder, "Vera", by="Vera", **change)  # type: ignore[arg-type]
    change_person(folder, "Ana", by="Vera", role=Role.OWNER)
    change_person(folder, "Vera", by="Ana", role=Role.VIEWER)


@pytest.mark.parametrize("weight", [-1, 11, float("nan"), float("inf")])
def test_a_weight_out_of_range_is_refused(with_people: WithPeople, weight: float) -> None:
    folder = with_people(Vera=Role.OWNER)
    with pytest.raises(GalcoreError, match="from 0 to 10"):
        change_person(folder, "Vera", by="Vera", weight=weight)


def test_weights_tell_only_who_differs(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    change_person(folder, "Ana", by="Vera", weight=0.5)
    assert person_weights(folder) == {"Ana": 0.5}


def test_a_broken_roster_lets_nobody_in(folder: Path) -> None:
    (folder / ROSTER_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(GalcoreError, match=r"people\.json"):
        require_role(folder, "Vera", Role.VIEWER)
    (folder / ROSTER_FILE).write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(GalcoreError, match="newer Galcore"):
        require_role(folder, "Vera", Role.VIEWER)


def test_server_paths_are_for_owners_of_a_machine_of_their_own(
    with_people: WithPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    assert may_read_server_paths(folder, "Vera")
    assert not may_read_server_paths(folder, "Ana")
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    assert not may_read_server_paths(folder, "Vera")


def test_a_server_that_others_reach_counts_as_hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not current_access().hosted
    configure_access({}, server_address="0.0.0.0")
    assert current_access().hosted and not current_access().everybody_owns
    configure_access({"galcore": {"passphrase": "open sesame"}})
    assert current_access().hosted
    monkeypatch.setenv("GALCORE_HOSTED", "0")
    assert not current_access().hosted


def test_a_passphrase_of_few_letters_is_refused() -> None:
    configure_access({"galcore": {"passphrase": "hubble"}})
    with pytest.raises(GalcoreError, match="8 or more"):
        current_access()
