"""Vote fractions of real galaxies: how often a crowd would say each class, from experts' own uncertainty.

EFIGI (Baillard et al. 2011, A&A 532, A74) gives each galaxy a Hubble type T with confidence limits. A crowd
looking at it spreads over neighbouring types; the classes that these types fall into get its votes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from galcore.types import GalcoreError

CLASSES = ("elliptical", "lenticular", "early spiral", "late spiral")
EDGES = (-3.5, -0.5, 4.5)  # of T between the classes
LATEST = 10.5  # dwarf ellipticals (T = 11) are off the sequence
CROWD_SIGMA = 0.7  # types by which people differ even where experts are sure
# What a model could see: experts' attributes of the same galaxies, 0 to 1, -1 where undetermined
ATTRIBUTES = (
    "Bulge_to_Total",
    "Arm_Strength",
    "Arm_Curvature",
    "Visible_Dust",
    "Dust_Dispersion",
    "Flocculence",
    "Hot_Spots",
    "Bar_Length",
    "Inclination",
    "Perturbation",
)


@dataclass(frozen=True, slots=True, eq=False)
class ExpertTypes:
    """Real galaxies with the votes a crowd would give.

    Attributes:
        galaxy_ids: (N,) names.
        fractions: (N, 4) share of a large crowd for each of :data:`CLASSES`.
        features: (N, D) attributes, standardised.
    """

    galaxy_ids: NDArray[np.object_]
    fractions: NDArray[np.float64]
    features: NDArray[np.float64]


def read_expert_types(path: Path) -> ExpertTypes:
    """Fractions and features from a table with EFIGI's columns.

    The limits of T are those of 70 % confidence, so each lies 1.04 standard deviations from T.

    Raises:
        GalcoreError: If the table or one of its columns is not there.
    """
    wanted = ["id", "T", "T_inf", "T_sup", *ATTRIBUTES]
    if not path.exists():
        raise GalcoreError(f"{path} is not there: give the table of EFIGI galaxies")
    table = pd.read_csv(path, dtype={"id": str})
    missing = [name for name in wanted if name not in table]
    if missing:
        raise GalcoreError(f"{path}: no column {', '.join(missing)}")
    table = table[table["T"] < LATEST]
    types = table["T"].to_numpy(float)
    reach = norm.ppf(0.85)
    below = np.hypot((types - table["T_inf"].to_numpy(float)) / reach, CROWD_SIGMA)
    above = np.hypot((table["T_sup"].to_numpy(float) - types) / reach, CROWD_SIGMA)
    attributes = table[list(ATTRIBUTES)].to_numpy(float).clip(min=0)
    spread = attributes.std(axis=0)
    return ExpertTypes(
        table["id"].to_numpy(dtype=object),
        _class_shares(types, below, above),
        (attributes - attributes.mean(axis=0)) / np.where(spread > 0, spread, 1),
    )


def _class_shares(
    types: NDArray[np.float64], below: NDArray[np.float64], above: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, 4) mass of a split normal, of widths ``below`` and ``above`` the type, in each class."""
    edges = np.array(EDGES)[None, :] - types[:, None]
    left = 2 * below / (below + above)  # both halves meet at the same height
    scaled = np.where(edges < 0, edges / below[:, None], edges / above[:, None])
    under = np.where(
        edges < 0,
        left[:, None] * norm.cdf(scaled),
        left[:, None] / 2 + (2 - left[:, None]) * (norm.cdf(scaled) - 0.5),
    )
    cumulated = np.column_stack([np.zeros(len(types)), under, np.ones(len(types))])
    return np.diff(cumulated, axis=1)
