"""The part of the campaign form that asks how galaxies are answered: by mode, with own answers or a tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from galcore.questions import built_in_trees, fixed_answers, read_tree
from galcore.types import Campaign, CampaignMode, GalcoreError
from galcore.ui.text import clean, count, plain, shorten

Key = Callable[[str], str]  # key of a widget of this form

MODE_LABELS: dict[CampaignMode, str] = {
    "binary": "yes or no",
    "multiclass": "one of several",
    "multilabel": "several at once",
    "interest": "interest 0 – 5",
    "grades": "lens grades",
    "tree": "decision tree",
}
MODE_HELP = (
    "**yes or no**: click those that are meant, the rest is no; the quickest.  \n"
    "**one of several**: each galaxy gets one class.  \n"
    "**several at once**: any number of features, each a yes or no.  \n"
    "**interest 0 – 5**: how remarkable a galaxy is.  \n"
    "**lens grades**: A sure, B likely, C possible, X none.  \n"
    "**decision tree**: one question leads to the next, as in Galaxy Zoo."
)
_FIXED_HELP = {
    "interest": "0 is nothing special, 5 is what you would wake a colleague for. Digits answer.",
    "grades": "A is a sure lens, B likely, C possible, X none.",
}
_OWN_TREE = "own tree"
_CLASSES = ("spiral", "elliptical", "edge-on", "merger", "artefact")
_FEATURES = ("bar", "spiral arms", "ring", "tidal tail", "dust lane")
_LARGEST_TREE_MB = 1
LONGEST_ANSWER = 60


@dataclass(frozen=True, slots=True)
class Answers:
    """How galaxies are answered.

    Attributes:
        mode: Of the campaign.
        answers: Of the campaign.
        tree: TOML text, in mode ``tree``.
        problems: What has to be mended first.
    """

    mode: CampaignMode
    answers: tuple[str, ...]
    tree: str = ""
    problems: tuple[str, ...] = ()


def ask_answers(start: Campaign, key: Key, *, n_labels: int = 0) -> Answers:
    """The mode and what belongs to it; with labels already, mode and tree stay as they are."""
    locked = n_labels > 0
    if locked:
        st.segmented_control(
            "Answers", [MODE_LABELS[start.mode]], default=MODE_LABELS[start.mode], disabled=True,
            key=key("mode_kept"), help=MODE_HELP,
        )  # fmt: skip
        st.caption(
            f"The kind of answer stays, for the {count(n_labels, 'label')} given under it. "
            "Answers can be added, and unused ones taken away. Duplicate the campaign to ask differently."
        )
        mode = start.mode
    else:
        mode = st.segmented_control(
            "Answers",
            list(MODE_LABELS),
            default=start.mode,
            format_func=MODE_LABELS.__getitem__,
            required=True,
            key=key("mode"),
            help=MODE_HELP,
        )
    if mode == "tree":
        return _keep_tree(start) if locked else _ask_tree(start, key)
    fixed = fixed_answers(mode)
    if fixed is not None:
        st.caption(_FIXED_HELP[mode])
        return Answers(mode, fixed)
    return Answers(mode, _ask_pair(start, key) if mode == "binary" else _ask_lines(start, mode, key))


def _ask_pair(start: Campaign, key: Key) -> tuple[str, ...]:
    before = start.answers if start.mode == "binary" else ("yes", "no")
    wanted, rest = st.columns(2)
    positive = wanted.text_input(
        "What a click means", before[0], max_chars=LONGEST_ANSWER, key=key("positive"),
        help="The answer of the galaxies that you click; what the model looks for.",
    )  # fmt: skip
    negative = rest.text_input(
        "The rest is", before[1], max_chars=LONGEST_ANSWER, key=key("negative"),
        help="The answer of those you leave when you submit a grid; kept as implied, and weighed less.",
    )  # fmt: skip
    return (positive.strip(), negative.strip())


def _ask_lines(start: Campaign, mode: CampaignMode, key: Key) -> tuple[str, ...]:
    several = mode == "multilabel"
    before = start.answers if start.mode == mode else _FEATURES if several else _CLASSES
    lines = st.text_area(
        "Features, one a line" if several else "Classes, one a line",
        "\n".join(before),
        height=150,
        key=key(f"answers_{mode}"),
        help="The first ten have the digit keys 1 – 9 and 0, in this order.",
    )
    return tuple(line.strip() for line in lines.splitlines() if line.strip())


def _keep_tree(start: Campaign) -> Answers:
    st.caption(f"Decision tree: {plain(read_tree(start.tree).title, limit=80)}")
    return Answers("tree", start.answers, start.tree)


def _ask_tree(start: Campaign, key: Key) -> Answers:
    trees = built_in_trees()
    if start.mode == "tree":
        trees = {"as it is": start.tree, **trees}
    names = [*trees, _OWN_TREE]
    chosen = st.selectbox(
        "Tree", names, key=key("tree"), format_func=lambda name: _tree_title(name, trees),
        help="The tree of Galaxy Zoo DECaLS is built in; your own one is a TOML file, see the guide.",
    )  # fmt: skip
    text = trees[chosen] if chosen in trees else _ask_own_tree(key, example=next(iter(trees.values())))
    if not text.strip():
        return Answers("tree", (), "", ("Paste or upload a decision tree.",))
    try:
        tree = read_tree(text)
    except GalcoreError as error:
        st.error(plain(str(error)), icon=":material/account_tree:")
        return Answers("tree", (), text, (str(error),))
    st.caption(f"{count(len(tree.questions), 'question')}; begins with “{plain(tree.root.text, limit=100)}”")
    return Answers("tree", tree.root.answers, text)


def _tree_title(name: str, trees: dict[str, str]) -> str:
    if name not in trees or name == "as it is":
        return name
    return shorten(clean(read_tree(trees[name]).title), 60)


def _ask_own_tree(key: Key, *, example: str) -> str:
    pasted = st.text_area(
        "Tree as TOML", height=180, max_chars=200_000, key=key("tree_text"),
        placeholder='title = "Rings"\n\n[[question]]\nname = "ring"\ntext = "Is there a ring?"\n'
        'answers = ["yes", "no"]\nleads_to = { yes = "kind" }',
        help="One [[question]] table a question; an answer that leads nowhere ends the galaxy.",
    )  # fmt: skip
    file = st.file_uploader(
        "or a file", type=["toml"], max_upload_size=_LARGEST_TREE_MB, key=key("tree_file"),
        help="A TOML file; what is pasted above wins.",
    )  # fmt: skip
    st.download_button(
        "An example to start from", example, file_name="tree.toml", mime="text/plain", type="tertiary",
        icon=":material/download:", key=key("tree_example"), on_click="ignore",
    )  # fmt: skip
    if pasted.strip() or file is None:
        return pasted
    return read_upload(file.getvalue(), file.name)


def read_upload(content: bytes, name: str) -> str:
    """Text of an uploaded file.

    Raises:
        GalcoreError: If it is no UTF-8 text.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GalcoreError(f"{name} is no text in UTF-8: save it as such, and upload it again.") from error
