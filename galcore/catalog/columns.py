"""Names of columns: what users call them, what the catalogue calls them, which ones are ours."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

# Compared without case, spaces, dashes and underscores; the first one present wins.
ID_ALIASES = (
    "galaxy_id",
    "id_str",
    "object_id",
    "source_id",
    "targetid",
    "objid",
    "dr7objid",
    "dr8objid",
    "id",
    "name",
)
FILE_ALIASES = (
    "file_loc",
    "file",
    "filename",
    "file_name",
    "path",
    "image",
    "image_file",
    "image_path",
    "png_loc",
)
RA_ALIASES = ("ra", "ra_deg", "right_ascension", "raj2000", "ra_icrs", "alpha_j2000")
DEC_ALIASES = ("dec", "dec_deg", "declination", "dej2000", "decj2000", "de_icrs", "dec_icrs", "delta_j2000")
SCALE_ALIASES = ("pixel_scale_arcsec", "pixscale", "pixel_scale", "pxscale", "arcsec_per_pixel")
CANONICAL = {"ra": RA_ALIASES, "dec": DEC_ALIASES, "pixel_scale_arcsec": SCALE_ALIASES}

ADDRESS_COLUMNS = ("source", "source_index", "hdu", "member", "x", "y", "stamp_size_px")
CATALOG_COLUMNS = ("galaxy_id", *ADDRESS_COLUMNS, "pixel_scale_arcsec", "ra", "dec")
CATALOG_DTYPES = {
    "galaxy_id": "str",
    "source": "str",
    "source_index": "int64",
    "hdu": "int64",
    "member": "str",
    "x": "float64",
    "y": "float64",
    "stamp_size_px": "Int64",
    "pixel_scale_arcsec": "float64",
    "ra": "float64",
    "dec": "float64",
}


def find_column(columns: Iterable[str], aliases: Iterable[str]) -> str | None:
    """The first column that goes by one of the aliases.

    >>> find_column(["RA", "Dec", "SourceID"], ID_ALIASES)
    'SourceID'
    """
    plain = {_plain(name): name for name in reversed(list(columns))}
    return next((plain[_plain(alias)] for alias in aliases if _plain(alias) in plain), None)


def is_id_like(name: str) -> bool:
    """Whether a column holds names of things rather than quantities.

    >>> is_id_like("dr8objid"), is_id_like("width")
    (True, False)
    """
    plain = _plain(name)
    return plain in {_plain(alias) for alias in ID_ALIASES} or name.lower().endswith(
        ("_id", "objid", "id_str")
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in str(name).lower() if letter not in " -_")


def name_user_columns(columns: Iterable[str]) -> dict[str, str]:
    """New names for the user's columns that would clash with ours, or with one another without case.

    >>> name_user_columns(["source", "label", "Label"])
    {'source': 'table_source', 'Label': 'Label_2'}
    """
    renamed: dict[str, str] = {}
    taken = {name.lower() for name in CATALOG_COLUMNS}
    reserved = set(ADDRESS_COLUMNS)
    for name in columns:
        new = f"table_{name}" if name.lower() in reserved else name
        count = 1
        candidate = new
        while candidate.lower() in taken and candidate not in ("galaxy_id", *CANONICAL):
            count += 1
            candidate = f"{new}_{count}"
        taken.add(candidate.lower())
        if candidate != name:
            renamed[name] = candidate
    return renamed


def empty_catalog() -> pd.DataFrame:
    """A catalogue without galaxies, with every column of its own."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in CATALOG_DTYPES.items()})


def complete_catalog(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with all catalogue columns, in order and of the right types, the user's behind them."""
    complete = frame.copy()
    for name, dtype in CATALOG_DTYPES.items():
        if name not in complete:
            missing: object = {"int64": -1 if name == "hdu" else 0, "str": None}.get(dtype, pd.NA)
            complete[name] = pd.Series(
                [missing] * len(complete), index=complete.index, dtype=_nullable(dtype)
            )
        complete[name] = complete[name].astype(dtype)
    others = [name for name in complete.columns if name not in CATALOG_DTYPES]
    return complete[[*CATALOG_DTYPES, *others]].reset_index(drop=True)


def _nullable(dtype: str) -> str:
    return "Float64" if dtype == "float64" else dtype
