"""Who is here and what they may do: a table for all, a form for owners."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from galcore.people import Access, Mode, Person, Role, current_access, may, person_in
from galcore.people.changes import change_newcomers, change_person
from galcore.people.roles import MAX_WEIGHT, NotAllowedError
from galcore.people.roster import read_roster
from galcore.people.tokens import device_token
from galcore.types import Campaign, GalcoreError
from galcore.ui.links import link_here
from galcore.ui.people.who import MAX_NAME_LETTERS
from galcore.ui.text import clean, plain
from galcore.workspace import Workspace

_COMING = {Role.ANNOTATOR: "annotator", Role.VIEWER: "viewer", None: "nobody: invited people only"}
_HOW = {
    Mode.NAME: "A name is enough to come in.",
    Mode.PASSPHRASE: "People come in with a name and the passphrase of the group.",
    Mode.OIDC: "People come in by signing in with the provider.",
}


def show_people(workspace: Workspace, campaign: Campaign | None, user: str) -> None:
    """Everybody of the workspace, with what they did in the campaign where that may be seen."""
    owns = may(workspace.folder, user, Role.OWNER)
    people = known_people(workspace, campaign, user)
    table = people_table(workspace, campaign, user, people, owns=owns)
    st.dataframe(table, hide_index=True, width="stretch", key="settings_people", placeholder="–")
    if campaign is not None and not owns and not campaign.shows_pace:
        st.caption("Everybody sees their own figures; the campaign's owner chose not to show others'.")
    access = current_access()
    if not owns:
        _rename_oneself(workspace, user)
        return
    if access.everybody_owns and not read_roster(workspace.folder).has_owner:
        st.info(
            "Everybody on this machine may do everything. Set the first role, and you become the owner of "
            "this workspace; everybody else then has the role below.",
            icon=":material/lock_open:",
        )
    _change_somebody(workspace, user, people, access)
    _choose_newcomers(workspace, user, access)


def known_people(workspace: Workspace, campaign: Campaign | None, user: str) -> list[Person]:
    """People of the roster, then those who only have labels or are here now, and always this person."""
    roster = read_roster(workspace.folder)
    names = [person.name for person in roster.people]
    if campaign is not None:
        names += workspace.labels.people(campaign.campaign_id)["annotator"].tolist()
        names += workspace.labels.present(campaign.campaign_id)
    found = []
    for name in dict.fromkeys([*names, user]):
        try:
            found.append(person_in(workspace.folder, name))
        except NotAllowedError:
            found.append(Person(name, Role.VIEWER, removed=True))
    return found


def people_table(
    workspace: Workspace, campaign: Campaign | None, user: str, people: list[Person], *, owns: bool
) -> pd.DataFrame:
    """One row a person; labels and pace only of oneself, unless one owns or the campaign shows them."""
    frame = pd.DataFrame(
        {
            "name": [clean(person.shown) for person in people],
            "role": [person.role.value for person in people],
            "state": [_state(person) for person in people],
        }
    )
    if owns:
        frame["labels under"] = [clean(person.name) for person in people]
        frame["weight"] = [person.weight for person in people]
    if campaign is None:
        return frame
    here = set(workspace.labels.present(campaign.campaign_id))
    done = workspace.labels.people(campaign.campaign_id).set_index("annotator")
    told = [person.name if owns or campaign.shows_pace or person.name == user else "" for person in people]
    frame["here now"] = [person.name in here for person in people]
    frame["labels"] = [_figure(done, name, "n_answers") for name in told]
    frame["an hour"] = [_figure(done, name, "labels_per_hour") for name in told]
    return frame


def _figure(done: pd.DataFrame, name: str, column: str) -> float | None:
    value = done[column].get(name) if name else None
    return None if value is None or pd.isna(value) else round(float(value))


def _state(person: Person) -> str:
    return "removed" if person.removed else "paused" if person.paused else ""


def _rename_oneself(workspace: Workspace, user: str) -> None:
    shown = st.text_input(
        "What others read", person_in(workspace.folder, user).shown, max_chars=MAX_NAME_LETTERS,
        key="settings_own_name", help="Labels stay under the name they were made with.",
    )  # fmt: skip
    if st.button("Save", key="settings_own_name_save"):
        change_person(workspace.folder, user, by=user, display_name=shown)
        st.rerun()


def _change_somebody(workspace: Workspace, user: str, people: list[Person], access: Access) -> None:
    by_name = {person.name: person for person in people}
    name = st.selectbox(
        "Change", list(by_name), format_func=lambda each: clean(by_name[each].shown), key="settings_person"
    )
    person = by_name[name]
    key = f"settings_{name}"
    with st.form(f"settings_form_{name}"):
        left, right = st.columns(2)
        shown = left.text_input("What others read", person.shown, max_chars=MAX_NAME_LETTERS, key=f"{key}_n")
        role = right.selectbox(
            "Role", list(Role), index=list(Role).index(person.role), format_func=str, key=f"{key}_role"
        )
        weight = left.number_input(
            "Weight of their labels", 0.0, MAX_WEIGHT, person.weight, 0.1, key=f"{key}_weight",
            help="1: as everybody. 0: kept, and counted nowhere.",
        )  # fmt: skip
        paused = right.checkbox("Paused: may look, not write", person.paused, key=f"{key}_paused")
        removed = right.checkbox("Removed: may not come in", person.removed, key=f"{key}_removed")
        saved = st.form_submit_button("Save", type="primary")
    if access.mode is Mode.PASSPHRASE and st.button("Link for another browser of theirs", key=f"{key}_link"):
        st.code(link_here(device=device_token(name, access)), language=None)
        st.caption("Whoever opens it within 15 minutes goes on under this name.")
    if not saved:
        return
    try:
        change_person(
            workspace.folder, name, by=user, role=role, paused=paused, removed=removed,
            weight=weight, display_name="" if shown == name else shown,
        )  # fmt: skip
    except GalcoreError as error:
        st.error(plain(str(error), limit=400), icon=":material/build:")
        return
    st.rerun()


def _choose_newcomers(workspace: Workspace, user: str, access: Access) -> None:
    now = read_roster(workspace.folder).newcomers
    options = list(_COMING)
    chosen = st.selectbox(
        "Who comes without an invitation is", options, index=options.index(now),
        format_func=_COMING.__getitem__, key="settings_newcomers", help=_HOW[access.mode],
    )  # fmt: skip
    if chosen != now:
        change_newcomers(workspace.folder, chosen, by=user)
        st.rerun()
