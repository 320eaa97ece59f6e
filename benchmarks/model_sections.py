"""Sections of the page of results about the model: the loop, the probe, labels, encoders."""

from __future__ import annotations

import re
from statistics import fmean

from benchmarks.result_files import (
    Library,
    Stored,
    aim,
    listed,
    measures_table,
    not_measured,
    number,
    rows_table,
    share,
    table,
    verdict,
)
from benchmarks.targets import FEATURES, GRID, LOOPS, SEEDS, SPIRAL_TARGETS, WANTED

FEW_GALAXIES = 150  # below, a figure has errors of several hundredths
_LABELS = (20, 100, 0)  # 0: half of all
_STRATEGIES = (
    ("embedding", "default", "default"),
    ("embedding", "random", "random"),
    ("embedding", "margin", "margin"),
    ("embedding", "top", "top"),
    ("hog", "default", "hog, default"),
    ("pixels", "default", "pixels, default"),
)


def loop_section(library: Library) -> str:
    """The loop against truth."""
    head = "## The loop against truth\n\n"
    loop = library.get("loop")
    if loop is None:
        return head + not_measured("loop")
    tasks = list(dict.fromkeys(row["task"] for row in loop.rows))
    parts = [
        f"{head}{loop.provenance}; one task alone: `python -m galcore benchmark loop WORKSPACE --column … "
        f"--positive …`. {GRID} galaxies a grid, no label but the clicks, the next grid waiting as in the "
        "dashboard (lag 1), AUC on a third of the galaxies that is never offered, median of "
        f"{SEEDS} seeds. Cells: AUC at 10 grids / at {LOOPS} grids, positives found in {LOOPS} grids.",
        table(
            ("task (of how many)", *(words for *_, words in _STRATEGIES)),
            [(task_words(loop, task), *loop_cells(loop, task)) for task in tasks],
        ),
        spiral_sentence(library, loop),
        random_sentence(loop, tasks),
    ]
    sizes = {task: galaxies(loop, task) for task in tasks}
    parts += [
        f"*{task}* has {n} galaxies, {loop.row(task=task)['n_never_shown']} of them never shown: its figures "
        "say almost nothing."
        for task, n in sizes.items()
        if n < FEW_GALAXIES
    ]
    return "\n\n".join(part for part in parts if part)


def galaxies(loop: Stored, task: str) -> int:
    """Galaxies of a task, offered and never shown."""
    row = loop.row(task=task)
    return int(row["n_pool"] + row["n_never_shown"])


def task_words(loop: Stored, task: str) -> str:
    """A task with the number of its galaxies."""
    return f"{task} ({galaxies(loop, task):,})"


def loop_cells(loop: Stored, task: str) -> list[str]:
    """One cell a strategy."""
    rows = [loop.row(task=task, features=features, strategy=name) for features, name, _ in _STRATEGIES]
    return [
        f"{share(row['auc_10'], 3)}/{share(row['auc_30'], 3)}, {number(row['found_30'])}" if row else "–"
        for row in rows
    ]


def spiral_sentence(library: Library, loop: Stored) -> str:
    """Spirals against ellipticals beside what was wanted, with the causes of a miss."""
    row = loop.row(task="spiral", features="embedding", strategy="default")
    if not row:
        return ""
    reached = row.get("loop_at_auc_0.9")
    first = f"reach AUC .9 at grid {reached}" if reached else f"do not reach AUC .9 in {LOOPS} grids"
    figures, missed = [], False
    for grid, target in SPIRAL_TARGETS.items():
        measure = loop.find("spiral", f"after {grid} loops")
        value = row[f"auc_{grid}"] if measure is None else measure.value
        met = value is not None and value >= target
        missed |= not met
        figures.append(f"{share(value, 3)} at grid {grid} (wanted: ≥ {aim(target)}, {verdict(met)})")
    sentence = f"Spirals against ellipticals {first}, and have {listed(figures)}."
    return f"{sentence} {causes(library, SPIRAL_TARGETS[10])}" if missed else sentence


def causes(library: Library, target: float) -> str:
    """Why spirals fall short."""
    found = []
    probe = library.get("probe")
    value = probe.row(task="spiral", features="model", labels=100).get("auroc") if probe else None
    if value is not None and value < target:
        found.append(f"The encoder: its linear probe has {share(value, 3)} at 100 labels.")
    ceiling = library["label_ceiling"].results[0].value if "label_ceiling" in library else None
    if ceiling is not None:
        found.append(
            "The labels: many of the “ellipticals” ranked highest as spirals are plainly discs, and "
            + ceiling_words(library)
            + "."
        )
        if ceiling < target + 0.01:
            clicks = 10 * GRID
            found.append(
                f"So {aim(target)} after {clicks} clicks on a frozen encoder is hardly to be had here."
            )
    return " ".join(found)


