"""Attacks on a server with a passphrase, each by the way an attacker would take: all are refused.

One server for all of them: raw requests, a client made by hand that speaks the websocket, and browsers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websockets.exceptions import InvalidStatus

from galcore.catalog.store import catalog_hash, read_catalog, write_catalog
from galcore.people import Role, current_access, enter
from galcore.people.changes import change_person
from galcore.people.roster import read_roster
from galcore.people.tokens import IDENTITY_COOKIE, Identity, identity_token, ticket
from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.ui.rooms import page_names
from galcore.web.addresses import signed_token, stamp_address
from galcore.workspace import Workspace
from tests.e2e.driver import Server, open_profile
from tests.e2e.hand_made import HandMadeClient

pytestmark = pytest.mark.e2e
PHRASE, KEY = "open sesame", "the key of this test"
PAYLOAD = '<img src=x onerror="owned=1"><script>owned=1</script>[a](javascript:owned=1)'
EVIL = Campaign(
    "evil",
    f"E {PAYLOAD}",
    f"Q {PAYLOAD}",
    (f"yes {PAYLOAD}"[:60], "no"),
    guidance=f"G {PAYLOAD}",
    grid_rows=2,
    grid_columns=2,
    join_code="a-code-that-is-long",
)
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def fortress(sky_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Vera owns, Ana annotates, Vic looks; catalogue, campaign, comment and one display name hold scripts."""
    root = tmp_path_factory.mktemp("fortress")
    folder = Path(shutil.copytree(sky_folder, root / "workspaces" / "sky"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALCORE_WORKSPACES", str(folder.parent))
        patch.setenv("GALCORE_PASSPHRASE", PHRASE)
        patch.setenv("GALCORE_SECRET", KEY)
        patch.setenv("GALCORE_LOGS", "json")
        _fill(folder)
        with Server(folder.parent, root / "server.log") as server:
            yield server


def _fill(folder: Path) -> None:
    write_catalog(read_catalog(folder).assign(note=PAYLOAD, **{f"c {PAYLOAD}"[:80]: 1.0}), folder)
    enter(folder, "Vera")
    for name, role in (("Ana", Role.ANNOTATOR), ("Vic", Role.VIEWER)):
        change_person(folder, name, by="Vera", role=role, display_name=f"{name} {PAYLOAD}")
    workspace = Workspace.open(folder)
    workspace.labels.create_campaign(EVIL)
    first = str(workspace.catalog["galaxy_id"].iloc[0])
    flag = LabelEvent(
        event_id=uuid.uuid4().hex, campaign_id="evil", galaxy_id=first, annotator="Ana", kind=EventKind.FLAG,
        reason=Reason.QUEUED, comment=PAYLOAD,
    )  # fmt: skip
    workspace.labels.append([flag])
    workspace.close()


def cookie_of(name: str) -> str:
    return identity_token(Identity(name, f"browser of {name}"), current_access())


def client_of(server: Server, name: str) -> HandMadeClient:
    return HandMadeClient(server.address, cookie=f"{IDENTITY_COOKIE}={cookie_of(name)}")


def folder_of(server: Server) -> Path:
    return server.workspaces_dir / "sky"


def ask(
    server: Server,
    path: str,
    *,
    method: str = "GET",
    name: str = "",
    body: bytes | None = None,
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a request, sent exactly as written."""
    sent = {each.replace("_", "-"): value for each, value in headers.items()}
    if name:
        sent["Cookie"] = f"{IDENTITY_COOKIE}={cookie_of(name)}"
    connection = HTTPConnection("localhost", server.port, timeout=30)
    connection.request(method, path, body=body, headers=sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    said: dict[str, str] = {}
    for key, value in answer.getheaders():
        said[key.lower()] = "\n".join(filter(None, (said.get(key.lower()), value)))
    return answer.status, said, content


def submission(grid: dict, **changes: object) -> dict[str, object]:
    """The outbox of a grid as the page would send it, with something of the attacker's own."""
    answers = [
        {"galaxy_id": item["id"], "answer": "no", "kind": "label", "event_id": uuid.uuid4().hex}
        | {"explicit": True, "annotator": "Vera", "user": "Vera"}
        for item in grid["items"]
    ]
    entry = {"n": 1, "kind": "submit", "campaign_id": "evil", "grid_id": grid["grid_id"], "answers": answers}
    item = entry | {"display": "survey", "annotator": "Vera", "user": "Vera"} | changes
    return {"outbox": {"client": uuid.uuid4().hex, "items": [item], "annotator": "Vera", "user": "Vera"}}


# --- requests -------------------------------------------------------------------------------------------


def test_pages_and_answers_carry_their_protection(fortress: Server) -> None:
    for path in ("/", "/grid", "/no-such-page"):
        status, headers, _ = ask(fortress, path)
        assert status == 200
        policy = headers["content-security-policy"]
        scripts = next(each for each in policy.split("; ") if each.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "frame-ancestors 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_addresses_open_for_those_they_are_for(fortress: Server) -> None:
    catalog = read_catalog(folder_of(fortress))
    version = catalog_hash(catalog)
    good = "/" + stamp_address("sky", str(catalog["galaxy_id"].iloc[0]), size_px=64, version=version)
    payload, _, signature = good.rpartition(".")
    assert ask(fortress, good, name="Vic")[0] == 200
    assert ask(fortress, good)[0] == 401
    assert ask(fortress, f"{payload}.{signature[::-1]}", name="Vera")[0] == 403
    assert ask(fortress, good, Cookie=f"{IDENTITY_COOKIE}=Vera; galcore_name=Vera")[0] == 401
    for galaxy_id in ("../../people.json", "/etc/passwd", "'; DROP TABLE label_events; --"):
        address = "/" + stamp_address("sky", galaxy_id, size_px=64, version=version)
        assert ask(fortress, address, name="Vera")[0] == 404
    outside = "/" + stamp_address("../sky", "x", size_px=64, version=version)
    assert ask(fortress, outside, name="Vera")[0] in (403, 404)
    cookie_as_address = "/stamps/" + cookie_of("Vera")
    assert ask(fortress, cookie_as_address, name="Vera")[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/media/../../../../etc/passwd",
        "/static/..%2f..%2f..%2fetc/passwd",
        "/_stcore/bidi-components/..%2f..%2fpeople.json",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//evil.example/",
        "/\\evil.example",
        "/?join=https://evil.example/",
        "/auth/login?provider=https://evil.example",
    ],
)
def test_odd_paths_lead_neither_into_the_disk_nor_to_another_site(fortress: Server, path: str) -> None:
    _, headers, content = ask(fortress, path, name="Vera")
    assert b"root:" not in content
    assert b"newcomers" not in content
    assert "evil" not in headers.get("location", "")


def test_pages_of_other_sites_can_do_nothing_in_somebodys_name(fortress: Server) -> None:
    foreign = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "cors"}
    voucher = ticket(Identity("Vera", "b"), current_access())
    assert ask(fortress, "/galcore/enter", method="POST", X_Galcore=voucher, **foreign)[0] == 403
    assert ask(fortress, "/galcore/leave", method="POST", X_Galcore="leave", **foreign)[0] == 403
    assert ask(fortress, "/galcore/leave", method="POST", name="Vera")[0] == 403  # as a form would
    status, headers, _ = ask(fortress, "/galcore/enter", method="OPTIONS", **foreign)
    assert status in (403, 405)
    assert "access-control-allow-origin" not in headers
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert ask(fortress, "/?join=code", **followed)[0] == 200  # a link in a mail
    assert ask(fortress, "/auth/logout", name="Vera", **followed)[0] == 403
    assert (
        ask(fortress, "/stamps/x.y", name="Vera", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0]
        == 403
    )


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_websockets_of_other_sites_are_refused(fortress: Server, origin: str) -> None:
    cookie = f"{IDENTITY_COOKIE}={cookie_of('Vera')}"
    with pytest.raises(InvalidStatus), HandMadeClient(fortress.address, cookie=cookie, origin=origin):
        pass


def test_files_go_up_only_from_people_who_are_in_and_only_so_large(fortress: Server) -> None:
    with client_of(fortress, "Vic") as client:
        client.run("similar", "campaign=evil")
        session = client.session_id
        place = f"/_stcore/upload_file/{session}/{uuid.uuid4()}"
        assert ask(fortress, place, method="PUT", body=b"x")[0] == 401
        assert ask(fortress, place, method="PUT", name="Vic", body=b"x")[0] == 403  # no token of the page
        token = {"X_Xsrftoken": "2|00000000|11111111|1"}
        xsrf = f"_streamlit_xsrf=2|00000000|11111111|1; {IDENTITY_COOKIE}={cookie_of('Vic')}"
        large = {"Content_Length": str(501 * 2**20)}
        assert ask(fortress, place, method="PUT", body=b"x", Cookie=xsrf, **token, **large)[0] == 413


def test_what_the_operator_sees_is_not_for_the_world(fortress: Server) -> None:
    for route in ("/galcore/metrics", "/_stcore/metrics"):
        assert ask(fortress, route)[0] == 200
        assert ask(fortress, route, X_Forwarded_For="203.0.113.9")[0] == 404
    assert ask(fortress, "/_stcore/agent/interact", method="POST", body=b"{}")[0] >= 400


def test_the_cookie_is_out_of_reach_of_scripts_and_of_plain_http_behind_a_proxy(fortress: Server) -> None:
    voucher = ticket(Identity("Vera", "b"), current_access())
    for told, secure in (("", False), ("https", True), ("https, http", True), ("http", False)):
        proto = {"X_Forwarded_Proto": told} if told else {}
        status, headers, _ = ask(fortress, "/galcore/enter", method="POST", X_Galcore=voucher, **proto)
        assert status == 204
        cookies = headers["set-cookie"].splitlines()
        flags = next(each for each in cookies if each.startswith(IDENTITY_COOKIE)).lower()
        assert "httponly" in flags
        assert "samesite=lax" in flags
        assert ("; secure" in flags) == secure


# --- the websocket, by hand -----------------------------------------------------------------------------


def test_who_has_not_signed_in_learns_nothing(fortress: Server) -> None:
    for page in page_names():
        with HandMadeClient(fortress.address) as client:
            said = client.run(page, "workspace=sky&campaign=evil")
        assert "Simulated sky" not in said
        assert "evil" not in said.replace("campaign=evil", "")
        assert client.elements("text_input")


@pytest.mark.parametrize("cookie", ["Vera", signed_token(["person", "name", "Vera", "b", 9e9])])
def test_a_cookie_from_elsewhere_is_nobody(fortress: Server, cookie: str) -> None:
    with HandMadeClient(fortress.address, cookie=f"{IDENTITY_COOKIE}={cookie}; galcore_name=Vera") as client:
        client.run("settings")
        assert client.field("Passphrase of the group")


def test_answers_count_for_whom_the_session_belongs_to(fortress: Server) -> None:
    with client_of(fortress, "Ana") as client:
        client.run("grid", "campaign=evil")
        grid = json.loads(client.component("annotation_grid").json)["grids"][0]
        state = {client.component("annotation_grid").id: submission(grid)}
        said = client.run("grid", "campaign=evil", states=state)
        assert state_of(client)["ack"]["n"] == 1, said[-2000:]
        assert state_of(client)["counts"]["mine"] == len(grid["items"])
    with client_of(fortress, "Vera") as client:
        client.run("grid", "campaign=evil")
        assert state_of(client)["counts"]["mine"] == 0


def state_of(client: HandMadeClient) -> dict:
    return json.loads(client.component("annotation_grid").json)


def test_what_only_an_owner_can_press_does_nothing_for_others(fortress: Server) -> None:
    before = read_roster(folder_of(fortress))
    for page in ("", "settings"):
        with client_of(fortress, "Vera") as owner, client_of(fortress, "Ana") as client:
            owner.run(page, "campaign=evil")
            client.run(page, "campaign=evil")
            owners_only = set(owner.buttons().values()) - client.widget_ids()
            assert owners_only
            client.run(page, "campaign=evil", states=dict.fromkeys(owners_only, True))
    assert read_roster(folder_of(fortress)) == before
    with client_of(fortress, "Vera") as owner:
        owner.run("grid", "campaign=evil")
        assert state_of(owner)["campaign"]["state"] == "open"


def test_a_viewer_stores_nothing_and_changes_no_settings(fortress: Server) -> None:
    with client_of(fortress, "Vera") as owner:
        owner.run("grid", "campaign=evil")
        grid, widget = state_of(owner)["grids"][0], owner.component("annotation_grid").id
        before = state_of(owner)
    settings = {
        "settings": {"change": "1", "at_ms": time.time() * 1000, "size": "8 × 8", "shares": {"top": 1}}
    }
    with client_of(fortress, "Vic") as client:
        client.run("grid", "campaign=evil")
        assert not any("annotation_grid" in each.component_name for each in client.elements("bidi_component"))
        own = widget.replace(key_of("Vera"), key_of("Vic"))
        for target in (widget, own):
            client.run("grid", "campaign=evil", states={target: submission(grid) | settings})
    with client_of(fortress, "Ana") as client:
        client.run("grid", "campaign=evil")
        widget = client.component("annotation_grid").id
        said = client.run("grid", "campaign=evil", states={widget: settings})
        assert "takes the role owner" in said
    with client_of(fortress, "Vera") as owner:
        owner.run("grid", "campaign=evil")
        after = state_of(owner)
    assert after["counts"]["all"] == before["counts"]["all"]
    assert (after["rows"], after["shares"]) == (before["rows"], before["shares"])


def key_of(name: str) -> str:
    return hashlib.sha256(f"sky\nevil\n{name}".encode()).hexdigest()[:16]


def test_guessing_the_passphrase_is_made_slow_and_the_right_one_waits_too(fortress: Server) -> None:
    place = {"X-Forwarded-For": "198.51.100.7"}  # a place of their own, as a proxy tells it
    with HandMadeClient(fortress.address, headers=place) as client:
        client.run("grid")
        name, phrase = client.field("Your name"), client.field("Passphrase of the group")
        begin = client.buttons()["Begin"]

        def say(guess: str) -> str:
            return client.run("grid", states={name: "Mallory", phrase: guess, begin: True})

        for guess in ("password", "galaxies", "letmein!", "12345678"):
            assert "not the passphrase" in say(guess)
        assert "before the next attempt" in say("another guess")
        assert "before the next attempt" in say(PHRASE)
    assert read_roster(folder_of(fortress)).find("Mallory") is None


# --- scripts in what people write -----------------------------------------------------------------------


@pytest.fixture
def vera(browser: Browser, fortress: Server) -> Iterator[BrowserContext]:
    profile = open_profile(browser)
    profile.add_cookies([{"name": IDENTITY_COOKIE, "value": cookie_of("Vera"), "url": fortress.address}])
    yield profile
    profile.close()


def watched(profile: BrowserContext, complaints: list[str]) -> Page:
    """A page of which every dialog, script error and refusal by the page's policy is a complaint."""
    page = profile.new_page()
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    return page


def assert_nothing_ran(page: Page) -> None:
    assert page.evaluate("window.owned") is None
    assert page.locator('img[src="x"]').count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0


def test_scripts_that_people_write_are_text_on_every_page(fortress: Server, vera: BrowserContext) -> None:
    complaints: list[str] = []
    page = watched(vera, complaints)
    for name in ("", *(each for each in page_names() if each != "home")):
        page.goto(f"{fortress.address}/{name}?campaign=evil")
        expect(page.locator(".st-key-galcore_bar")).to_be_visible(timeout=SLOW_MS)
        expect(page.locator('[data-test-script-state="notRunning"]')).to_be_visible(timeout=SLOW_MS)
        assert_nothing_ran(page)
    hostile = {"name": f"{PAYLOAD}.png".replace("/", ""), "mimeType": "image/png", "buffer": b"no picture"}
    page.goto(f"{fortress.address}/restore?campaign=evil")
    page.locator('input[type="file"]').first.set_input_files(hostile)
    expect(page.get_by_text("not a picture").first).to_be_visible(timeout=SLOW_MS)
    assert_nothing_ran(page)
    assert complaints == []


def test_scripts_that_people_write_are_text_in_the_report_to_keep(
    fortress: Server, vera: BrowserContext, tmp_path: Path
) -> None:
    with client_of(fortress, "Vera") as owner:
        owner.run("grid", "campaign=evil")
        widget = owner.component("annotation_grid").id
        owner.run("grid", "campaign=evil", states={widget: submission(state_of(owner)["grids"][0])})
    page = vera.new_page()
    page.goto(f"{fortress.address}/report?campaign=evil")
    with page.expect_download(timeout=SLOW_MS) as download:
        page.get_by_role("button", name="Download as one file").click()
    kept = tmp_path / "report.html"
    download.value.save_as(kept)
    page.goto(kept.as_uri())
    expect(page.get_by_role("heading", name="E <img src=x")).to_be_visible()
    assert_nothing_ran(page)


# --- last: what the log holds of all this ---------------------------------------------------------------


def test_the_log_of_all_this_holds_no_secret_and_nobody(fortress: Server) -> None:
    log = fortress.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert lines
    for secret in (
        PHRASE,
        KEY,
        "owned",
        "Mallory",
        "Vera",
        "198.51.100.7",
        cookie_of("Vera")[:20],
        EVIL.join_code,
    ):
        assert secret not in log
