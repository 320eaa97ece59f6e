"""The table of results: one row a galaxy, from votes, adjudications and the model. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from galcore.export.names import answer_slugs, slug
from galcore.review.disagreement import decided_answers
from galcore.review.scores import ModelScores
from galcore.types import Campaign

UNITS = {
    "ra": "deg",
    "dec": "deg",
    "pixel_scale_arcsec": "arcsec",
    "x": "pixel",
    "y": "pixel",
    "stamp_size_px": "pixel",
}


def results_table(
    campaign: Campaign,
    catalog: pd.DataFrame,
    votes: pd.DataFrame,
    history: pd.DataFrame,
    *,
    scores: ModelScores | None,
    all_galaxies: bool = False,
    catalog_columns: bool = False,
) -> pd.DataFrame:
    """One row per labelled galaxy (or per galaxy of the catalogue), sorted by id.

    A galaxy that was labelled and is no longer in the catalogue keeps its row, without a position.

    Args:
        campaign: Whose answers name the columns.
        catalog: ``galaxy_id``, ``ra``, ``dec`` and what the user brought.
        votes: As :meth:`galcore.labels.LabelStore.votes` gives them.
        history: Every event, for adjudications.
        scores: What the model says, ``None`` before it was ever fitted.
        all_galaxies: Also the galaxies that nobody labelled.
        catalog_columns: Append the other columns of the catalogue.

    Returns:
        Columns as documented in ``docs/review-and-export.md``.
    """
    table = _rows(catalog, votes, all_galaxies=all_galaxies)
    voted = votes.set_index("galaxy_id").reindex(table["galaxy_id"])
    table = pd.concat([table, _vote_columns(campaign, voted)], axis=1)
    _insert_labels(table, decided_answers(history))
    _append_scores(table, campaign, scores)
    return _append_catalog(table, catalog) if catalog_columns else table


def question_slug(campaign: Campaign) -> str:
    """Prefix of the vote columns of a campaign."""
    return slug(campaign.name, otherwise="question")


def _rows(catalog: pd.DataFrame, votes: pd.DataFrame, *, all_galaxies: bool) -> pd.DataFrame:
    known = catalog.reindex(columns=["galaxy_id", "ra", "dec"])
    how = "outer" if all_galaxies else "right"
    table = known.merge(
        votes[["galaxy_id"]].astype({"galaxy_id": known["galaxy_id"].dtype}), on="galaxy_id", how=how
    )
    table = table.sort_values("galaxy_id", ignore_index=True)
    return table.astype({"ra": "float64", "dec": "float64"})


def _vote_columns(campaign: Campaign, voted: pd.DataFrame) -> pd.DataFrame:
    question = question_slug(campaign)
    counts = {answer: voted[f"votes_{answer}"].fillna(0).astype("int32") for answer in campaign.answers}
    total = sum(counts.values(), start=pd.Series(0, index=voted.index, dtype="int32"))
    columns: dict[str, pd.Series] = {"n_annotators": voted["n_annotators"].fillna(0).astype("int32")}
    for answer, name in zip(campaign.answers, answer_slugs(campaign.answers), strict=True):
        columns[f"{question}_{name}"] = counts[answer]
        columns[f"{question}_{name}_fraction"] = (counts[answer] / total.where(total > 0)).astype("float64")
        explicit = voted[f"explicit_{answer}"].fillna(0).astype("int32")
        columns[f"{question}_{name}_explicit"] = explicit
    columns[f"{question}_total-votes"] = total
    columns["majority"] = voted["majority"].fillna("").astype(str)
    columns["agreement"] = voted["agreement"].astype("float64")
    return pd.DataFrame(columns).reset_index(drop=True)


def _insert_labels(table: pd.DataFrame, decided: dict[str, str]) -> None:
    adjudicated = np.array(
        [decided.get(str(galaxy_id), "") for galaxy_id in table["galaxy_id"]], dtype=object
    )
    majority = table["majority"].to_numpy(dtype=object)
    tied = (majority == "") & (table["n_annotators"].to_numpy() > 0)
    by_votes = np.where(tied, "tie", np.where(majority != "", "majority", ""))
    table.insert(3, "label", pd.Series(np.where(adjudicated != "", adjudicated, majority), dtype=str))
    table.insert(4, "label_source", np.where(adjudicated != "", "adjudicated", by_votes))


def _append_scores(table: pd.DataFrame, campaign: Campaign, scores: ModelScores | None) -> None:
    names = [f"probability_{name}" for name in answer_slugs(campaign.answers)]
    if scores is None:
        table[names] = np.nan
        table["model_version"] = ""
        return
    given = pd.DataFrame(scores.probabilities, index=pd.Index(scores.galaxy_ids.astype(str)), columns=names)
    given = given.reindex(table["galaxy_id"].astype(str)).astype("float64").reset_index(drop=True)
    table[names] = given
    table["model_version"] = np.where(given[names[0]].notna(), scores.model_version, "")


def _append_catalog(table: pd.DataFrame, catalog: pd.DataFrame) -> pd.DataFrame:
    others = [name for name in catalog.columns if name not in ("galaxy_id", "ra", "dec")]
    renamed = {name: f"catalog_{name}" for name in others if name in table.columns}
    extra = catalog.set_index("galaxy_id")[others].rename(columns=renamed)
    return table.join(extra, on="galaxy_id")
