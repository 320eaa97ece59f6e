"""Ways in: a name, a passphrase, a provider, links; and what a forged cookie is worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from galcore.people import configure_access, current_access
from galcore.people.names import take
from galcore.people.passphrase import Attempts
from galcore.people.tokens import IDENTITY_COOKIE, Identity, device_token, identity_token
from galcore.settings import ROOT
from galcore.ui.people import sign_in
from galcore.workspace import Workspace

PHRASE = "open sesame"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("GALCORE_SECRET", "for this test")
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path / "workspaces"))
    monkeypatch.setattr(sign_in, "attempts", Attempts(lambda: 0.0))
    yield
    configure_access({})


@pytest.fixture
def with_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALCORE_PASSPHRASE", PHRASE)


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Cookies of the browser; the test bench has none of its own."""
    kept: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _context: kept))
    return kept


def open_home(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.subheader, *app.caption, *app.error, *app.warning, *app.code]
    return "\n".join(str(part.value) for part in parts)


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def who(app: AppTest) -> str:
    try:
        return str(app.session_state["galcore.user"])
    except KeyError:
        return ""


def test_a_free_name_is_enough_on_this_machine(sky_served: Workspace) -> None:
    app = open_home()
    app.text_input[0].set_value("Vera")
    press(app, "Begin")
    assert not app.exception
    assert who(app) == "Vera"


def test_a_name_in_use_elsewhere_is_asked_about(sky_served: Workspace) -> None:
    take("Vera", "another browser")
    app = open_home()
    app.text_input[0].set_value("vera")
    press(app, "Begin")
    assert "in another browser" in texts(app)
    assert who(app) == ""
    press(app, "Choose another name")
    assert app.text_input[0].label == "Your name"
    app.text_input[0].set_value("vera")
    press(app, "Begin")
    press(app, "It is me")
    assert who(app) == "vera"


def test_with_a_passphrase_nothing_is_shown_before_it(
    sky_served: Workspace, with_passphrase: None, cookies: dict[str, str]
) -> None:
    cookies["galcore_name"] = "Vera"
    app = open_home()
    assert not app.exception
    assert [field.label for field in app.text_input] == ["Your name", "Passphrase of the group"]
    assert "Simulated" not in texts(app)
    assert who(app) == ""


def test_the_passphrase_lets_in_and_a_wrong_one_waits(
    sky_served: Workspace, with_passphrase: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_home()
    for _ in range(4):
        app.text_input[0].set_value("Vera")
        app.text_input[1].set_value("not this one")
        press(app, "Begin")
        assert "not the passphrase" in texts(app)
    assert "Wait" in texts(app)
    app.text_input[1].set_value(PHRASE)
    press(app, "Begin")
    assert who(app) == ""
    monkeypatch.setattr(sign_in, "attempts", Attempts())
    app.text_input[0].set_value("Vera")
    app.text_input[1].set_value(PHRASE)
    press(app, "Begin")
    assert not app.exception
    assert who(app) == "Vera"
    assert "One moment" in texts(app)


def test_the_passphrase_gives_nobody_anothers_name(sky_served: Workspace, with_passphrase: None) -> None:
    take("Vera", "another browser")
    app = open_home()
    app.text_input[0].set_value("VERA")
    app.text_input[1].set_value(PHRASE)
    press(app, "Begin")
    assert "belongs to another browser" in texts(app)
    assert who(app) == ""


def test_a_signed_cookie_is_who_it_says(
    sky_served: Workspace, with_passphrase: None, cookies: dict[str, str]
) -> None:
    cookies[IDENTITY_COOKIE] = identity_token(Identity("Vera", "b"), current_access())
    assert who(open_home()) == "Vera"


@pytest.mark.parametrize("forged", ["Vera", "W10.abc", "", "."])
def test_a_forged_cookie_is_nobody(
    sky_served: Workspace, with_passphrase: None, cookies: dict[str, str], forged: str
) -> None:
    cookies[IDENTITY_COOKIE] = forged
    assert who(open_home()) == ""


def test_a_cookie_from_before_the_passphrase_is_nobody(
    sky_served: Workspace, monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]
) -> None:
    cookies[IDENTITY_COOKIE] = identity_token(Identity("Vera", "b"), current_access())
    monkeypatch.setenv("GALCORE_PASSPHRASE", PHRASE)
    assert who(open_home()) == ""


def test_a_link_from_the_other_browser_carries_the_name(sky_served: Workspace, with_passphrase: None) -> None:
    take("Vera", "another browser")
    app = open_home(device=device_token("Vera", current_access()))
    assert who(app) == "Vera"
    assert who(open_home(device="forged.token")) == ""


def open_with_provider(user: dict[str, object]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=60)
    app.secrets["auth"] = {"client_id": "x", "cookie_secret": "y"}
    app.user = user
    return app.run()


def test_with_a_provider_one_signs_in_there(sky_served: Workspace) -> None:
    app = open_with_provider({"is_logged_in": False})
    assert not app.exception
    assert [button.label for button in app.button] == ["Sign in"]


def test_the_provider_says_who_it_is(sky_served: Workspace) -> None:
    app = open_with_provider(
        {"is_logged_in": True, "email": "vera@obs.example", "email_verified": True, "sub": "7"}
    )
    assert not app.exception
    assert who(app) == "vera@obs.example"


def test_mail_of_which_nobody_says_that_it_is_verified_counts_only_where_it_is_trusted(
    sky_served: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"is_logged_in": True, "email": "vera@obs.example", "sub": "7", "iss": "i"}
    assert who(open_with_provider(told)) == "7 at i"
    monkeypatch.setenv("GALCORE_TRUST_MAIL", "1")
    assert who(open_with_provider(told)) == "vera@obs.example"


def test_unverified_mail_is_nobodys_name(sky_served: Workspace) -> None:
    told = {
        "is_logged_in": True,
        "email": "vera@obs.example",
        "email_verified": False,
        "sub": "7",
        "iss": "i",
    }
    assert who(open_with_provider(told)) == "7 at i"
