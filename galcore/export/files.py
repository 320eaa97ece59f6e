"""Tables as files: written beside and renamed, so that a reader never meets half a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from galcore.export.columns import UNITS
from galcore.export.names import ascii_text, distinct
from galcore.types import GalcoreError, Provenance
from galcore.whole_files import write_whole

if TYPE_CHECKING:
    from astropy.io import fits

SUFFIXES = (".csv", ".parquet", ".fits")
COMMENT_ROOM = 60  # letters of value and comment that surely fit one card of 80
METADATA_KEY = b"galcore"
SIDECAR_SUFFIX = ".provenance.json"
EXACT_TEXT = "exact_text"  # parameter of a provenance that asks for FITS text that can be read back exactly
TEXT_CARD, ESCAPED = "TEXTENC", "escaped"
# FITS cards have eight letters; the PROVENANCE extension holds everything under its full name.
_CARDS = {
    "GALCORE": ("code_version", "version of Galcore"),
    "GITHASH": ("git_commit", "commit of Galcore"),
    "MODEL": ("model_name", "encoder"),
    "MODELSHA": ("model_hash", "hash of weights and preprocessing"),
    "CATSHA": ("data_hash", "hash of the catalogue"),
    "EMBSHA": ("embedding_hash", "hash of the embeddings"),
    "LEARNER": ("learner_version", "model fitted to the labels"),
    "CAMPAIGN": ("campaign_name", "name of the campaign"),
    "CAMPID": ("campaign_id", "id of the campaign"),
    "DATE": ("created_at", "UTC"),
}


def check_suffix(path: Path) -> str:
    """Suffix of an export file.

    Raises:
        GalcoreError: If it is none that can be written, or the folder is not there.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise GalcoreError(f"{path}: end the name in one of {', '.join(SUFFIXES)}; that chooses the format")
    if not path.parent.is_dir():
        raise GalcoreError(f"{path.parent} is not a folder; make it first, or choose another place")
    return suffix


def write_table(table: pd.DataFrame, path: Path, provenance: Provenance) -> tuple[Path, ...]:
    """Write a table in the format of its suffix and return the files made.

    CSV has no room for provenance: it goes to ``FILE.provenance.json`` beside it.
    """
    suffix = check_suffix(path)
    _write_whole(path, table_bytes(table, suffix, provenance))
    if suffix != ".csv":
        return (path,)
    sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
    _write_whole(sidecar, (provenance_json(provenance) + "\n").encode())
    return (path, sidecar)


def table_bytes(table: pd.DataFrame, suffix: str, provenance: Provenance) -> bytes:
    """A table as the content of a file, for downloads."""
    writers: dict[str, Callable[[pd.DataFrame, Provenance], bytes]] = {
        ".csv": _csv_bytes,
        ".parquet": _parquet_bytes,
        ".fits": _fits_bytes,
    }
    return writers[suffix](table, provenance)


def provenance_json(provenance: Provenance) -> str:
    """Provenance as indented JSON."""
    return json.dumps(asdict(provenance), indent=1, ensure_ascii=False, default=str)


def _csv_bytes(table: pd.DataFrame, _provenance: Provenance) -> bytes:
    # A lone carriage return in a text is quoted only when everything is, and would end the row else.
    texts = (table.iloc[:, place] for place in range(table.shape[1]))
    returns = any("\r" in value for column in texts for value in column.unique() if isinstance(value, str))
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
    return table.to_csv(index=False, lineterminator="\n", quoting=quoting).encode("utf-8")


