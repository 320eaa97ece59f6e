"""What each column of an export is, and its unit: in FITS (TUNIT, TCOMM), Parquet and provenance."""

from __future__ import annotations

from collections.abc import Iterable

from galcore.export.comments import COMMENT_COLUMNS
from galcore.export.questions import ASKED_COLUMN, AskedQuestion, probability_columns
from galcore.export.votes import VOTE_COLUMNS
from galcore.types import Campaign

UNITS = {
    "ra": "deg",
    "dec": "deg",
    "pixel_scale_arcsec": "arcsec",
    "x": "pixel",
    "y": "pixel",
    "stamp_size_px": "pixel",
}
# Weights that owners set count in what the votes come to, and are in the provenance; votes are people.
_WEIGHED = "people weighed as owners set"
_RESULTS = {
    "ra": "right ascension, ICRS",
    "dec": "declination, ICRS",
    "label": f"decided answer, else that of the majority; empty for a tie; {_WEIGHED}",
    "label_source": "adjudicated, majority, tie; empty without an answer",
    "n_annotators": "people with an answer that stands, whatever their weight",
    "majority": f"leading answer; empty for a tie; {_WEIGHED}",
    "agreement": f"share of the leading answer, 0-1; {_WEIGHED}",
    "consensus": f"decided answer, else the likeliest given the skill of each person; {_WEIGHED}",
    "consensus_probability": "probability of that answer, 0-1; 1 of a decided one",
    "consensus_method": "how the consensus was reached; adjudicated: by decision",
    "expected_value": "model's mean on the scale of the answers; interest 0-5, grades X = 0 to A = 3",
    "first_reason": "why the galaxy was first shown",
    "probability_note": "in-sample: fitted on this label; not seen: not fitted on it",
    "model_version": "version of the fit that gave the probabilities, to votes weighed by owners and skill",
    "model_hash": "SHA-256 of encoder weights and preprocessing",
    "code_version": "version and commit of Galcore",
    "seq": "place in the order of arrival",
    "event_id": "identifier of the event",
    "campaign_id": "identifier of the campaign",
    "campaign_version": "version of the settings it was given under",
    "kind": "label, skip, undo or flag; of a message: write, edit or withdraw",
    "undoes": "event that is taken back",
    "undone": "taken back by a later event",
}


def column_descriptions(
    names: Iterable[str], campaign: Campaign, questions: Iterable[AskedQuestion]
) -> dict[str, str]:
    """Description of each of the columns that are ours; those of the user's own table are left out."""
    known = {**COMMENT_COLUMNS, **VOTE_COLUMNS, **_RESULTS}
    for question in questions:
        asked = question.name or campaign.name
        known[f"{question.column}_total-votes"] = f"votes on {asked!r}"
        known[f"{question.column}_majority"] = f"leading answer to {asked!r}; empty for a tie; {_WEIGHED}"
        known[f"{question.column}_consensus"] = f"consensus on {asked!r}; {_WEIGHED}"
        known[f"{question.column}_consensus_probability"] = "probability of that consensus, 0-1"
        known[f"{question.column}_consensus_method"] = "how that consensus was reached"
        known[f"{question.column}_{ASKED_COLUMN}"] = f"model probability that {asked!r} is asked, 0-1"
        for answer, name in zip(question.answers, probability_columns(question), strict=True):
            where = f", where {asked!r} is asked" if question.name else ""
            known[name] = f"model probability of {answer!r}{where}, 0-1, not calibrated"
        for answer in question.answers:
            column = question.votes_column(answer)
            known[column] = f"votes for {answer!r}"
            known[f"{column}_fraction"] = f"share of the votes for {answer!r}, 0-1; {_WEIGHED}"
            known[f"{column}_explicit"] = f"votes for {answer!r} that were clicked or keyed"
    return {name: known[name] for name in names if name in known}
