import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.jobs.uploads import new_upload_folder, safe_name, save_files


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=400))
def test_a_safe_name_stays_in_its_folder(name):
    safe = safe_name(name)
    assert safe and "/" not in safe and "\\" not in safe and not safe.startswith(".") and "\0" not in safe
    assert len(safe) <= 150


@pytest.mark.parametrize("name", ["../../evil.fits", "/etc/evil.fits", "..\\evil.fits", "evil.fits"])
def test_uploads_land_inside_the_workspace(tmp_path, name):
    folder = new_upload_folder(tmp_path)
    (path,) = save_files(folder, [(name, io.BytesIO(b"data"))])
    assert path == folder / "evil.fits" and path.read_bytes() == b"data"
    assert folder.is_relative_to(tmp_path / "uploads")


def test_two_uploads_of_one_name_are_both_kept(tmp_path):
    paths = save_files(tmp_path / "x", [("a.png", io.BytesIO(b"1")), ("a.png", io.BytesIO(b"2"))])
    assert [path.name for path in paths] == ["a.png", "a_2.png"]
    assert [path.read_bytes() for path in paths] == [b"1", b"2"]
