"""The numbers of a report, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from galcore.types import Interval


@dataclass(frozen=True, slots=True)
class AnswerNumbers:
    """One answer to one question.

    Attributes:
        answer: Its words.
        n_votes: Votes for it.
        n_galaxies: Galaxies it was decided or voted for by the majority, weighed as owners set.
        prevalence: Its share among all galaxies the question was put about, from the uniform sample.
        completeness: Share of the galaxies with this answer that have been found; of the main question only.
    """

    answer: str
    n_votes: int
    n_galaxies: int
    prevalence: Interval | None
    completeness: Interval | None


@dataclass(frozen=True, slots=True)
class PersonNumbers:
    """One person and one question.

    Attributes:
        person: Name or pseudonym.
        n_votes: Votes on the question.
        skill: Probability of the right answer by the consensus; ``None`` where nobody else answered.
        n_gold: Answers to galaxies with a known answer.
        gold: Share of them that were right.
        n_reasks: Galaxies answered twice.
        consistency: Share of them answered alike.
    """

    person: str
    n_votes: int
    skill: Interval | None
    n_gold: int
    gold: Interval | None
    n_reasks: int
    consistency: Interval | None


@dataclass(frozen=True, slots=True)
class QuestionNumbers:
    """One question.

    Attributes:
        name: Empty where the campaign asks a single one.
        text: As people read it.
        n_votes: Votes.
        n_galaxies: Galaxies with a vote.
        n_tied: Of those, without a label because the leading answers tie, weighed as owners set.
        n_overlap: Galaxies with votes of two people or more.
        agreement_percent: Equal pairs of votes, in percent; NaN without overlap.
        alpha: Krippendorff's alpha with its bootstrap interval; NaN where undefined.
        n_audited: Galaxies of the uniform sample with a vote.
        n_random_overlap: Galaxies of the random stream with votes of two people or more.
        random_alpha: Alpha on those alone, the fair measure of agreement; NaN where undefined.
        answers: In their order.
        people: Numbers of each person who answered it, most votes first.
        consensus: Method behind their skills.
    """

    name: str
    text: str
    n_votes: int
    n_galaxies: int
    n_tied: int
    n_overlap: int
    agreement_percent: float
    alpha: Interval
    n_audited: int
    n_random_overlap: int
    random_alpha: Interval
    answers: tuple[AnswerNumbers, ...]
    people: tuple[PersonNumbers, ...]
    consensus: str


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """A campaign in numbers.

    Attributes:
        workspace: Its name.
        campaign: Name of the campaign.
        question: What was asked.
        mode: How it was answered.
        state: Draft, open, paused or closed.
        overlap: People wanted for each galaxy.
        visibility: When people saw the answers of others.
        n_galaxies: Galaxies that are asked about.
        n_answered: Of those, with a vote.
        n_complete: Of those, with as many people as wanted.
        n_people: People with an answer; to decide is none.
        n_votes: Votes on all questions.
        n_explicit: Of those, clicked or keyed, not implied by submitting a grid.
        n_skipped: Galaxies passed over, once a person.
        n_undone: Answers taken back.
        n_decided: Galaxies decided by an adjudication.
        votes_per_galaxy: People per galaxy that has a vote, on average.
        n_gold: Answers to gold items.
        gold: Share of them that were right.
        n_reasks: Galaxies put to the same person again.
        consistency: Share of them answered alike.
        reasons: Votes by why the galaxy was shown, most first.
        questions: Numbers of each question, the main one first.
        people: Numbers of each person on the main question, most votes first.
        consensus: Method behind these skills.
        weights: People whose votes an owner made count more or less than 1, and how much.
        first_at: First answer, ISO 8601, UTC; empty without one.
        last_at: Last answer.
        learns: Whether a model recommended galaxies.
        model_name: Encoder.
        model_hash: Of its weights and preprocessing.
        learner_version: Version of the fit on the labels.
        calibration: How far its probabilities can be taken at their word.
        catalog_hash: Of the catalogue.
        code_version: Of Galcore.
        labels_from: Label store or snapshot.
        made_at: When the report was made, ISO 8601, UTC.
    """

    workspace: str
    campaign: str
    question: str
    mode: str
    state: str
    overlap: int
    visibility: str
    n_galaxies: int
    n_answered: int
    n_complete: int
    n_people: int
    n_votes: int
    n_explicit: int
    n_skipped: int
    n_undone: int
    n_decided: int
    votes_per_galaxy: float
    n_gold: int
    gold: Interval | None
    n_reasks: int
    consistency: Interval | None
    reasons: tuple[tuple[str, int], ...]
    questions: tuple[QuestionNumbers, ...]
    people: tuple[PersonNumbers, ...]
    consensus: str
    weights: tuple[tuple[str, float], ...]
    first_at: str
    last_at: str
    learns: bool
    model_name: str
    model_hash: str
    learner_version: str
    calibration: str
    catalog_hash: str
    code_version: str
    labels_from: str
    made_at: str
