"""The table of results: one row a galaxy, from votes, adjudications and the model. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import Voice
from galcore.export.consensus import ADJUDICATED, consensus_columns
from galcore.export.questions import ASKED_COLUMN, AskedQuestion, asked_questions, probability_columns
from galcore.export.tally import Tally, tally_votes, yes_names
from galcore.export.votes import counted, decisions, vote_rows
from galcore.loop.ordinal import expected_value
from galcore.loop.target import targets_of
from galcore.review.scores import ModelScores
from galcore.types import Campaign

MULTILABEL = "multilabel"
IN_SAMPLE, NOT_SEEN = "in-sample", "not seen"


@dataclass(frozen=True, slots=True)
class CodeUsed:
    """What made the numbers of a table, repeated in each row so that rows of several tables can be mixed.

    Attributes:
        code_version: Of Galcore.
        model_hash: Of the encoder's weights and preprocessing; empty without embeddings.
    """

    code_version: str = ""
    model_hash: str = ""


def results_table(
    campaign: Campaign,
    catalog: pd.DataFrame,
    history: pd.DataFrame,
    *,
    scores: ModelScores | None,
    voice: Voice | None = None,
    weights: Mapping[str, float] | None = None,
    code: CodeUsed = CodeUsed(),
    all_galaxies: bool = False,
    catalog_columns: bool = False,
) -> pd.DataFrame:
    """One row per labelled galaxy (or per galaxy of the catalogue), sorted by id.

    A galaxy that was labelled and is no longer in the catalogue keeps its row, without a position.

    Args:
        campaign: Whose questions and answers name the columns.
        catalog: ``galaxy_id``, ``ra``, ``dec`` and what the user brought.
        history: Every event; see :meth:`galcore.labels.LabelStore.history`.
        scores: What the model says, ``None`` before it was ever fitted.
        voice: The model in the consensus, ``None`` where only people are heard.
        weights: What owners made the votes of people count; others count 1.
        code: What made it.
        all_galaxies: Also the galaxies that nobody labelled.
        catalog_columns: Append the other columns of the catalogue.

    Returns:
        Columns as documented in ``docs/review-and-export.md``.
    """
    rows = vote_rows(history)
    votes, decided = counted(rows), decisions(rows)
    questions = asked_questions(campaign, votes)
    labelled = pd.Index([*votes["galaxy_id"], *(galaxy_id for galaxy_id, _ in decided)], dtype=object)
    table = _rows(catalog, labelled.unique(), all_galaxies=all_galaxies)
    ids = pd.Index(table["galaxy_id"].astype(str), dtype=object)
    people = votes.groupby("galaxy_id")["annotator"].nunique()
    tallies = [tally_votes(question, votes, ids, weights=weights) for question in questions]
    voted = {name: column for tally in tallies for name, column in tally.columns().items()}
    labels = _labels(campaign, tallies, decided, ids)
    n_annotators = people.reindex(ids).fillna(0).to_numpy(dtype="int32")
    table = pd.concat([table, labels, pd.DataFrame({"n_annotators": n_annotators, **voted})], axis=1)
    table["majority"] = _first_or_all_yes(campaign, tallies, [tally.majority for tally in tallies])
    shares = pd.DataFrame({place: tally.agreement for place, tally in enumerate(tallies)}, index=table.index)
    table["agreement"] = shares.mean(axis=1).astype("float64")
    agreed = consensus_columns(
        questions,
        votes,
        ids,
        several=campaign.mode == MULTILABEL,
        voice=voice,
        weights=weights,
        decided=decided,
    )
    table = pd.concat([table, agreed], axis=1)
    table["first_reason"] = first_reasons(history).reindex(ids).fillna("").to_numpy(dtype=object)
    table = pd.concat([table, _scores(table, campaign, questions, scores)], axis=1)
    table["model_hash"] = np.where(table["model_version"] != "", code.model_hash, "")
    table["code_version"] = code.code_version
    return _append_catalog(table, catalog) if catalog_columns else table


def first_reasons(history: pd.DataFrame) -> pd.Series:
    """Why each galaxy was shown when somebody first said something about it, by ``galaxy_id``."""
    first = history.drop_duplicates("galaxy_id", keep="first")
    return pd.Series(
        first["reason"].to_numpy(dtype=object), index=pd.Index(first["galaxy_id"].astype(str), dtype=object)
    )


def _rows(catalog: pd.DataFrame, labelled: pd.Index, *, all_galaxies: bool) -> pd.DataFrame:
    known = catalog.reindex(columns=["galaxy_id", "ra", "dec"])
    asked = pd.DataFrame({"galaxy_id": pd.Series(labelled, dtype=known["galaxy_id"].dtype)})
    table = known.merge(asked, on="galaxy_id", how="outer" if all_galaxies else "right")
    table = table.sort_values("galaxy_id", ignore_index=True)
    return table.astype({"ra": "float64", "dec": "float64"})


def _labels(
    campaign: Campaign, tallies: list[Tally], decided: dict[tuple[str, str], str], ids: pd.Index
) -> pd.DataFrame:
    """The label of each galaxy, of the first question or all that were said yes, and where it comes from."""
    said, sources = [], []
    for tally in tallies:
        decision = tally.decisions(decided, ids)
        by_votes = np.where(tally.tied, "tie", np.where(tally.majority != "", "majority", ""))
        said.append(np.where(decision != "", decision, tally.majority))
        sources.append(np.where(decision != "", ADJUDICATED, by_votes).astype(object))
    label = _first_or_all_yes(campaign, tallies, said)
    source = _weakest(sources) if campaign.mode == MULTILABEL else pd.Series(sources[0], dtype=str)
    return pd.DataFrame({"label": label, "label_source": source})


def _first_or_all_yes(campaign: Campaign, tallies: list[Tally], answers: list[NDArray]) -> pd.Series:
    several = campaign.mode == MULTILABEL
    questions = [tally.question for tally in tallies]
    return pd.Series(yes_names(questions, answers) if several else answers[0], dtype=str)


def _weakest(sources: list[NDArray]) -> pd.Series:
    """Of several questions: a tie in one is a tie, a decision in one is a decision."""
    stacked = np.array(sources, dtype=object)
    result = np.full(stacked.shape[1], "", dtype=object)
    for source in ("majority", ADJUDICATED, "tie"):
        result[(stacked == source).any(axis=0)] = source
    return pd.Series(result, dtype=str)


def _scores(
    table: pd.DataFrame, campaign: Campaign, questions: Sequence[AskedQuestion], scores: ModelScores | None
) -> pd.DataFrame:
    """What the model says of every question, whether it learned from the row, and its version."""
    columns: dict[str, NDArray] = {}
    ids = pd.Index([] if scores is None else scores.galaxy_ids.astype(str), dtype=object)
    rows = ids.get_indexer(table["galaxy_id"].astype(str))
    asked = {question.name: question for question in questions}
    for target in targets_of(campaign):
        names = probability_columns(asked[target.question])[: len(target.answers)]
        given = None if scores is None else scores.of(target.question)
        for place, name in enumerate(names):
            columns[name] = _taken(None if given is None else given.probabilities[:, place], rows)
        if target.values:
            known = None if given is None else expected_value(given.probabilities, target.values)
            columns["expected_value"] = _taken(known, rows)
        if target.led_here:
            column = f"{asked[target.question].column}_{ASKED_COLUMN}"
            columns[column] = _taken(None if given is None else given.asked, rows)
    known = np.any([np.isfinite(each) for each in columns.values()], axis=0)
    seen = (table["label_source"] != "").to_numpy()
    columns["probability_note"] = np.where(known, np.where(seen, IN_SAMPLE, NOT_SEEN), "")
    columns["model_version"] = np.where(known, "" if scores is None else scores.model_version, "")
    return pd.DataFrame(columns, index=table.index)


def _taken(values: NDArray | None, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Values of some rows; NaN for row -1, and everywhere without values."""
    found = np.full(len(rows), np.nan)
    if values is not None:
        found[rows >= 0] = values[rows[rows >= 0]]
    return found


def _append_catalog(table: pd.DataFrame, catalog: pd.DataFrame) -> pd.DataFrame:
    others = [name for name in catalog.columns if name not in ("galaxy_id", "ra", "dec")]
    renamed = {name: f"catalog_{name}" for name in others if name in table.columns}
    extra = catalog.set_index("galaxy_id")[others].rename(columns=renamed)
    return table.join(extra, on="galaxy_id")
