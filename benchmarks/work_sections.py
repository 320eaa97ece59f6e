"""Sections of the page of results about restoration, speed, time and safety."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.result_files import (
    Library,
    Stored,
    figure,
    measures_table,
    not_measured,
    share,
    table,
    verdict,
    wanted,
)

_WORDS = {
    "restore-reconstruct": "### Lost pixels filled\n\nThe headline loses 75 % of the squares of a "
    "16 × 16 grid.",
    "restore-deconvolve": "### Blur undone\n\nEvery method is given the true PSF and noise; "
    "one row of a network gets a PSF 10 % off.",
}
_TIMES = ("latency", "tree_latency", "demo", "kill_server", "keys", "labels", "simulate")


def restoration_section(library: Library) -> str:
    """Reconstruction, deconvolution and the pairs of surveys."""
    intro = (
        "## Restoration\n\nPictures framed to 128 px are blurred and made noisy by the DECaLS laws; the "
        "target is the undisturbed picture. Mean over pictures, then mean ± scatter over seeds."
    )
    parts = [intro, *(protocol_part(library, name) for name in _WORDS), pairs_part(library)]
    return "\n\n".join(parts)


def protocol_part(library: Library, name: str) -> str:
    """One task: the headline in full, gains elsewhere."""
    stored = library.get(name)
    if stored is None:
        return f"{_WORDS[name]}\n\n{not_measured(name)}"
    first = stored.rows[0]
    headline = first["degradation"]
    parts = [
        f"{_WORDS[name]} {first['n']} pictures a seed, {first['seeds']} seeds ({first['pictures']}). "
        f"{stored.provenance}",
        table(
            ("method", "PSNR, dB", "gain, dB", "SSIM", "MSE", "within 1 / 2 σ"),
            [quality_cells(row) for row in stored.select(degradation=headline)],
        ),
        measures_table(measure for measure in stored.results if measure.met is not None),
        gains_table(stored, headline),
    ]
    return "\n\n".join(part for part in parts if part)


def quality_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """One method in print."""
    within = [row["within_1_sigma"], row["within_2_sigma"]]
    return (
        row["method"],
        f"{row['psnr']:.2f} ± {row['psnr_std']:.2f}",
        "" if row["method"] == "input" else f"{row['gain_db']:+.2f} ± {row['gain_db_std']:.2f}",
        share(row["ssim"], 3),
        f"{row['mse']:.5f}",
        "–" if within[0] is None else " / ".join(share(value) for value in within),
    )


def gains_table(stored: Stored, headline: str) -> str:
    """Gain in dB of each method on the other degradations."""
    kinds = [kind for kind in dict.fromkeys(row["degradation"] for row in stored.rows) if kind != headline]
    methods = [name for name in dict.fromkeys(row["method"] for row in stored.rows) if name != "input"]

    def cell(method: str, kind: str) -> str:
        row = stored.row(method=method, degradation=kind)
        return f"{row['gain_db']:+.2f}" if row else "–"

    if not kinds:
        return ""
    rows = [(method, *(cell(method, kind) for kind in kinds)) for method in methods]
    return "Gain in dB on other masks:\n\n" + table(("method", *kinds), rows)


def pairs_part(library: Library) -> str:
    """SDSS galaxies beside the sharper KiDS images."""
    head = "### Real SDSS galaxies beside sharper KiDS images\n\n"
    stored = library.get("restore-pairs")
    if stored is None:
        return head + not_measured("restore-pairs")
    rows = []
    for method in dict.fromkeys(row["method"] for row in stored.rows):
        own = stored.select(method=method)
        nearer = [
            "" if method == "input" else f"{sum(bool(row[name]) for row in own)} of {len(own)}"
            for name in ("closer", "closer_scaled", "closer_stretched")
        ]
        errors = [f"{median(row[name] for row in own):.3f}" for name in ("error", "error_scaled")]
        psnr = median(row["psnr"] for row in own)
        rows.append((method, *errors, f"{psnr:.1f}", *nearer))
    columns = (
        "method",
        "error",
        "error, best flux scale",
        "PSNR, asinh, dB",
        "nearer",
        "nearer, best flux scale",
        "nearer, asinh",
    )
    return "\n\n".join(
        [
            f"{head}{stored.provenance}. Medians over the galaxies; error: root mean square "
            "difference from KiDS over the root mean square of KiDS; nearer: "
            "galaxies whose restored image is nearer to KiDS than "
            "the SDSS input.",
            table(columns, rows),
            measures_table(measure for measure in stored.results if measure.met is not None),
        ]
    )


def embed_section(library: Library) -> str:
    """How fast galaxies become vectors."""
    head = "## Embedding speed\n\n"
    stored = library.get("embed")
    if stored is None:
        return head + not_measured("embed")
    stages = [(row["stage"], f"{row['ms_of_one_core']:.2f}", f"{row['share']:.0%}") for row in stored.rows]
    return "\n\n".join(
        [
            f"{head}{stored.provenance}. From files to vectors on disk, in turn with the bare forward "
            "pass of the same network on ready tensors ([what bounds it](encoders.md)).",
            measures_table(stored.results),
            "One core, an image:",
            table(("stage", "ms", "share"), stages),
        ]
    )


def times_section(library: Library) -> str:
    """Latency, demo, kills, label store, simulator."""
    rows = []
    for name in _TIMES:
        stored = library.get(name)
        if stored is None:
            rows.append((f"{name}: not measured yet", "–", "", "", f"`python -m benchmarks.{name}`"))
            continue
        rows += [
            (measure.metric, figure(measure), wanted(measure), verdict(measure.met), f"`{stored.command}`")
            for measure in stored.results
            if measure.target or name != "labels"  # the store is timed in two ways; CPU is held to the target
        ]
    return "\n\n".join(
        [
            "## Time and safety",
            table(("what", "figure", "wanted", "", "command"), rows),
            "Latency is server time from a submission to the next waiting grid: commit, fit, score, compose, "
            "record. The demo is timed after installation; the second start until the first page is drawn in "
            "Chromium. In `kill_server` a real browser annotates while the server is killed (SIGKILL) "
            "again and again and started again; then two browsers submit eight "
            "grids each. In `keys` a scripted expert answers 5 × 5 grids in a real browser with arrows, `1` "
            "and Enter; times end when the frame is painted. The label store is timed on "
            "CPU time. All of it on a machine that others used at the same time.",
        ]
    )
