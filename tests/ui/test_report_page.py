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
    assert clean(app.table[0].value["value"].tolist()[1]) == "30"
    assert "<script>" not in "".join(part.value for part in app.markdown)
    people = app.dataframe[len(app.dataframe) - 1].value["person"].tolist()
    assert people == ["<script>x</script>"]  # a cell of a table is text
    app.toggle(key="report_pseudonymous").set_value(True).run()
    (person,) = app.dataframe[len(app.dataframe) - 1].value["person"].tolist()
    assert person.startswith("person-")


def test_who_is_no_owner_sees_no_names_beside_the_figures(sky_served, open_page, monkeypatch):
    monkeypatch.setenv("GALCORE_OWNER", "Judge")
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    sky_served.labels.create_campaign(BARS)
    galaxy_id = str(sky_served.catalog["galaxy_id"].iloc[0])
    sky_served.labels.append([LabelEvent("e", "bars", galaxy_id, "Edwin", EventKind.LABEL, "bar")])
    app = open_page("report", "Vera", campaign="bars")
    assert not app.exception and not app.toggle
    assert "Edwin" not in str([frame.value.to_dict() for frame in [*app.dataframe, *app.table]])
    assert "annotator 1" in str([frame.value.to_dict() for frame in [*app.dataframe, *app.table]])