def ceiling_words(library: Library) -> str:
    """What the whole network gets from most labels."""
    measure = library["label_ceiling"].results[0]
    labels = re.search(r"([\d,]+) labels", measure.metric)
    many = f"{labels.group(1)} labels" if labels else "most labels"
    return f"a network fine-tuned as a whole on {many} gets {share(measure.value, 3)} on the rest"


def random_sentence(loop: Stored, tasks: list[str]) -> str:
    """The chosen grids beside random ones: positives found and AUC."""
    pairs = [
        (task, *(loop.row(task=task, features="embedding", strategy=name) for name in ("default", "random")))
        for task in tasks
    ]
    pairs = [(task, own, other) for task, own, other in pairs if own and other]
    lower = [task for task, own, other in pairs if own["auc_30"] < other["auc_30"]]
    more = sum(own["found_30"] > other["found_30"] for _, own, other in pairs)
    text = f"The default strategy finds more positives than random grids on {more} of {len(pairs)} tasks"
    if lower:
        text += f"; its AUC at {LOOPS} grids is below that of random grids on {listed(lower)}"
    return text + "."


def ceiling_section(library: Library) -> str:
    """How far the labels let anyone get."""
    head = "## Label ceiling\n\n"
    stored = library.get("label_ceiling")
    if stored is None:
        return head + not_measured("label_ceiling")
    return (
        f"{head}{stored.provenance}. Spirals against ellipticals: {ceiling_words(library)}. A loop of ten "
        f"grids has {10 * GRID} labels and a frozen encoder, and cannot be expected above this."
    )


def probe_section(library: Library) -> str:
    """The linear probe."""
    head = "## The encoder: linear probe on real galaxies\n\n"
    probe = library.get("probe")
    if probe is None:
        return head + not_measured("probe")
    present = [kind for kind in FEATURES if probe.select(features=kind)]
    tasks = list(dict.fromkeys(row["task"] for row in probe.select(features="model")))
    model = re.search(r"--model (\S+)", probe.command)
    name = model.group(1) if model else "galcore-tiny"
    parts = [
        f"{head}{probe.provenance}; in any workspace `python -m galcore benchmark probe`. Balanced logistic "
        "regression on frozen features, AUROC at 20 / 100 / half of the labels, mean of "
        f"{probe.rows[0]['seeds']} draws, scored on the other half. Every kind of feature gets the same "
        "framed pictures; `untrained` is the same network with random weights"
        + (", `first` the first shipped weights with their own preprocessing." if "first" in present else ".")
        + " **Bold**: the best of the row at 100 labels.",
        table(
            ("task", *(name if kind == "model" else kind for kind in present), "at 100 labels"),
            [
                (task, *probe_cells(probe, task, present), probe_verdict(probe, task, present))
                for task in tasks
            ],
        ),
        target_sentence(probe, tasks),
        above_sentence(probe, tasks, present),
        few_sentence(probe, tasks),
        "What the card says of how these weights came about belongs to these numbers: "
        f"[{name}](../data/models/{name}.md).",
    ]
    return "\n\n".join(part for part in parts if part)


def auroc(probe: Stored, task: str, kind: str, labels: int) -> float | None:
    """One figure of the table."""
    value: float | None = probe.row(task=task, features=kind, labels=labels).get("auroc")
    return value


def probe_cells(probe: Stored, task: str, kinds: list[str]) -> list[str]:
    """One cell a kind of feature, the best at 100 labels in bold."""
    middle = {kind: auroc(probe, task, kind, 100) or 0.0 for kind in kinds}
    best = max(middle, key=lambda kind: middle[kind])
    cells = {kind: "/".join(share(auroc(probe, task, kind, labels)) for labels in _LABELS) for kind in kinds}
    return [f"**{cells[kind]}**" if kind == best else cells[kind] for kind in kinds]


def beaten_by(probe: Stored, task: str, kinds: list[str]) -> list[str]:
    """Where another kind of feature is above the model, in words."""
    found = []
    for labels in _LABELS:
        own = auroc(probe, task, "model", labels)
        others = {kind: auroc(probe, task, kind, labels) for kind in kinds if kind != "model"}
        above = [kind for kind, value in others.items() if own is not None and value and value > own]
        if above:
            found.append(f"{listed(above)} above it at {labels or 'half of the'} labels")
    return found


