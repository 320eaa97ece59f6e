"""Invitations: signed, with an end, withdrawn at will; names and cookies; the passphrase."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from galcore.people import NotAllowedError, Role, current_access, enter, person_in
from galcore.people import changes as people_changes
from galcore.people.changes import (
    accept_invitation,
    change_newcomers,
    change_person,
    invite,
    withdraw_invitation,
)
from galcore.people.names import is_taken, take
from galcore.people.passphrase import Attempts, is_same
from galcore.people.roster import read_roster
from galcore.people.tokens import Identity, identity_token, read_identity, read_ticket, ticket
from galcore.signatures import signed_token

WithPeople = Callable[..., Path]


def test_an_invitation_lets_its_bearer_in_with_its_role(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER)
    change_newcomers(folder, None, by="Vera")
    token = invite(folder, by="Vera", role=Role.VIEWER, days=1)
    assert accept_invitation(folder, token, "Ana").role is Role.VIEWER
    assert enter(folder, "Ana").role is Role.VIEWER


def test_an_invitation_takes_no_role_away(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER)
    token = invite(folder, by="Vera", role=Role.VIEWER, days=1)
    assert accept_invitation(folder, token, "Vera").role is Role.OWNER


def test_only_owners_invite(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    with pytest.raises(NotAllowedError):
        invite(folder, by="Ana", role=Role.OWNER, days=1)


def test_an_invitation_ends(with_people: WithPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = with_people(Vera=Role.OWNER)
    token = invite(folder, by="Vera", role=Role.ANNOTATOR, days=1)
    later = time.time() + 2 * 86400
    monkeypatch.setattr(people_changes.time, "time", lambda: later)
    with pytest.raises(NotAllowedError, match="over"):
        accept_invitation(folder, token, "Ana")


def test_a_withdrawn_invitation_lets_nobody_in(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER)
    token = invite(folder, by="Vera", role=Role.ANNOTATOR, days=1)
    withdraw_invitation(folder, read_roster(folder).invitations[0].invitation_id, by="Vera")
    with pytest.raises(NotAllowedError, match="withdrawn"):
        accept_invitation(folder, token, "Ana")


def test_a_forged_invitation_or_one_for_elsewhere_lets_nobody_in(
    with_people: WithPeople, tmp_path: Path
) -> None:
    folder = with_people(Vera=Role.OWNER)
    token = invite(folder, by="Vera", role=Role.VIEWER, days=1)
    kept = read_roster(folder).invitations[0]
    elsewhere = signed_token(["invitation", "other", kept.invitation_id, "owner", kept.expires_at])
    for wrong in ("nonsense", token[:-2] + "xx", elsewhere, signed_token(["map", "sky"])):
        with pytest.raises(NotAllowedError, match="not made for this workspace"):
            accept_invitation(folder, wrong, "Ana")


def test_the_role_of_a_link_is_the_one_written_down(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER)
    invite(folder, by="Vera", role=Role.VIEWER, days=1)
    kept = read_roster(folder).invitations[0]
    raised = signed_token(["invitation", "sky", kept.invitation_id, "owner", kept.expires_at])
    assert accept_invitation(folder, raised, "Ana").role is Role.VIEWER


def test_an_invitation_does_not_bring_a_removed_person_back(with_people: WithPeople) -> None:
    folder = with_people(Vera=Role.OWNER, Ana=Role.ANNOTATOR)
    change_person(folder, "Ana", by="Vera", removed=True)
    token = invite(folder, by="Vera", role=Role.OWNER, days=1)
    with pytest.raises(NotAllowedError, match="taken you off"):
        accept_invitation(folder, token, "Ana")
    assert person_in(folder, "Ana").removed


def test_a_taken_name_stays_with_its_browser_in_any_case(folder: Path) -> None:
    assert take("Vera", "first", only_if_free=True)
    assert take("Vera", "first", only_if_free=True)
    assert not take("VERA", "second", only_if_free=True)
    assert is_taken("ｖera", "second") and not is_taken("Vera", "first")
    assert not is_taken("Ana", "second")


def test_a_cookie_is_worth_nothing_under_another_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALCORE_PASSPHRASE", "open sesame")
    token = identity_token(Identity("Vera", "b"), current_access())
    assert read_identity(token, current_access()) == Identity("Vera", "b")
    assert "sesame" not in token
    monkeypatch.setenv("GALCORE_PASSPHRASE", "close sesame")
    assert read_identity(token, current_access()) is None


def test_a_ticket_is_no_cookie_and_a_cookie_no_ticket() -> None:
    vera, access = Identity("Vera", "b"), current_access()
    assert read_identity(ticket(vera, access), access) is None
    assert read_ticket(identity_token(vera, access), access) is None


def test_wrong_attempts_wait_longer_each_time_and_a_minute_at_most() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    waits = []
    for _ in range(14):
        _, wait = attempts.try_phrase("wrong", "open sesame", place="here")
        waits.append(wait)
        now[0] += wait
    assert waits[:3] == [0, 0, 0]
    assert waits[3:6] == [2, 4, 8]
    assert max(waits) == 60
    assert attempts.try_phrase("open sesame", "open sesame", place="here") == (True, 0.0)


def test_the_right_phrase_does_not_tell_itself_while_waiting() -> None:
    attempts = Attempts(lambda: 0.0)
    for _ in range(4):
        attempts.try_phrase("wrong", "open sesame", place="here")
    right, wait = attempts.try_phrase("open sesame", "open sesame", place="here")
    assert not right and wait > 0
    assert attempts.try_phrase("open sesame", "open sesame", place="elsewhere")[0]


def test_many_addresses_do_not_make_guessing_faster() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for number in range(60):
        assert attempts.try_phrase("wrong", "open sesame", place=f"198.51.100.{number}") == (False, 0.0)
    assert attempts.try_phrase("open sesame", "open sesame", place="203.0.113.1") == (False, 60.0)
    now[0] = 60.0
    assert attempts.try_phrase("open sesame", "open sesame", place="203.0.113.1")[0]


def test_addresses_of_one_ipv6_network_are_one_place() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(4):
        attempts.try_phrase("wrong", "open sesame", place=f"2001:db8:0:1::{number + 1}")
    assert attempts.try_phrase("open sesame", "open sesame", place="2001:db8:0:1:ffff::9")[1] > 0
    assert attempts.try_phrase("open sesame", "open sesame", place="2001:db8:0:2::9")[0]


@pytest.mark.parametrize("said", ["", " ", "open", "open sesame!", "OPEN SESAME"])
def test_other_phrases_are_not_the_phrase(said: str) -> None:
    assert not is_same(said, "open sesame")
