"""Sections of the page of results about people: what their votes come to."""

from __future__ import annotations

from typing import Any

from benchmarks.result_files import Library, measures_table, not_measured, share, table

_LOADS = {"load": "Undisturbed", "load-kills": "The server killed 20 times, three real browsers beside"}
_CROWDS = {
    "confusion": "simulated people",
    "fractions": "ambiguous galaxies",
    "efigi": "real galaxies (EFIGI)",
}


def consensus_section(library: Library) -> str:
    """Majority, Dawid-Skene and CROWDLAB against known truths."""
    head = "## Consensus\n\n"
    stored = library.get("consensus")
    if stored is None:
        return head + not_measured("consensus")
    seeds = stored.rows[0]["seeds"]
    columns = ("votes", "model (alone)", "majority", "Dawid-Skene", "CROWDLAB", "CROWDLAB - DS", "heard")
    return "\n\n".join(
        [
            f"{head}{stored.provenance}. Share of galaxies with the true answer: 12 people (4 careful, "
            "4 sloppy, 2 who favour one answer, 2 who do not look), 1-3 votes a galaxy, 4 answers, mean of "
            f"{seeds} campaigns with its 95 % interval; differences are paired. The model is a logistic "
            "regression on the same votes, cross-validated. *heard*: campaigns in which hidden votes let the "
            "model in ([how](consensus.md)).",
            table(columns, [_cells(row) for row in stored.rows]),
            measures_table(stored.results),
            "*Simulated people* err by their confusions. *Ambiguous galaxies*: what a person sees is drawn "
            "from vote fractions as Galaxy Zoo has them. *Real galaxies*: fractions from the confidence "
            "limits of experts' Hubble types, and experts' attributes of the same galaxies as the model's "
            "view: better than a network's.",
        ]
    )


def load_section(library: Library) -> str:
    """Fifty annotators at once, without and with a server that is killed."""
    head = "## Many people at once\n\n"
    parts = []
    for name, words in _LOADS.items():
        stored = library.get(name)
        if stored is None:
            parts.append(f"{words}: {not_measured(name)}")
            continue
        parts += [f"{words}. {stored.provenance}.", measures_table(stored.results)]
    about = (
        "Each annotator holds a session of the grid page over the dashboard's own websocket, as a browser "
        "does, and answers a grid of 16 every 5 s by a known truth, while the model learns; pictures are not "
        "fetched. An answer is acknowledged when the page would say *saved*: it is on disk then. Afterwards "
        "every answer is looked up in the label store. Clients and server share one machine; "
        "the figures say how much of it each took ([how many people a machine carries](hosting.md))."
    )
    return head + "\n\n".join([about, *parts])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    alone = "" if row["model_alone"] is None else f" ({share(row['model_alone'])})"
    gain = (
        f"{row['crowdlab_gain']:+.3f} ({row['crowdlab_gain_low']:+.3f} to {row['crowdlab_gain_high']:+.3f})"
    )
    return (
        _CROWDS.get(row["crowd"], row["crowd"]),
        row["model"] + alone,
        *(_with_interval(row, method) for method in ("majority", "dawid-skene", "crowdlab")),
        "" if row["model_alone"] is None else gain,
        "" if row["model_alone"] is None else f"{row['heard']} of {row['seeds']}",
    )


def _with_interval(row: dict[str, Any], method: str) -> str:
    ends = "-".join(share(row[f"{method}_{end}"], 3) for end in ("low", "high"))
    return f"{share(row[method], 3)} ({ends})"
