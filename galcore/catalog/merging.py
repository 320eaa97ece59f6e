"""Adding rows to a catalogue: what is there stays, under the id it has."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from galcore.catalog.columns import ADDRESS_COLUMNS, CATALOG_COLUMNS, complete_catalog
from galcore.types import LeftOut


@dataclass(frozen=True, slots=True)
class MergedCatalog:
    """A catalogue with new rows.

    Attributes:
        catalog: Old rows first, in their order.
        n_added: New rows.
        n_known: Images that were there already.
        left_out: New rows that were not taken, and why.
    """

    catalog: pd.DataFrame
    n_added: int
    n_known: int
    left_out: tuple[LeftOut, ...]


def merge_catalog(known: pd.DataFrame, new: pd.DataFrame) -> MergedCatalog:
    """The known catalogue with the new images behind it.

    An image that is there already keeps its id and values, and gains the values it did not have yet. An id
    that belongs to another image is not taken twice.
    """
    known, new = _unify_types(known, complete_catalog(new))
    row_of_address = {address: n for n, address in enumerate(_addresses(known))}
    row_of_id = {galaxy_id: n for n, galaxy_id in enumerate(known["galaxy_id"])}
    known_rows: list[tuple[int, int]] = []
    added: list[int] = []
    left_out: list[LeftOut] = []
    first_source: dict[str, str] = {}
    columns = zip(new["galaxy_id"], new["source"], _addresses(new), strict=True)
    for n, (galaxy_id, source, address) in enumerate(columns):
        if address in row_of_address:
            known_rows.append((row_of_address[address], n))
        elif galaxy_id in row_of_id:
            other = known["source"].iloc[row_of_id[galaxy_id]]
            left_out.append(LeftOut(source, f"galaxy_id {galaxy_id!r} belongs to {other} already"))
        elif galaxy_id in first_source:
            other = first_source[galaxy_id]
            left_out.append(
                LeftOut(source, f"galaxy_id {galaxy_id!r} is that of {other} too; the first counts")
            )
        else:
            first_source[galaxy_id] = source
            added.append(n)
    catalog = _fill_known(known, new, known_rows)
    fresh = new.iloc[added]
    if catalog.empty:
        catalog = fresh
    elif added:
        catalog = pd.concat([catalog, fresh], ignore_index=True)
    return MergedCatalog(complete_catalog(catalog), len(added), len(known_rows), tuple(left_out))


def _unify_types(known: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A column of the user that is text on one side becomes text on both; mixed numbers become floating."""
    as_text: dict[str, str] = {}
    as_float: dict[str, str] = {}
    for name in known.columns.intersection(new.columns).difference(CATALOG_COLUMNS):
        kinds = {_kind(known[name]), _kind(new[name])}
        if kinds == {"whole", "float"}:
            as_float[name] = "Float64"
        elif len(kinds) > 1:
            as_text[name] = "str"
    if not as_text and not as_float:
        return known, new
    known, new = known.copy(), new.copy()
    for frame in (known, new):
        for name in as_float:
            frame[name] = frame[name].astype("Float64")
        for name in as_text:
            frame[name] = frame[name].map(str, na_action="ignore").astype("str")
    return known, new


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "bool"
    if pd.api.types.is_integer_dtype(column):
        return "whole"
    return "float" if pd.api.types.is_float_dtype(column) else "text"


def _addresses(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    columns = [frame[name].astype(object).where(frame[name].notna(), "").tolist() for name in ADDRESS_COLUMNS]
    return [tuple(map(str, row)) for row in zip(*columns, strict=True)]


def _fill_known(known: pd.DataFrame, new: pd.DataFrame, pairs: list[tuple[int, int]]) -> pd.DataFrame:
    if not pairs:
        return known
    old_rows, new_rows = (list(rows) for rows in zip(*pairs, strict=True))
    filled = known.copy()
    fixed = set(ADDRESS_COLUMNS) | {"galaxy_id"}
    for name in (name for name in new.columns if name not in fixed):
        values = new[name].iloc[new_rows].set_axis(old_rows)
        values = values[~values.index.duplicated()]
        if values.isna().all():
            continue
        if name in filled:
            filled[name] = filled[name].combine_first(values.astype(filled[name].dtype))
        else:
            filled[name] = values.reindex(filled.index)
    order = [*CATALOG_COLUMNS, *(name for name in filled.columns if name not in CATALOG_COLUMNS)]
    return filled[[name for name in order if name in filled]]
