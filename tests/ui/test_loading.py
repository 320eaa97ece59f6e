"""What the Review page keeps while people go on labelling."""

import uuid

import pytest

from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.ui.results import loading

BARS = Campaign("bars", "Bars", "Which of these are barred?", ("bar", "no bar"))


def answer(workspace, rows: range) -> None:
    ids = workspace.catalog["galaxy_id"].astype(str).tolist()
    workspace.labels.append(
        [
            LabelEvent(
                str(uuid.uuid4()), "bars", ids[row], "Vera", EventKind.LABEL, BARS.answers[row % 2], True,
                Reason.RANDOM,
            )
            for row in rows
        ]
    )  # fmt: skip


@pytest.mark.parametrize("costly", [False, True])
def test_scores_that_cost_seconds_rest_while_labels_show_at_once(sky_served, monkeypatch, costly):
    if costly:
        monkeypatch.setattr(loading, "COSTLY_S", 0.0)
        monkeypatch.setattr(loading, "KEPT_TIMES", 1e9)
    sky_served.labels.create_campaign(BARS)
    answer(sky_served, range(10))
    first = loading.load_review(sky_served, BARS)
    answer(sky_served, range(10, 20))
    second = loading.load_review(sky_served, BARS)
    assert first.model_version and (second.galaxies["label"] != "").sum() == 20
    assert (second.model_version == first.model_version) is costly
    monkeypatch.setattr(loading, "KEPT_TIMES", 0.0)
    assert loading.load_review(sky_served, BARS).model_version != first.model_version
