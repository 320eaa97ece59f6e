"""The dashboard behind a proxy that shows it under a path: pictures, answers, names and links all work."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from galcore.ui.rooms import page_names
from tests.e2e.driver import GridDriver, Server
from tests.e2e.path_proxy import PATH, PathProxy

pytestmark = pytest.mark.e2e
BLANK = "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"


def test_people_label_under_a_path(browser: Browser, server: Server) -> None:
    with PathProxy(server.port) as proxy:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{proxy.address}/grid?campaign=spirals")
        page.get_by_label("Your name").fill("Vera")
        page.get_by_role("button", name="Begin").click()
        driver = GridDriver(page)
        driver.wait_for_grid()
        pictures = page.locator(".gg-cell img")
        expect(pictures).to_have_count(4)
        page.wait_for_function(
            "() => [...document.querySelectorAll('.gg-cell img')].every(i => i.naturalWidth)"
        )
        driver.press("1")
        submitted = driver.submit()
        driver.wait_until_saved()

        page.reload()  # the name is kept by a cookie
        driver.wait_for_grid()
        for name in page_names():
            page.goto(f"{proxy.address}/{name}?campaign=spirals")
            expect(page.locator(".st-key-galcore_person")).to_be_visible(timeout=30_000)
            expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
            assert page.evaluate(BLANK) == [], name
        page.get_by_test_id("stSidebarNav").get_by_text("Map").click()
        expect(page.locator(".atlas .status")).to_contain_text("48 of 48", timeout=30_000)
        assert page.url.startswith(f"{proxy.address}/map")

        # Streamlit looks for its server step by step up to the root; nothing of ours may be among the strays.
        assert [
            asked for asked in proxy.strays if not asked.startswith(("/_stcore/", f"{PATH[:12]}/_"))
        ] == []
        context.close()
    kept = server.read(lambda workspace: workspace.labels.current("spirals"))
    assert sorted(kept["galaxy_id"]) == sorted(submitted)
