"""Kill the dashboard twenty times while somebody annotates in a real browser, and count what was lost.

    python -m benchmarks.kill_server [--json] [--tries 20]

Each try: a grid is submitted, the page says it is saved, the server is killed (SIGKILL) with another grid on
its way, started again on the same files, and the browser sends what was not acknowledged. Then two browsers
submit eight grids each, as quickly as keys can be pressed. Writes benchmarks/results/kill_server.json.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.settings import ROOT
from galcore.types import Campaign
from galcore.workspace import Workspace
from tests.browser import find_browser
from tests.e2e.driver import BROWSER_FLAGS, Server, open_grid, open_profile

CAMPAIGN = Campaign(
    "spirals", "Spirals", "Which of these are spirals?", ("spiral", "other"), grid_rows=2, grid_columns=2
)
N_GALAXIES = 400
GRIDS_EACH = 8


def make_workspace(folder: Path, campaign: Campaign = CAMPAIGN, *, n_galaxies: int = N_GALAXIES) -> None:
    """A prepared workspace of simulated galaxies with one campaign."""
    from galcore.catalog.importer import import_path
    from galcore.preparation import prepare
    from galcore.simulate.write import write_survey

    workspace = Workspace.create(folder, title="Sky")
    written = write_survey(folder / "survey", n_galaxies, survey="SDSS", seed=11, size_px=48)
    import_path(written.folder / "images", folder)
    prepare(workspace)
    workspace.labels.create_campaign(campaign)
    workspace.close()


def kill_often(browser: Browser, server: Server, tries: int) -> tuple[list[str], list[str]]:
    """Galaxies that the page called saved before a kill, and those on their way at the kill."""
    grid = open_grid(open_profile(browser), server, "Vera", CAMPAIGN.campaign_id)
    saved: list[str] = []
    on_their_way: list[str] = []
    for number in range(tries):
        saved += grid.submit()
        grid.wait_until_saved()
        on_their_way += grid.submit()
        server.kill()
        server.start()
        grid.wait_until_saved()
        print(f"kill {number + 1} of {tries}", flush=True)
    return saved, on_their_way


def submit_together(browser: Browser, server: Server) -> dict[str, list[str]]:
    """Two browsers in turn, eight grids each, without waiting for an acknowledgement."""
    people = {
        name: open_grid(open_profile(browser), server, name, CAMPAIGN.campaign_id)
        for name in ("Ada", "Carlos")
    }
    sent: dict[str, list[str]] = {name: [] for name in people}
    for _ in range(GRIDS_EACH):
        for name, grid in people.items():
            sent[name] += grid.submit()
    for grid in people.values():
        grid.wait_until_saved()
    return sent


def read_events(workspace: Workspace) -> pd.DataFrame:
    """Every event of the campaign."""
    return workspace.labels.history(CAMPAIGN.campaign_id)


def measure(tries: int) -> tuple[Measure, ...]:
    """Run both experiments on one server and compare what was sent with what is in the store."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_workspace(Path(folder) / "workspaces" / "sky")
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
        with Server(Path(folder) / "workspaces", Path(folder) / "server.log") as server:
            saved, on_their_way = kill_often(browser, server, tries)
            together = submit_together(browser, server)
            events = server.read(read_events)
        browser.close()
    stored = {name: rows["galaxy_id"].tolist() for name, rows in events.groupby("annotator")}
    vera = set(stored["Vera"])
    doubled = sum(len(ids) - len(set(ids)) for ids in stored.values())
    n_sent = sum(len(sent) for sent in together.values())
    quick = sum(len(set(sent) & set(stored[name])) for name, sent in together.items())
    return (
        Measure.at_most(f"acknowledged answers lost in {tries} kills", len(set(saved) - vera), "answers", 0),
        Measure.at_most(
            f"answers on their way lost in {tries} kills", len(set(on_their_way) - vera), "answers", 0
        ),
        Measure.at_most("answers stored twice", doubled, "answers", 0),
        Measure.at_least("answers of two browsers that arrived", quick, "answers", n_sent),
    )


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description="Kill the dashboard often and count what was lost.")
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = BenchmarkResult(
        name="kill_server",
        command=f"python -m benchmarks.kill_server --tries {options.tries}",
        results=measure(options.tries),
        rows=(),
    )
    result.write(ROOT / "benchmarks" / "results" / "kill_server.json")
    print(result.to_json() if options.json else result.table())


if __name__ == "__main__":
    main()
