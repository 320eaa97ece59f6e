"""What a campaign asks (one question, several at once, a decision tree) and which answers it allows."""

from galcore.questions.asking import (
    check_answer,
    fixed_answers,
    next_question,
    questions_of,
    tree_of,
    validate_questions,
)
from galcore.questions.question import MULTILABEL_ANSWERS, Question
from galcore.questions.tree import DecisionTree, built_in_trees, read_tree

__all__ = [
    "MULTILABEL_ANSWERS",
    "DecisionTree",
    "Question",
    "built_in_trees",
    "check_answer",
    "fixed_answers",
    "next_question",
    "questions_of",
    "read_tree",
    "tree_of",
    "validate_questions",
]
