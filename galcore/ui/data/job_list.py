"""Jobs of a workspace: progress, cancel, log, result, and running one again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from galcore.jobs import Job, JobProgress, JobStatus, cancel_job, jobs, submit
from galcore.jobs.reporting import duration_text
from galcore.people import Role, may, require_role
from galcore.types import GalcoreError
from galcore.ui.text import plain
from galcore.workspace import Workspace

SHOWN = 8
WATCH_S, IDLE_S = 1.0, 15.0
RENEW = "--renew"
TITLES = {
    "import": "Import",
    "detect": "Detect sources",
    "prepare": "Prepare",
    "embed": "Embed",
    "atlas": "Map",
}
LOOKS = {
    JobStatus.QUEUED: ("waits for the job before it", "gray", ":material/hourglass_top:"),
    JobStatus.RUNNING: ("runs", "orange", ":material/play_circle:"),
    JobStatus.DONE: ("done", "green", ":material/check_circle:"),
    JobStatus.FAILED: ("failed", "red", ":material/error:"),
    JobStatus.CANCELLED: ("cancelled", "gray", ":material/cancel:"),
    JobStatus.LOST: ("stopped without a word", "red", ":material/help:"),
}


def show_jobs(workspace: Workspace, user: str) -> None:
    """The newest jobs; those at work are looked at every second, without rerunning the page."""
    known = _statuses(workspace)
    active = any(status.is_active for _, status in known)
    st.fragment(_draw_jobs, run_every=WATCH_S if active else IDLE_S)(workspace, user, known)


def _statuses(workspace: Workspace) -> tuple[tuple[str, JobStatus], ...]:
    return tuple((job.job_id, job.status) for job in jobs(workspace.folder)[:SHOWN])


def _draw_jobs(workspace: Workspace, user: str, known: tuple[tuple[str, JobStatus], ...]) -> None:
    newest = jobs(workspace.folder)[:SHOWN]
    if not newest:
        st.caption(
            "No job yet. Imports and preparations run here, outside the dashboard; you can close the page."
        )
        return
    if _statuses(workspace) != known:
        st.rerun()  # the whole page: what the workspace holds may have changed
    for job in newest:
        _show_job(job, workspace, user)


def _show_job(job: Job, workspace: Workspace, user: str) -> None:
    status = job.status
    words, colour, icon = LOOKS[status]
    if job.is_stopping:
        words = "is being stopped"
    with st.container(border=True, key=f"job_{job.job_id.replace('.', '_')}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = TITLES.get(job.kind, job.kind)
            st.markdown(f"**{title}** :{colour}[{icon} {words}]", width="content")
            st.caption(_when(job), width="content")
            st.space("stretch")
            _show_button(job, status, workspace, user)
        if status is JobStatus.RUNNING:
            show_progress(job.progress)
        _show_outcome(job, status)


def _show_button(job: Job, status: JobStatus, workspace: Workspace, user: str) -> None:
    if not may(workspace.folder, user, Role.OWNER):
        return
    if status.is_active:
        label = "Stop at once" if job.is_stopping else "Cancel"
        explanation = "What is done is kept; running it again goes on from there."
        if st.button(label, key=f"cancel_{job.job_id}", type="tertiary", help=explanation):
            require_role(workspace.folder, user, Role.OWNER)
            cancel_job(job)
            st.rerun(scope="fragment")
    elif status is JobStatus.FAILED and job.kind == "prepare" and RENEW in job.error:
        if st.button(
            "Renew", key=f"renew_{job.job_id}", icon=":material/update:", type="tertiary",
            help="Embeds anew with the weights of today; what is there is kept aside, labels stay.",
        ):  # fmt: skip
            start_job(workspace, job.kind, [*job.arguments, RENEW], user)
            st.rerun()
    elif status is not JobStatus.DONE and st.button(
        "Resume", key=f"again_{job.job_id}", icon=":material/replay:", type="tertiary",
        help="Runs it again; what was done is not done twice.",
    ):  # fmt: skip
        start_job(workspace, job.kind, list(job.arguments), user)
        st.rerun()


def show_progress(told: JobProgress | None) -> None:
    """A bar with the step, how far it is and how long it may last."""
    if told is None:
        st.progress(0.0, text="starting …")
        return
    step = told.progress
    parts = [plain(step.stage)]
    if step.total:
        parts.append(f"{step.done:,} of {step.total:,}")
    if told.seconds_left:
        parts.append(f"about {duration_text(told.seconds_left)} left")
    if step.message:
        parts.append(plain(step.message, limit=80))
    st.progress(told.fraction or 0.0, text=" · ".join(parts))


def _show_outcome(job: Job, status: JobStatus) -> None:
    if status is JobStatus.FAILED:
        st.error(plain(job.error, limit=600), icon=":material/build:")
    elif status is JobStatus.LOST:
        st.warning("Its process was killed, or the machine went down. Resume goes on where it stopped.")
    output = job.output
    if isinstance(output, Mapping):
        _show_result(job, output)
    log = job.log_tail(60)
    if log:
        with st.expander("Log", icon=":material/notes:", expanded=False):
            st.code(log, language=None, height=220)


def _show_result(job: Job, output: Mapping[str, object]) -> None:
    parts = []
    if "n_imported" in output:
        parts.append(
            f"{_number(output['n_imported'])} galaxies added, {_number(output.get('n_total'))} in all"
        )
    if "n_embedded" in output:
        made = ", ".join(map(str, output.get("done") or ())) or "nothing was missing"  # type: ignore[call-overload]
        parts.append(f"{_number(output['n_embedded'])} galaxies seen by {output.get('model')} ({made})")
    if parts:
        st.markdown(plain(" · ".join(parts)))
    for note in _texts(output.get("notes")):
        st.caption(plain(note, limit=300))
    _show_left_out(job, output.get("left_out"))


def _show_left_out(job: Job, left_out: object) -> None:
    if not isinstance(left_out, list) or not left_out:
        return
    table = pd.DataFrame(left_out).reindex(columns=["source", "reason"])
    with st.expander(f"{len(table):,} left out, and why", icon=":material/rule:"):
        st.dataframe(table, hide_index=True, key=f"left_out_{job.job_id}")
        st.download_button(
            "Download this table", table.to_csv(index=False), f"left-out-{job.job_id}.csv", "text/csv",
            key=f"left_out_file_{job.job_id}", on_click="ignore", icon=":material/download:",
        )  # fmt: skip


def _when(job: Job) -> str:
    submitted = datetime.fromtimestamp(job.submitted_at, tz=UTC)
    text = f"{submitted:%Y-%m-%d %H:%M} UTC"
    if job.submitted_by:
        text += f" · {plain(job.submitted_by, limit=40)}"
    if job.finished_at and job.started_at:
        text += f" · took {duration_text(job.finished_at - job.started_at)}"
    return text


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def start_job(workspace: Workspace, kind: str, arguments: list[str], user: str) -> bool:
    """Submit a job and say so; False, with the reason on the page, when it cannot be."""
    try:
        require_role(workspace.folder, user, Role.OWNER)
        submit(workspace.folder, kind, arguments, submitted_by=user)
    except (GalcoreError, OSError) as error:
        st.error(plain(str(error), limit=600), icon=":material/build:")
        return False
    return True
