"""Keys as quick as the browser takes them: the page does what the list of keys says, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from galcore.types import Campaign
from galcore.workspace import Workspace
from tests.e2e.conftest import KINDS, SPIRALS
from tests.e2e.driver import GridDriver, Server
from tests.e2e.grid_model import SKIP, GridModel, random_keys

pytestmark = pytest.mark.e2e
OpenAs = Callable[..., GridDriver]
N_KEYS = 200
SHAPES = ("●", "✕", "▲")
# What the page shows when a key comes, before the page itself sees the key.
WATCH = """() => {
  const inShadow = (each) => each.shadowRoot?.querySelector(".gg");
  const root = () => [...document.querySelectorAll("*")].map(inShadow).find(Boolean);
  const shown = () => {
    const cells = [...root().querySelectorAll(".gg-cell")];
    const places = (name) => cells.flatMap((cell, place) => (cell.classList.contains(name) ? [place] : []));
    return {
      ids: cells.map((cell) => cell.dataset.id),
      badges: cells.map((cell) => cell.querySelector(".gg-badge").textContent),
      focus: places("gg-focus"), selected: places("gg-selected"),
      brush: [...root().querySelectorAll(".gg-chip")].findIndex((chip) => chip.matches(".gg-brush")),
      stretch: root().querySelector(".gg-stretch-select").selectedIndex,
      inverted: cells.length > 0 && cells.every((cell) => cell.firstChild.classList.contains("gg-inverted")),
      zoomed: !root().querySelector(".gg-zoom").hidden,
      over: (root().querySelector(".gg-guide").hidden ? "" : "h") +
        (root().querySelector(".gg-keys").hidden ? "" : "?"),
    };
  };
  window.watched = [];
  window.shownNow = shown;
  window.addEventListener("keydown", (event) => event.key !== "Shift" && window.watched.push(shown()), true);
}"""


def _as_shown(model: GridModel) -> dict[str, Any]:
    """What the page ought to show."""
    board = model.board
    ids = board.ids if board else []
    badge = {SKIP: "?", None: "", **dict(enumerate(SHAPES))}
    return {
        "ids": ids,
        "badges": [badge[board.marks.get(each)] for each in ids] if board else [],
        "focus": [board.focus] if board and board.focus >= 0 else [],
        "selected": [place for place, each in enumerate(ids) if board and each in board.selection],
        "brush": model.brush,
        "stretch": model.stretch,
        "inverted": bool(ids) and model.inverted,
        "zoomed": model.zoomed,
        "over": model.over,
    }


def _stored(campaign_id: str) -> Callable[[Workspace], dict[str, tuple[str, bool]]]:
    def read(workspace: Workspace) -> dict[str, tuple[str, bool]]:
        history = workspace.labels.history(campaign_id)
        assert history["event_id"].is_unique
        stands = history[~history["undone"].astype(bool) & history["kind"].isin(["label", "skip"])]
        assert stands["galaxy_id"].is_unique
        return {row.galaxy_id: (row.answer, bool(row.explicit)) for row in stands.itertuples()}

    return read


def _follow(model: GridModel, page: Page, keys: list[str]) -> None:
    """Hold every key that was pressed against the model."""
    watched = page.evaluate("window.watched")
    assert len(watched) == len(keys), "keys were lost"
    for number, (key, shown) in enumerate(zip(keys, watched, strict=True)):
        model.see(shown["ids"])
        assert shown == _as_shown(model), (
            f"before key {number}, {key}, after {keys[max(0, number - 8) : number]}"
        )
        model.press(key)


@pytest.mark.parametrize(("campaign", "seed"), [(SPIRALS, 1), (KINDS, 1)], ids=["binary", "classes"])
def test_two_hundred_quick_keys_do_what_they_say(
    person: OpenAs, server: Server, campaign: Campaign, seed: int
) -> None:
    grid = person("Vera", campaign=campaign.campaign_id)
    grid.page.mouse.move(2, 2)
    grid.page.evaluate(WATCH)
    keys = random_keys(N_KEYS, seed)
    grid.press(*keys)
    model = GridModel(
        campaign.answers,
        1 if campaign.mode == "binary" else SKIP,
        (campaign.grid_rows, campaign.grid_columns),
    )
    _follow(model, grid.page, keys)
    grid.wait_until_saved()
    shown = grid.page.evaluate("window.shownNow()")
    model.see(shown["ids"])
    assert shown == _as_shown(model)
    assert len(model.sent) + model.n_taken_back >= 5, "too few grids to prove anything"
    assert server.read(_stored(campaign.campaign_id)) == model.stored()
