"""The annotation pages under fingers on a tablet, and for people who read by Tab and screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.driver import GridDriver, Server

pytestmark = pytest.mark.e2e
TABLET = (
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)
# Controls that are too small to hit, outside the window, over one another, or without a name.
PROBLEMS = """() => {
  const inShadow = (each) => each.shadowRoot?.querySelector(".gg");
  const root = [...document.querySelectorAll("*")].map(inShadow).find(Boolean);
  const label = (each) => each.labels?.[0]?.textContent;
  const named = (each) => each.getAttribute("aria-label") || label(each) || each.textContent;
  const controls = "button, select, input, [role=option], [role=progressbar]";
  const seen = [...root.querySelectorAll(controls)]
    .map((each) => ({ each, box: each.getBoundingClientRect(), name: named(each).trim() }))
    .filter(({ box }) => box.width > 0);
  const problems = [];
  seen.forEach(({ each, box, name }, place) => {
    const size = `${Math.round(box.width)} x ${Math.round(box.height)}`;
    const what = `${each.className || each.type} '${name}' ${size}`;
    if (!name) problems.push(`no name: ${what}`);
    if (each.getAttribute("role") === "progressbar") return;
    if (box.height < 44 || box.width < 44) problems.push(`small: ${what}`);
    if (box.left < 0 || box.right > innerWidth) problems.push(`outside: ${what}`);
    for (const { each: other, box: its, name: itsName } of seen.slice(place + 1)) {
      const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
      const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
      const progress = other.getAttribute("role") === "progressbar";
      if (across > 1 && down > 1 && !progress) problems.push(`'${name}' lies over '${itsName}'`);
    }
  });
  for (const image of root.querySelectorAll("img:not([alt])")) problems.push(`no alt: ${image.src}`);
  return problems;
}"""
# What has the focus now, and whether somebody sees that it has.
FOCUSED = """() => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (!active?.closest(".gg")) return null;
  const style = getComputedStyle(active);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const visible = outlined || style.boxShadow !== "none";
  return { name: active.getAttribute("aria-label") || active.textContent || active.type, visible };
}"""


def _hold(page: Page, grid: GridDriver, place: int) -> None:
    """A finger that stays on a galaxy."""
    box = grid.cells.nth(place).bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.locator(".gg-zoom")).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("upright", [True, False], ids=["upright", "lying"])
def test_a_tablet_does_everything_by_tapping(browser: Browser, server: Server, upright: bool) -> None:
    width, height = (820, 1180) if upright else (1180, 820)
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, is_mobile=True, user_agent=TABLET
    )
    context.add_cookies([{"name": "galcore_name", "value": "Tapio", "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/grid?campaign=kinds")
    grid = GridDriver(page)
    grid.wait_for_grid()
    assert page.evaluate(PROBLEMS) == []
    grid.cells.nth(1).tap()
    page.locator(".gg-chip").nth(2).tap()
    grid.cells.nth(3).tap()
    expect(grid.marked).to_have_count(2)
    _hold(page, grid, 4)
    expect(page.locator(".gg-zoom-why")).not_to_be_empty()
    expect(grid.marked).to_have_count(2)
    page.locator(".gg-flag-it").tap()
    page.locator(".gg-flag-comment").fill("a tail?")
    page.get_by_role("button", name="Flag", exact=True).last.tap()
    expect(page.locator(".gg-is-flagged")).to_have_count(1)
    page.locator(".gg-all").tap()
    expect(grid.marked).to_have_count(6)
    page.locator(".gg-undo").tap()
    expect(grid.marked).to_have_count(2)
    page.locator(".gg-submit").tap()
    grid.wait_until_saved()
    page.goto(f"{server.address}/single?campaign=kinds")
    expect(page.locator(".gs-answer").first).to_be_visible(timeout=30_000)
    assert page.evaluate(PROBLEMS) == []
    page.locator(".gs-window").tap()
    expect(page.locator(".gs-magnified")).to_be_visible()
    galaxy = str(page.locator(".gs-id").text_content())
    page.locator(".gs-answer").nth(1).tap()
    expect(page.locator(".gs-id")).not_to_have_text(galaxy)
    context.close()
    history = server.read(lambda sky: sky.labels.history("kinds"))
    assert sorted(history["answer"]) == ["", "", "", "", "", "disc", "odd", "round"]
    assert list(history["comment"][history["kind"] == "flag"]) == ["a tail?"]


def test_who_uses_tab_and_a_screen_reader_finds_everything(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/grid?campaign=kinds")
    grid = GridDriver(page)
    grid.wait_for_grid()
    listbox = page.get_by_role("listbox", name="What kind is each?")
    expect(listbox.get_by_role("option")).to_have_count(6)
    expect(page.get_by_role("radiogroup").get_by_role("radio")).to_have_count(4)
    grid.press("ArrowRight", "ArrowRight", "2")
    option = listbox.get_by_role("option").nth(1)
    expect(option).to_be_focused()
    assert "marked disc" in str(option.get_attribute("aria-label"))
    names = []
    for _ in range(12):
        grid.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is not None:
            assert focused["visible"], focused
            names.append(focused["name"])
    assert len(names) >= 10
    assert all(name.strip() for name in names)