def probe_verdict(probe: Stored, task: str, kinds: list[str]) -> str:
    """One sentence on one row: met or missed, and what is above it."""
    value = auroc(probe, task, "model", 100)
    if task not in WANTED:
        words = "no figure was wanted"
    else:
        met = value is not None and value >= WANTED[task]
        words = f"{verdict(met)}: {share(value, 3)}, wanted ≥ {aim(WANTED[task])}"
    return "; ".join([words, *(beaten_by(probe, task, kinds) or ["above the rest"])])


def target_sentence(probe: Stored, tasks: list[str]) -> str:
    """How many targets are met, and which are not."""
    asked = [task for task in tasks if task in WANTED]
    missed = [task for task in asked if (auroc(probe, task, "model", 100) or 0.0) < WANTED[task]]
    text = f"{len(asked) - len(missed)} of {len(asked)} wanted figures at 100 labels are met"
    return text + (f"; **missed**: {listed(missed)}." if missed else ".")


def above_sentence(probe: Stored, tasks: list[str], kinds: list[str]) -> str:
    """Whether the model is above every other kind of feature."""
    others = listed([kind for kind in kinds if kind != "model"])
    below = [task for task in tasks if beaten_by(probe, task, kinds)]
    if not below:
        return f"Above {others} on every task at every number of labels."
    return f"Above {others} on every task at every number of labels but on {listed(below)} (last column)."


def few_sentence(probe: Stored, tasks: list[str]) -> str:
    """Tasks with too few galaxies for a second digit."""
    rows = {task: probe.row(task=task, features="model") for task in tasks}
    scored = {task: row["n_positive"] + row["n_negative"] for task, row in rows.items()}
    few = [f"*{task}* ({n} scored)" for task, n in scored.items() if n < FEW_GALAXIES]
    return f"Few galaxies, so errors of several hundredths: {listed(few)}." if few else ""


def few_labels_section(library: Library) -> str:
    """Labels needed, frozen and from scratch."""
    head = "## Few labels\n\n"
    stored = library.get("label_efficiency")
    if stored is None:
        return head + not_measured("label_efficiency")
    groups = dict.fromkeys((row["task"], row["method"]) for row in stored.rows)
    rows = []
    for task, method in groups:
        own = sorted(stored.select(task=task, method=method), key=lambda row: row["labels"])
        curve = ", ".join(f"{row['labels']}: {share(row['auroc_median'])}" for row in own)
        rows.append((task, method, curve, str(own[0]["seeds"])))
    return "\n\n".join(
        [
            f"{head}{stored.provenance}. Labels come from one half of the galaxies, the other half is only "
            "scored; “more than” marks a bound, where labels or time ran out first.",
            measures_table(stored.results),
            "Median AUROC by number of labels:",
            table(("task", "method", "labels: AUROC", "seeds"), rows),
        ]
    )


def curves_section(library: Library) -> str:
    """Contrastive networks against epoch."""
    head = "## Contrastive networks against epoch\n\n"
    stored = library.get("contrastive_curves")
    if stored is None:
        return head + not_measured("contrastive_curves")
    networks = list(dict.fromkeys(row["network"] for row in stored.rows))
    epochs = sorted({row["epoch"] for row in stored.rows})

    def cell(network: str, epoch: int) -> str:
        own = stored.select(network=network, epoch=epoch)
        names = ("knn_leave_one_out", "knn_train_to_test")
        return "/".join(share(fmean(row[name] for row in own), 3) for name in names) if own else "–"

    sizes = [f"{network} ({stored.row(network=network)['parameters'] / 1e6:.1f} M)" for network in networks]
    return "\n\n".join(
        [
            f"{head}{stored.provenance}. Same pictures, same SimCLR, no labels; 15 nearest vote for one of "
            "three classes: inside the tested split, each left out in turn / from training to tested "
            "pictures. The published figure is from other pictures, at full size, after long training: "
            "these curves say how the networks start ([encoders compared](encoders-compared.md)).",
            measures_table(stored.results),
            table(
                ("epoch", *sizes),
                [(str(epoch), *(cell(network, epoch) for network in networks)) for epoch in epochs],
            ),
        ]
    )


def schedules_section(library: Library) -> str:
    """Pretraining only, uniform and active."""
    head = "## Task schedules\n\n"
    stored = library.get("schedules")
    if stored is None:
        return head + not_measured("schedules")
    return "\n\n".join(
        [
            f"{head}{stored.provenance}. One small network a seed, pretrained as a masked autoencoder, then "
            "with all tasks under either schedule, same steps and pictures.",
            measures_table(stored.results),
            rows_table(stored.rows),
        ]
    )
