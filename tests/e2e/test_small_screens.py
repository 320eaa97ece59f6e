"""Every page on a tablet and a phone: nothing lies beyond the window, and the bar on top is one line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from galcore.ui.rooms import page_names
from tests.e2e.driver import Server

pytestmark = pytest.mark.e2e
# What lies beyond the window, unless it lies inside something that scrolls by itself.
BEYOND = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const told = main.scrollWidth > main.clientWidth + 1 ? [`page ${main.scrollWidth} px wide`] : [];
  const bar = document.querySelector(".st-key-galcore_bar").getBoundingClientRect();
  if (bar.height > 56) told.push(`bar ${bar.height} px high`);
  for (const each of document.querySelectorAll(".st-key-galcore_bar button")) {
    const box = each.getBoundingClientRect();
    if (box.right > innerWidth || (box.width && box.width < 20)) told.push(`'${each.textContent}' is cut`);
  }
  return told;
}"""


@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (820, 1180), (1024, 768)], ids=lambda side: str(side)
)
def test_every_page_fits(browser: Browser, server: Server, width: int, height: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 1000)
    context.add_cookies([{"name": "galcore_name", "value": "Bartholomea", "url": server.address}])
    page = context.new_page()
    told: dict[str, list[str]] = {}
    for name in page_names():
        page.goto(f"{server.address}/{name}?campaign=spirals")
        expect(page.locator(".st-key-galcore_person")).to_be_visible(timeout=30_000)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        told[name] = page.evaluate(BEYOND)
        for _ in range(10):  # parts still arrive
            if not told[name]:
                break
            page.wait_for_timeout(300)
            told[name] = page.evaluate(BEYOND)
    assert {name: beyond for name, beyond in told.items() if beyond} == {}
    context.close()