def _parquet_bytes(table: pd.DataFrame, provenance: Provenance) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(_plain_columns(table), preserve_index=False)
    notes = _descriptions(provenance)
    for place, name in enumerate(arrow.column_names):
        said = {"description": notes.get(name, ""), "unit": UNITS.get(name, "")}
        field = arrow.schema.field(place).with_metadata({key: text for key, text in said.items() if text})
        arrow = arrow.set_column(place, field, arrow.column(place))
    metadata = {**(arrow.schema.metadata or {}), METADATA_KEY: provenance_json(provenance).encode()}
    buffer = BytesIO()
    pq.write_table(arrow.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


def _plain_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of mixed values as text, which is all that Parquet can make of them."""
    mixed = {
        name: table[name].map(str, na_action="ignore").astype("string")
        for name, dtype in table.dtypes.items()
        if getattr(dtype, "kind", "") == "O"
        and pd.api.types.infer_dtype(table[name], skipna=True).startswith("mixed")
    }
    return table.assign(**mixed) if mixed else table


def _fits_bytes(table: pd.DataFrame, provenance: Provenance) -> bytes:
    from astropy.io import fits

    exact_text = bool(provenance.parameters.get(EXACT_TEXT))
    shown = _escaped(table) if exact_text else table
    primary = fits.PrimaryHDU()
    galaxies = fits.BinTableHDU.from_columns(_fits_columns(shown), nrows=len(table), name="TABLE")
    values = _flat(provenance)
    for keyword, (name, comment) in _CARDS.items():
        value = ascii_text(str(values.get(name, "")))
        card = (value, comment if len(value) + len(comment) <= COMMENT_ROOM else "")
        primary.header[keyword] = card
        galaxies.header[keyword] = card
    notes = _descriptions(provenance)
    for number, name in enumerate(table.columns, start=1):
        if str(name) in notes:
            galaxies.header[f"TCOMM{number}"] = ascii_text(notes[str(name)])
    if exact_text:
        galaxies.header[TEXT_CARD] = (ESCAPED, "text is escaped as in Python")
    elif _folds(table):
        galaxies.header["HISTORY"] = "Text beyond ASCII: accents dropped, other letters as backslash escapes."
    rows = pd.DataFrame({"name": list(values), "value": [str(value) for value in values.values()]})
    details = fits.BinTableHDU.from_columns(_fits_columns(rows), nrows=len(rows), name="PROVENANCE")
    buffer = BytesIO()
    fits.HDUList([primary, galaxies, details]).writeto(buffer, checksum=True)
    return buffer.getvalue()


def _descriptions(provenance: Provenance) -> dict[str, str]:
    notes = provenance.parameters.get("columns", {})
    return {str(name): str(text) for name, text in notes.items()} if isinstance(notes, dict) else {}


def _escaped(table: pd.DataFrame) -> pd.DataFrame:
    """Text columns with everything escaped that FITS would lose, so that it can be read back exactly."""
    texts = [name for name in table.columns if not _is_plain(table[name])]
    return table.assign(**{name: table[name].map(escape_text, na_action="ignore") for name in texts})


def _is_plain(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)


def escape_text(value: object) -> str:
    r"""Text in ASCII without loss; also a space at the end, which FITS drops.

    >>> escape_text("é \\ ")
    '\\xe9 \\\\\\x20'
    """
    escaped = str(value).encode("unicode_escape").decode("ascii")
    return escaped[:-1] + r"\x20" if escaped.endswith(" ") else escaped


def unescape_text(text: str) -> str:
    r"""The text that :func:`escape_text` wrote.

    >>> unescape_text(escape_text("棒 \\n ")) == "棒 \\n "
    True
    """
    return text.encode("ascii").decode("unicode_escape")


def _fits_columns(table: pd.DataFrame) -> list[fits.Column]:
    from astropy.io import fits

    columns = []
    names = distinct(ascii_text(str(name)) for name in table.columns)
    for position, name in enumerate(names):
        values = table.iloc[:, position]
        unit = UNITS.get(name)
        if pd.api.types.is_float_dtype(values):
            array = values.to_numpy(dtype="float64", na_value=np.nan)
            columns.append(fits.Column(name, "D", array=array, unit=unit))
        elif pd.api.types.is_bool_dtype(values) and not values.isna().any():
            columns.append(fits.Column(name, "L", array=values.to_numpy(dtype=bool)))
        elif pd.api.types.is_integer_dtype(values):
            columns.append(_integer_column(name, values, unit))
        else:
            text = _texts(values)
            length = max(1, text.dtype.itemsize)
            columns.append(fits.Column(name, f"{length}A", array=text))
    return columns


def _integer_column(name: str, values: pd.Series, unit: str | None) -> fits.Column:
    from astropy.io import fits

    if values.isna().any():
        null = int(np.iinfo(np.int64).min)
        filled = values.astype("Int64").fillna(null).to_numpy(dtype="int64")
        return fits.Column(name, "K", array=filled, null=null, unit=unit)
    if values.max() > np.iinfo(np.int64).max if len(values) else False:
        return fits.Column(name, "20A", array=_texts(values), unit=unit)
    return fits.Column(name, "K", array=values.to_numpy(dtype="int64"), unit=unit)


def _texts(values: pd.Series) -> np.ndarray:
    texts = ["" if _is_missing(value) else ascii_text(_as_text(value)) for value in values]
    return np.array(texts, dtype="S") if texts else np.array([], dtype="S1")


def _is_missing(value: object) -> bool:
    return bool(pd.isna(value)) if pd.api.types.is_scalar(value) else False


def _as_text(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return str(value)


def _folds(table: pd.DataFrame) -> bool:
    texts = table.select_dtypes(exclude="number")
    names_fold = any(not str(name).isascii() for name in table.columns)
    return names_fold or any(not str(value).isascii() for name in texts for value in table[name].unique())


def _flat(provenance: Provenance) -> Mapping[str, object]:
    """Provenance as one level of names, the nested parts as JSON."""
    content = asdict(provenance)
    parameters = content.pop("parameters")
    flat = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        for name, value in parameters.items()
    }
    return {**content, **flat}


def _write_whole(path: Path, content: bytes) -> None:
    try:
        with write_whole(path) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise GalcoreError(f"{path} cannot be written ({error}); choose another place") from error
