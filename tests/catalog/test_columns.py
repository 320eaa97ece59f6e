import pytest

from galcore.catalog.columns import (
    CATALOG_COLUMNS,
    DEC_ALIASES,
    FILE_ALIASES,
    ID_ALIASES,
    RA_ALIASES,
    complete_catalog,
    empty_catalog,
    find_column,
    name_user_columns,
)


@pytest.mark.parametrize("name", ["id_str", "object_id", "source_id", "SourceID", "TARGETID", "objID", "Id"])
def test_ids_go_by_many_names(name: str) -> None:
    assert find_column(["x", name, "z"], ID_ALIASES) == name


@pytest.mark.parametrize(
    ("name", "aliases"),
    [
        *((name, RA_ALIASES) for name in ("ra", "RA", "ra_deg", "right_ascension", "RAJ2000")),
        *((name, DEC_ALIASES) for name in ("dec", "DEC", "dec_deg", "declination", "DEJ2000")),
        *((name, FILE_ALIASES) for name in ("file_loc", "file", "Filename", "path")),
    ],
)
def test_coordinates_and_files_go_by_many_names(name: str, aliases: tuple[str, ...]) -> None:
    assert find_column(["other", name], aliases) == name


def test_a_column_that_only_sounds_alike_is_not_taken() -> None:
    assert find_column(["radius", "decades", "identity"], (*RA_ALIASES, *DEC_ALIASES, *ID_ALIASES)) is None


def test_columns_of_the_user_never_overwrite_ours() -> None:
    renamed = name_user_columns(["source", "x", "hdu", "label", "Y"])
    assert renamed == {"source": "table_source", "x": "table_x", "hdu": "table_hdu", "Y": "table_Y"}


def test_an_empty_catalogue_has_every_column() -> None:
    empty = empty_catalog()
    assert tuple(empty.columns) == CATALOG_COLUMNS and len(empty) == 0
    assert complete_catalog(empty).dtypes.equals(empty.dtypes)
