import io
import pickle
import resource
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from galcore.images.image import SkyImage
from galcore.images.readers import OpenFiles
from galcore.images.stacks import find_stack_images
from galcore.types import GalcoreError


def load(path: Path, number: int = 0) -> SkyImage:
    found, _ = find_stack_images(path)
    return OpenFiles().read(found[number].address)


@pytest.mark.parametrize("ending", ["npy", "npz", "h5"])
@pytest.mark.parametrize(
    ("shape", "bands"), [((6, 3, 20, 24), 3), ((6, 20, 24, 5), 5), ((6, 20, 24), 1), ((6, 1, 20, 24), 1)]
)
def test_a_stack_in_any_order_of_axes_is_images_of_bands_height_width(
    tmp_path: Path, ending: str, shape: tuple[int, ...], bands: int
) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    path = tmp_path / f"stack.{ending}"
    if ending == "npy":
        np.save(path, values)
    elif ending == "npz":
        np.savez_compressed(path, images=values)
    else:
        with h5py.File(path, "w") as file:
            file["group/images"] = values
    found, problems = find_stack_images(path)
    assert len(found) == 6 and not problems
    image = load(path, 4)
    assert image.pixels.shape == (bands, 20, 24) and image.kind == "flux"
    expected = values[4].transpose(2, 0, 1) if shape[-1] == 5 else values[4].reshape(bands, 20, 24)
    np.testing.assert_array_equal(image.pixels, expected)


def test_bytes_in_three_channels_are_pictures(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (4, 16, 16, 3), dtype=np.uint8)
    np.save(tmp_path / "rgb.npy", rgb)
    image = load(tmp_path / "rgb.npy", 2)
    assert image.kind == "picture"
    np.testing.assert_array_equal(image.pixels, rgb[2].transpose(2, 0, 1))


def test_a_member_that_names_filters_makes_one_image_of_a_cube(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.ones((5, 20, 16), "f4"), filters=np.array(list("grizy")))
    found, _ = find_stack_images(tmp_path / "a.npz")
    assert len(found) == 1
    assert load(tmp_path / "a.npz").bands == tuple("grizy")


def test_labels_beside_the_images_of_a_stack_come_along(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "g.h5", "w") as file:
        file["images"] = np.zeros((3, 16, 16, 3), "u1")
        file["ans"], file["ra"] = [7, 8, 9], [1.5, 2.5, 3.5]
        file["name"] = np.array([b"NGC 1", b"NGC 2", b"M 31"])
    found, _ = find_stack_images(tmp_path / "g.h5")
    assert dict(found[2].columns) == {"ans": 9, "ra": 3.5, "name": "M 31"}


class Trap:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("sprung"),))


def test_a_pickle_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "trap.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Trap()))
    for name in ("trap.npy", "bare.npy"):
        with pytest.raises(GalcoreError, match=f"{name}: .*pickle"):
            find_stack_images(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_members_that_are_no_images_are_left_out_by_name_and_the_rest_is_kept(tmp_path: Path) -> None:
    table = np.array([(1.0, 2.0)], dtype=[("x", "f8"), ("y", "f8")])
    np.savez(
        tmp_path / "mixed.npz",
        images=np.ones((3, 16, 16), "f4"),
        catalog=table,
        objects=np.array([{"a": 1}], dtype=object),
    )
    found, problems = find_stack_images(tmp_path / "mixed.npz")
    assert len(found) == 3
    text = " ".join(problems)
    assert "member catalog" in text and "member objects" in text and "pickle" in text


@pytest.mark.parametrize("ending", ["npy", "npz", "h5"])
def test_a_torn_stack_is_refused_by_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"torn.{ending}"
    values = np.random.default_rng(0).normal(size=(20, 16, 16))
    if ending == "npy":
        np.save(path, values)
    elif ending == "npz":
        np.savez(path, images=values)
    else:
        with h5py.File(path, "w") as file:
            file["images"] = values
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(GalcoreError, match=rf"torn\.{ending}"):
        find_stack_images(path)


def test_an_unpacked_size_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("galcore.images.stacks.MAX_MEMBER_BYTES", 10_000)
    np.savez_compressed(tmp_path / "bomb.npz", images=np.zeros((100, 16, 16)))
    with pytest.raises(GalcoreError, match="unpacks to"):
        find_stack_images(tmp_path / "bomb.npz")


@pytest.mark.parametrize("shape", [(10**9, 8, 8), (2, 10**5, 10**5)])
def test_a_shape_without_bytes_behind_it_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with h5py.File(tmp_path / "claim.h5", "w") as file:
        file.create_dataset("images", shape, "f4", chunks=(1, 8, 8))
    with pytest.raises(GalcoreError, match=r"claim\.h5: claims an array"):
        find_stack_images(tmp_path / "claim.h5")


@pytest.mark.parametrize("ending", ["npy", "npz", "h5"])
def test_a_large_stack_is_not_loaded_whole(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"large.{ending}"
    shape = (20_000, 3, 64, 64)  # 983 MB on paper, sparse on disk
    if ending == "h5":
        with h5py.File(path, "w") as file:
            file.create_dataset("images", shape, "f4")
    else:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
        size = header.tell() + int(np.prod(shape)) * 4
        if ending == "npy":
            with path.open("wb") as stream:
                stream.write(header.getvalue())
                stream.truncate(size)
        else:
            write_sparse_npz(path, header.getvalue(), size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, _ = find_stack_images(path)
    files = OpenFiles()
    assert files.read(found[19_999].address).pixels.shape == (3, 64, 64)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def write_sparse_npz(path: Path, header: bytes, size: int) -> None:
    """A stored (uncompressed) member whose data is a hole in the file."""
    info = zipfile.ZipInfo("images.npy")
    info.file_size = info.compress_size = size
    info.CRC = 0
    with path.open("w+b") as stream:
        stream.write(info.FileHeader(zip64=False))
        info.header_offset = 0
        stream.write(header)
        stream.truncate(stream.tell() + size - len(header))
        with zipfile.ZipFile(stream, "a") as archive:  # writes the central directory behind the hole
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info
            archive._didModify = True
            archive.start_dir = stream.tell()
