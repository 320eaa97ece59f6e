"""A report as one HTML file that needs nothing else: no script, no font, no image from anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from galcore.report.numbers import CampaignReport, PersonNumbers, QuestionNumbers
from galcore.types import Interval

NONE = "–"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8886; vertical-align: top; }
td.number, th.number { text-align: right; } .hash { overflow-wrap: anywhere; font-family: monospace; }
.note { color: #777; font-size: .9rem; } @media print { body { margin: 0; max-width: none; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report_html(report: CampaignReport) -> str:
    """The report as a whole HTML document; every text of a person is escaped."""
    parts = [
        f"<h1>{escape(report.campaign)}</h1>",
        f'<p>{escape(report.question)}</p><p class="note">{escape(report.workspace)} · made '
        f"{escape(report.made_at)} by Galcore {escape(report.code_version)}</p>",
        "<h2>In words</h2>",
        *(f"<p>{escape(sentence)}</p>" for sentence in sentences(report)),
        "<h2>Counts</h2>",
        _pairs(count_rows(report)),
        *(_question(question) for question in report.questions if question.n_votes),
        "<h2>People</h2>",
        *_people(report),
        "<h2>What made these numbers</h2>",
        _pairs(made_by_rows(report)),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.campaign)}: report</title><style>{_STYLE}</style></head><body>"
    )
    return head + "\n".join(parts) + "</body></html>\n"


PEOPLE_HEAD = ("person", "votes", "skill", "gold items", "right", "asked again", "same answer")
ANSWER_HEAD = ("answer", "votes", "galaxies", "share of all galaxies", "found so far")


def sentences(report: CampaignReport) -> tuple[str, ...]:
    """What a method section would say."""
    main = report.questions[0]
    people = "1 person" if report.n_people == 1 else f"{report.n_people} people"
    found = [
        f"{people} gave {report.n_votes:,} votes on {report.n_answered:,} of {report.n_galaxies:,} galaxies "
        f"({report.votes_per_galaxy:.1f} people per galaxy) between {report.first_at[:10] or NONE} and "
        f"{report.last_at[:10] or NONE}."
    ]
    if main.n_overlap:
        found.append(
            f"On {main.n_overlap:,} galaxies with two votes or more {main.agreement_percent:.0f} % of "
            f"answers agree in pairs (Krippendorff's α = {ranged(main.alpha)}, 95 % interval over galaxies)."
        )
    if main.n_random_overlap:
        found.append(
            f"On the {main.n_random_overlap:,} of them that were chosen at random α = "
            f"{ranged(main.random_alpha)}."
        )
    if report.gold is not None:
        found.append(f"{percent(report.gold)} of {report.n_gold:,} answers to gold items were right.")
    if report.consistency is not None:
        found.append(
            f"Asked a second time, people repeated their answer for {percent(report.consistency)} of "
            f"{report.n_reasks:,} galaxies."
        )
    first = main.answers[0] if main.answers else None
    if first is not None and first.prevalence is not None:
        found.append(
            f"In a uniform sample of {main.n_audited:,} galaxies {percent(first.prevalence)} are "
            f"“{first.answer}”."
        )
    if first is not None and first.completeness is not None:
        found.append(f"{percent(first.completeness)} of all “{first.answer}” have been found.")
    return tuple(found)


def count_rows(report: CampaignReport) -> list[tuple[str, str]]:
    """Counts with their names."""
    return [
        ("galaxies asked about", f"{report.n_galaxies:,}"),
        ("galaxies answered", f"{report.n_answered:,}"),
        (f"answered by {report.overlap} or more, as wanted", f"{report.n_complete:,}"),
        ("galaxies decided by adjudication", f"{report.n_decided:,}"),
        ("people", f"{report.n_people:,}"),
        ("votes", f"{report.n_votes:,} ({report.n_explicit:,} clicked or keyed)"),
        ("skipped; taken back", f"{report.n_skipped:,}; {report.n_undone:,}"),
        (
            "votes by why the galaxy was shown",
            ", ".join(f"{name} {n:,}" for name, n in report.reasons) or NONE,
        ),
        ("mode; state", f"{report.mode}; {report.state}"),
        ("answers of others were seen", report.visibility.replace("_", " ")),
    ]


def made_by_rows(report: CampaignReport) -> list[tuple[str, str]]:
    """Versions and hashes with their names."""
    model = f"{report.model_name} {report.model_hash}".strip()
    return [
        ("first and last answer", f"{_minute(report.first_at)} to {_minute(report.last_at)} UTC"),
        ("model recommended galaxies", "yes" if report.learns else "no, random order"),
        ("encoder", model or NONE),
        ("fit on the labels", report.learner_version or NONE),
        ("calibration of its probabilities", report.calibration or NONE),
        ("votes that count otherwise than 1", _weights_text(report)),
        ("catalogue", report.catalog_hash),
        ("Galcore", report.code_version),
        ("labels read from", report.labels_from),
    ]


def _weights_text(report: CampaignReport) -> str:
    """Weights that owners set, in words."""
    return ", ".join(f"{name} {weight:g}" for name, weight in report.weights) or NONE


def _minute(moment: str) -> str:
    """An ISO time without seconds."""
    return moment[:16].replace("T", " ") or NONE


def person_row(person: PersonNumbers) -> tuple[str, ...]:
    """One person, under :data:`PEOPLE_HEAD`."""
    return (
        person.person,
        f"{person.n_votes:,}",
        percent(person.skill),
        f"{person.n_gold:,}",
        percent(person.gold),
        f"{person.n_reasks:,}",
        percent(person.consistency),
    )


def answer_rows(question: QuestionNumbers) -> list[tuple[str, ...]]:
    """Answers of a question, under :data:`ANSWER_HEAD`."""
    return [
        (
            answer.answer,
            f"{answer.n_votes:,}",
            f"{answer.n_galaxies:,}",
            percent(answer.prevalence),
            percent(answer.completeness),
        )
        for answer in question.answers
    ]


def percent(share: Interval | None) -> str:
    """A share with its interval, in percent.

    >>> percent(Interval(0.25, 0.2, 0.31)), percent(None)
    ('25 % (20-31 %)', '–')
    """
    if share is None or not math.isfinite(share.value):
        return NONE
    return f"{100 * share.value:.0f} % ({100 * share.low:.0f}-{100 * share.high:.0f} %)"


def ranged(number: Interval) -> str:
    """A number with its interval.

    >>> ranged(Interval(0.712, 0.6, 0.8))
    '0.71 (0.60 to 0.80)'
    """
    if not math.isfinite(number.value):
        return "undefined"
    return f"{number.value:.2f} ({number.low:.2f} to {number.high:.2f})"


def question_sentence(question: QuestionNumbers) -> str:
    """How many votes a question has, and how far they agree."""
    return (
        f"{question.n_votes:,} votes on {question.n_galaxies:,} galaxies, {question.n_tied:,} tied; "
        f"α = {ranged(question.alpha)} on {question.n_overlap:,} galaxies"
    )


def asked_with_people(report: CampaignReport) -> tuple[QuestionNumbers, ...]:
    """Questions that people answered, the main one first."""
    return tuple(question for question in report.questions if question.people)


def _people(report: CampaignReport) -> Iterable[str]:
    """A table of people for every question, and what skill means."""
    several = len(report.questions) > 1
    for question in asked_with_people(report):
        if several:
            yield f"<h3>{escape(question.text or question.name)}</h3>"
        yield _table(PEOPLE_HEAD, [person_row(person) for person in question.people])
    yield (
        f'<p class="note">Skill: chance of the right answer by the consensus ({escape(report.consensus)}'
        "), where people overlap, 95 % interval of its posterior.</p>"
    )


def _question(question: QuestionNumbers) -> str:
    told = question_sentence(question)
    note = (
        "Votes are people; galaxies go by decision or majority, people weighed as owners set. "
        f"Shares from a uniform sample of {question.n_audited:,} galaxies, Wilson's 95 % interval."
    )
    return (
        f"<h2>{escape(question.text or question.name)}</h2><p>{escape(told)}</p>"
        + _table(ANSWER_HEAD, answer_rows(question))
        + f'<p class="note">{escape(note)}</p>'
    )


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    lines = (
        f'<tr><th scope="row">{escape(name)}</th><td class="hash">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ("", *(' class="number"' for _ in cells[1:]))
        inner = (f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True))
        return f"<tr>{''.join(inner)}</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"
