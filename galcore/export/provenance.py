"""What made a result, as far as it can be known: enough to make it again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from galcore.code_version import code_version, commit
from galcore.export.names import answer_slugs
from galcore.types import Campaign, Provenance

if TYPE_CHECKING:
    from galcore.embed.store import EmbeddingSet


def export_provenance(
    campaign: Campaign,
    *,
    catalog_hash: str,
    embeddings: EmbeddingSet | None,
    learner_version: str,
    counts: Mapping[str, int],
    left_out: Sequence[str],
    labels_from: str,
    weights: Mapping[str, float],
    columns: Mapping[str, str] | None = None,
    calibration: str = "",
    exact_text: bool = False,
    hide: Callable[[str], str] | None = None,
) -> Provenance:
    """Provenance of an exported table.

    Args:
        campaign: Its settings are kept whole.
        catalog_hash: Of the catalogue at the time of export.
        embeddings: What the model probabilities were fitted on, ``None`` without any.
        learner_version: Version of the fitted learner, empty before the first fit.
        counts: Galaxies, labels, people.
        left_out: What is not in the table, and why, in words.
        labels_from: Label store or snapshot.
        weights: Of the people whose votes an owner made count more or less than 1.
        columns: What each column is.
        calibration: How far the probabilities can be taken at their word, in words.
        exact_text: Write text so that it can be read back exactly, in FITS too.
        hide: Pseudonym of a name; ``None`` keeps the names.
    """
    slugs = dict(zip(answer_slugs(campaign.answers), campaign.answers, strict=True))
    return Provenance(
        code_version=code_version(),
        model_name=embeddings.manifest.model if embeddings else "",
        model_hash=embeddings.manifest.model_hash if embeddings else "",
        data_hash=catalog_hash,
        parameters={
            "git_commit": commit(),
            "campaign_id": campaign.campaign_id,
            "campaign_name": campaign.name,
            "campaign": _settings(campaign, hide),
            "answer_columns": slugs,
            "embedding_hash": embedding_hash(embeddings) if embeddings else "",
            "learner_version": learner_version,
            "counts": dict(counts),
            "left_out": list(left_out),
            "labels_from": labels_from,
            "weights": {name if hide is None else hide(name): weight for name, weight in weights.items()},
            "columns": dict(columns or {}),
            "calibration": calibration,
            "exact_text": exact_text,
            "pseudonymous": hide is not None,
            "note": "Model probabilities of labelled galaxies are in-sample: the model was fitted on them.",
        },
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _settings(campaign: Campaign, hide: Callable[[str], str] | None) -> dict[str, object]:
    """Settings without the secret of the link by which people join.

    Without names, for whoever may still answer, gold items are counted only: they are answers known ahead.
    """
    settings = asdict(campaign)
    del settings["join_code"]
    if hide is None:
        return settings
    return {**settings, "created_by": hide(campaign.created_by), "gold": f"{len(campaign.gold)} items"}


def embedding_hash(embeddings: EmbeddingSet) -> str:
    """SHA-256 of ids and vectors, in their order."""
    digest = hashlib.sha256("\n".join(embeddings.galaxy_ids.tolist()).encode())
    digest.update(np.ascontiguousarray(embeddings.vectors()).data)
    return digest.hexdigest()
