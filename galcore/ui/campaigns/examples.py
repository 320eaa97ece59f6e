"""The parts of the campaign form that name galaxies: guidance with examples, gold items, seeds."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from galcore.questions import Question
from galcore.types import Campaign, ExampleImage, GalcoreError, GoldItem
from galcore.ui import state
from galcore.ui.campaigns.answers import Key, read_upload
from galcore.ui.campaigns.galaxies import show_unknown
from galcore.ui.campaigns.lists import IdList, ids_as_text, read_examples, read_gold, read_ids, rows_as_text
from galcore.ui.text import clean, count, plain, shorten
from galcore.web.addresses import stamp_address
from galcore.workspace import Workspace

Item = TypeVar("Item")

LONGEST_GUIDE = 4000
MOST_SEEDS = 100
MOST_EXAMPLES = 24
_MOST_GOLD_IN_FIELD = 5_000
_LARGEST_GOLD_MB = 10
_PROBLEMS_SHOWN = 5


def ask_guidance(workspace: Workspace, start: Campaign, key: Key) -> tuple[str, tuple[ExampleImage, ...]]:
    """Text and example galaxies that people see beside the grid."""
    guidance = st.text_area(
        "Guide", start.guidance, max_chars=LONGEST_GUIDE, height=100, key=key("guidance"),
        placeholder="What counts, what does not, what to do when unsure.",
        help="Shown beside the galaxies with the key h.",
    )  # fmt: skip
    before = rows_as_text((each.galaxy_id, each.caption) for each in start.examples)
    text = _ask_list(
        "Example galaxies, a line each: id, caption", key("examples"), before,
        line=lambda galaxy_id: (galaxy_id, ""), help_text="Shown in the guide with their captions.",
    )  # fmt: skip
    examples, problems = _read(lambda: read_examples(text, workspace.images))
    _show_problems(problems)
    if len(examples) > MOST_EXAMPLES:
        st.caption(f"The first {MOST_EXAMPLES} are shown.")
    examples = examples[:MOST_EXAMPLES]
    show_thumbnails(workspace, [(each.galaxy_id, each.caption) for each in examples])
    return guidance.strip(), examples


def ask_gold(
    workspace: Workspace,
    start: Campaign,
    questions: Sequence[Question],
    campaigns: Mapping[str, Campaign],
    key: Key,
) -> tuple[tuple[GoldItem, ...], tuple[str, ...]]:
    """Galaxies with known answers, and what is wrong with the lines that were not taken."""
    allowed = {question.name: question.answers for question in questions}
    st.caption(
        "Galaxies whose answer is known. People meet them unmarked; they measure a person, not a galaxy."
    )
    first = next(iter(allowed.values()), ("",))
    answer = st.selectbox(
        "Answer of the selected ones", first, key=key("gold_answer"),
        format_func=lambda each: shorten(clean(each), 60),
        help="The button below adds what is selected on Map, Similar or Review with this answer.",
    )  # fmt: skip
    before = rows_as_text(_gold_row(item) for item in start.gold)
    text = _ask_list(
        "Gold items, a line each: galaxy_id,answer", key("gold"), before,
        line=lambda galaxy_id: (galaxy_id, str(answer)),
        help_text="With several questions add a third column: the name of the question.",
    )  # fmt: skip
    file = st.file_uploader(
        "or a file: galaxy_id,answer", type=["csv", "txt", "tsv"], max_upload_size=_LARGEST_GOLD_MB,
        key=key("gold_file"), help="Added to the lines above.",
    )  # fmt: skip
    _offer_labelled(workspace, campaigns, key)
    if file is not None:
        text = f"{text}\n{_read_file(file.getvalue(), file.name)}"
    items, problems = _read(lambda: read_gold(text, known=workspace.images, questions=allowed))
    _show_problems(problems)
    if items:
        st.caption(f"{count(len(items), 'gold item')}.")
    return items, problems


def ask_seeds(workspace: Workspace, start: Campaign, answer: str, key: Key) -> tuple[str, ...]:
    """Galaxies of the wanted class to start from."""
    text = _ask_list(
        f"Seeds: known examples of “{plain(answer, limit=40)}”, one id a line",
        key("seeds"), ids_as_text(start.seeds), line=lambda galaxy_id: (galaxy_id,),
        help_text="The first grids show galaxies like these; a rare class is found much sooner.",
    )  # fmt: skip
    try:
        listed = read_ids(text, workspace.images)
    except GalcoreError as error:
        st.error(plain(str(error)))
        return ()
    show_unknown(IdList((), listed.unknown))
    show_thumbnails(workspace, [(each, "") for each in listed.known[:MOST_EXAMPLES]])
    return listed.known[:MOST_SEEDS]


def show_thumbnails(
    workspace: Workspace, galaxies: Sequence[tuple[str, str]], *, size_px: int = 96, side_px: int = 64
) -> None:
    """Small pictures of galaxies (id, caption) in a row that wraps."""
    if galaxies:
        pictures = "".join(_picture(workspace, *each, size_px=size_px, side_px=side_px) for each in galaxies)
        st.html(f'<div class="galcore-thumbs">{pictures}</div>')


def _picture(workspace: Workspace, galaxy_id: str, caption: str, *, size_px: int, side_px: int) -> str:
    address = stamp_address(workspace.name, galaxy_id, size_px=size_px, version=workspace.catalog_hash)
    words = html.escape(caption or galaxy_id)
    below = f"<figcaption dir='auto'>{html.escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure style="width:{side_px}px"><img src="{html.escape(address)}" alt="{words}" title="{words}" '
        f'width="{side_px}" height="{side_px}" loading="lazy">{below}</figure>'
    )


def _ask_list(
    label: str, key: str, before: str, *, line: Callable[[str], tuple[str, ...]], help_text: str
) -> str:
    """A field of lines, with a button that adds the selected galaxies to it."""
    st.session_state.setdefault(key, before)
    text = st.text_area(label, key=key, height=100, help=help_text)
    chosen = state.selected()
    if chosen:
        st.button(
            f"Add the selected ({len(chosen)})", key=f"{key}_add", icon=":material/add:", type="tertiary",
            on_click=_append, args=(key, [line(each) for each in chosen]),
            help="What is selected on Map, Similar or Review.",
        )  # fmt: skip
    return text


def _append(key: str, rows: Sequence[Sequence[str]]) -> None:
    """Put lines under those of a field; lines that are there already are passed over."""
    lines = [*st.session_state[key].splitlines(), *(rows_as_text([row]) for row in rows)]
    st.session_state[key] = "\n".join(dict.fromkeys(line for line in lines if line.strip()))


def _gold_row(item: GoldItem) -> tuple[str, ...]:
    return (item.galaxy_id, item.answer, item.question) if item.question else (item.galaxy_id, item.answer)


def _offer_labelled(workspace: Workspace, campaigns: Mapping[str, Campaign], key: Key) -> None:
    """Take over what people agreed on in another campaign."""
    if not campaigns:
        return
    other = st.selectbox(
        "or from another campaign", list(campaigns), index=None, key=key("gold_from"),
        format_func=lambda each: shorten(clean(campaigns[each].name), 60), placeholder="choose one",
        help="Galaxies all of whose voters gave the same answer.",
    )  # fmt: skip
    if other:
        rows = _agreed(workspace, campaigns[other])[:_MOST_GOLD_IN_FIELD]
        st.button(
            f"Add {len(rows):,} agreed answers", key=key("gold_take"), icon=":material/add:", type="tertiary",
            disabled=not rows, on_click=_append, args=(key("gold"), rows),
            help=f"At most {_MOST_GOLD_IN_FIELD:,}.",
        )  # fmt: skip


def _agreed(workspace: Workspace, campaign: Campaign) -> list[tuple[str, ...]]:
    """Galaxies of a campaign with their answer, where everybody gave the same and said so explicitly."""
    answers = workspace.labels.current(campaign.campaign_id)
    answers = answers[answers["explicit"]]
    by = ["galaxy_id", "question"] if "question" in answers else ["galaxy_id"]
    agreed = answers.groupby(by)["answer"].agg(["nunique", "first"]).query("nunique == 1").reset_index()
    rows = zip(agreed["galaxy_id"], agreed["first"], agreed.get("question", [""] * len(agreed)), strict=True)
    return [(str(where), str(answer), *([str(what)] if what else [])) for where, answer, what in rows]


def _read_file(content: bytes, name: str) -> str:
    try:
        return read_upload(content, name)
    except GalcoreError as error:
        st.error(plain(str(error)))
        return ""


def _read(
    read: Callable[[], tuple[tuple[Item, ...], tuple[str, ...]]],
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    try:
        return read()
    except GalcoreError as error:
        return (), (str(error),)


def _show_problems(problems: Sequence[str]) -> None:
    if problems:
        shown = [plain(each, limit=200) for each in problems[:_PROBLEMS_SHOWN]]
        more = len(problems) - len(shown)
        shown += [f"and {more:,} more"] if more > 0 else []
        st.warning("  \n".join(shown), icon=":material/help:")
