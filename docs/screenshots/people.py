"""Six simulated people who answer a campaign of the demo, so that Review has something to decide."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np

from galcore.consensus.simulation import BIASED, CAREFUL, SLOPPY, draw_people
from galcore.loop.messages import GridAnswer, Submission
from galcore.types import Campaign
from galcore.workspace import Workspace

NAMES = ("Ada", "Caroline", "Edwin", "Fritz", "Henrietta", "Vera")
CROWD = ((CAREFUL, 3), (SLOPPY, 2), (BIASED, 1))
CAMPAIGN = Campaign(
    "demo-six",
    "Bars, seen by three each",
    "Which of these are barred?",
    ("barred", "not barred"),
    guidance="A bar is a straight, bright stroke through the centre from which the arms begin.",
    overlap=3,
)
GRIDS_EACH = 10


def answer_by_six(folder: Path) -> None:
    """Let them answer grids of the loop, each erring in their own way about the truth in the catalogue."""
    workspace = Workspace.open(folder)
    if CAMPAIGN.campaign_id in {each.campaign_id for each in workspace.labels.campaigns()}:
        workspace.close()
        return
    workspace.labels.create_campaign(CAMPAIGN)
    loop = workspace.loop(CAMPAIGN.campaign_id)
    barred = workspace.catalog.set_index("galaxy_id")["barred"].astype(str) == "True"
    rng = np.random.default_rng(0)
    confusion, _ = draw_people(len(CAMPAIGN.answers), rng, mixture=CROWD)
    for _ in range(GRIDS_EACH):
        for number, name in enumerate(NAMES):
            grid, _ = loop.grids(name)
            answers = []
            for item in grid.items:
                truth = 0 if barred[item.galaxy_id] else 1
                said = int(rng.choice(len(CAMPAIGN.answers), p=confusion[number, truth]))
                answer, event_id = CAMPAIGN.answers[said], str(uuid.uuid4())
                answers.append(GridAnswer(item.galaxy_id, answer, event_id, explicit=said == 0))
            loop.submit(Submission(grid.grid_id, name, tuple(answers), "survey"))
    for name in NAMES:
        loop.leave(name)
    workspace.close()
