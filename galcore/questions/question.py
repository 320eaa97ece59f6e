"""One question with its answers."""

from __future__ import annotations

from dataclasses import dataclass

MULTILABEL_ANSWERS = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where each of its answers leads.

    Attributes:
        name: As a label event carries it; empty where a campaign asks a single question.
        text: What a person reads.
        answers: In the order of the digit keys.
        leads_to: Name of the next question after each answer, as long as ``answers``; empty where the
            galaxy is done. Nothing leads anywhere outside a decision tree.
    """

    name: str
    text: str
    answers: tuple[str, ...]
    leads_to: tuple[str, ...]

    def after(self, answer: str) -> str:
        """Name of the question after this answer; empty where the galaxy is done.

        >>> Question("bar", "A bar?", ("yes", "no"), ("bar-length", "")).after("yes")
        'bar-length'
        """
        return self.leads_to[self.answers.index(answer)]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the votes in a catalogue, ``<question>_<answer>`` as Galaxy Zoo names them."""
        return tuple(f"{self.name}_{answer}" if self.name else answer for answer in self.answers)
