"""What is asked of the restorers, kept for the session: one question a task and image, for several tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from galcore.web.restore.attempt import METHODS, Attempt, RestoreRequest, RestoreSource
from galcore.web.restore.bench import bench
from galcore.web.restore.weights import model_restores, weights_mark

if TYPE_CHECKING:
    from galcore.restore.psf import Psf
    from galcore.restore.restoration import Task

TASKS: dict[Task, str] = {"reconstruct": "Fill in a masked region", "deconvolve": "Sharpen (deconvolve)"}
MODEL = "model"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What the person applied: a mask to fill in, or a blur to take out."""

    mask: NDArray[np.bool_] | None = None
    psf: Psf | None = None
    noise_sigma: tuple[float, ...] | None = None


def question_of(source: RestoreSource, task: Task) -> Question | None:
    """The question put to this image in this session, if any."""
    return st.session_state.get(_key(source, task))


def put_question(source: RestoreSource, task: Task, question: Question) -> None:
    """Ask from now on; what failed or was cancelled before is tried anew."""
    st.session_state[_key(source, task)] = question
    for method in _methods(task):
        bench().start(_request(source, task, method, question), again=True)


def attempts_at(source: RestoreSource, task: Task) -> tuple[Attempt, ...]:
    """Attempts of the model and of the tools compared with it; started here where they are not yet."""
    question = question_of(source, task)
    if question is None:
        return ()
    return tuple(bench().start(_request(source, task, method, question)) for method in _methods(task))


def _methods(task: Task) -> tuple[str, ...]:
    """The model, where it can restore, and the classical tools chosen beside it; never nothing at all."""
    chosen = st.session_state.get(_compare_key(task)) or ()
    wanted = {*chosen, MODEL} if model_restores() else set(chosen)
    methods = tuple(method for method in METHODS[task] if method in wanted)
    return methods or tuple(method for method in METHODS[task] if method != MODEL)[:1]


def choose_comparison(task: Task) -> None:
    """The classical tools, one click away."""
    tools = {method: name for method, name in METHODS[task].items() if method != MODEL}
    st.pills(
        "Compare with", list(tools), selection_mode="multi", format_func=tools.__getitem__,
        key=_compare_key(task),
        help="Classical tools on the same question, as further columns beside the model.",
    )  # fmt: skip
    if not model_restores():
        st.caption(":material/info: The weights on this server cannot restore; the classical tools answer.")


def _request(source: RestoreSource, task: Task, method: str, question: Question) -> RestoreRequest:
    mark = weights_mark() if method == MODEL else ""
    mask = question.mask if task == "reconstruct" else None
    said = "" if mask is None else f"drawn in the dashboard, {int(mask.sum())} px"
    return RestoreRequest(
        source, task, method, mask=mask, psf=question.psf, noise_sigma=question.noise_sigma,
        model_mark=mark, said=said,
    )  # fmt: skip


def _key(source: RestoreSource, task: Task) -> str:
    return f"galcore.restore.{task}.{source.key}"


def _compare_key(task: Task) -> str:
    return f"restore_compare_{task}"
