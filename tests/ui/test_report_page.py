import uuid

import pytest

from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.ui.text import clean

BARS = Campaign("bars", "Bars", "Which of these are <b>barred</b>?", ("bar", "no bar"))


def texts(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.subheader, *app.error]
    return clean("\n".join(part.value for part in parts)).replace("\\", "")


def test_without_a_campaign_the_report_says_so(sky_served, open_page):
    app = open_page("report", "Vera")
    assert not app.exception and "there is none yet" in texts(app)


@pytest.mark.parametrize("n", [0, 30])
def test_the_report_shows_what_people_said_and_can_be_kept(sky_served, open_page, n):
    sky_served.labels.create_campaign(BARS)
    ids = sky_served.catalog["galaxy_id"].astype(str).tolist()[:n]
    sky_served.labels.append(
        [
            LabelEvent(
                str(uuid.uuid4()), "bars", galaxy_id, "<script>x</script>", EventKind.LABEL,
                BARS.answers[row % 2], True, Reason.RANDOM,
            )
            for row, galaxy_id in enumerate(ids)
        ]
    )  # fmt: skip
    app = open_page("report", "Vera", campaign="bars")
    assert not app.exception and not app.error
    if not n:
        assert "first submitted grid" in texts(app)
        return
    assert "1 person gave 30 votes on 30 of 48 galaxies" in texts(app)
    assert app.dataframe[0].value["number"].tolist()[1] == "30"
    assert "<script>" not in "".join(part.value for part in app.markdown)
