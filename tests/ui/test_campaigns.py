"""Campaigns made, changed and joined through the pages, without a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from galcore.types import Campaign
from galcore.workspace import Workspace

OpenPage = Callable[..., AppTest]
RINGS = """
title = "Rings"

[[question]]
name = "ring"
text = "Is there a ring?"
answers = ["yes", "no"]
leads_to = { yes = "kind" }

[[question]]
name = "kind"
text = "What kind?"
answers = ["inner", "outer"]
"""


def _texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.subheader, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def _press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@pytest.fixture
def form(sky_served: Workspace, open_page: OpenPage) -> AppTest:
    """The grid page with the dialog that makes a campaign open over it."""
    return open_page("grid", "Vera", new="1")


def _fill(app: AppTest, name: str, value: object) -> None:
    """Change a field of the dialog; the page opens it again, since the bench runs pages from the top."""
    widgets = (
        *app.text_input, *app.text_area, *app.selectbox, *app.slider, *app.number_input, *app.toggle,
        *app.button_group, *app.multiselect,
    )  # fmt: skip
    next(each for each in widgets if each.key == f"campaign_new_{name}").set_value(value)
    _again(app)


def _again(app: AppTest) -> None:
    app.query_params["new"] = "1"
    app.run()


def _create(app: AppTest, label: str = "Create and begin") -> None:
    app.query_params["new"] = "1"
    _press(app, label)


def _only(workspace: Workspace) -> Campaign:
    (campaign,) = workspace.labels.campaigns()
    return campaign


def test_a_question_is_enough_for_a_campaign(form: AppTest, sky_served: Workspace) -> None:
    _fill(form, "question", "Which of these are barred?")
    _create(form)
    assert not form.exception
    made = _only(sky_served)
    assert (made.name, made.question, made.answers) == (
        "Which of these are barred?", "Which of these are barred?", ("yes", "no"),
    )  # fmt: skip
    assert (made.state, made.overlap, made.visibility, made.learns) == ("open", 1, "after_own", True)
    assert (made.created_by, len(made.join_code)) == ("Vera", 12)
