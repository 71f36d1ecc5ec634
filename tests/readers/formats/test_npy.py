import struct
from pathlib import Path

import numpy as np
import pytest
from array_files import body, facts_of, hu_of, refusal_of, volume
from numpy.typing import NDArray

HU = volume()


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<i4", "<f4", "<f8", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_stack_is_read_exactly(tmp_path: Path, dtype: str, order: str) -> None:
    np.save(tmp_path / "full.npy", np.asarray(HU, dtype=dtype, order=order))  # type: ignore[call-overload]
    facts = facts_of(tmp_path / "full.npy")
    assert [one.index for one in facts] == [0, 1, 2, 3, 4]
    assert [one.origin for one in facts] == [(0.0, 0.0, float(z)) for z in range(5)]
    assert {one.frame.spacing for one in facts} == {None}
    np.testing.assert_array_equal(hu_of(tmp_path / "full.npy"), HU)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ((HU + 1024.0) / 4096, "unit:-1024:3072"),
        (((HU + 1024.0) / 4096).astype(np.float32), "unit:-1024:3072"),
        ((HU + 1024).astype(np.uint16), "stored:-1024"),
        ((HU - 1024) / 2048, "stored:1024:2048"),
    ],
)
def test_values_become_the_hu_that_they_are_told_to_be(
    tmp_path: Path, values: NDArray[np.generic], unit: str
) -> None:
    np.save(tmp_path / "full.npy", values)
    np.testing.assert_array_equal(hu_of(tmp_path / "full.npy", unit), HU)


def test_what_lies_outside_hu_is_padded_or_clipped(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.where(np.eye(24, dtype=bool), 5000.0, -2000.0))
    hu = hu_of(tmp_path / "a.npy")[0]
    assert set(hu[~np.eye(24, dtype=bool)]) == {-1024}
    assert set(np.diag(hu)) == {3072}


@pytest.mark.parametrize(
    ("shape", "slices"),
    [
        ((24, 24), 1),
        ((1, 24, 24), 1),
        ((24, 24, 1), 1),
        ((5, 24, 24), 5),
        ((5, 1, 24, 24), 5),
        ((24, 24, 5), 5),
        ((5, 24, 32), 5),
    ],
)
def test_the_axis_unlike_two_equal_ones_counts_the_slices(
    tmp_path: Path, shape: tuple[int, ...], slices: int
) -> None:
    values = np.arange(np.prod(shape)).reshape(shape) - 1000
    np.save(tmp_path / "a.npy", values)
    hu = hu_of(tmp_path / "a.npy")
    assert len(hu) == slices
    last = np.moveaxis(values, -1, 0) if shape == (24, 24, 5) else values
    np.testing.assert_array_equal(hu, np.clip(last.reshape(hu.shape), -1024, 3072))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros((24, 24), complex), "array-type"),
        (np.zeros((24, 24), [("a", "i2"), ("b", "i2")]), "array-type"),
        (np.zeros((24, 24), bool), "array-type"),
        (np.full((24, 24), "text"), "array-type"),
        (np.zeros(24), "array-shape"),
        (np.zeros((2, 3, 24, 24)), "array-shape"),
        (np.zeros((0, 24, 24)), "array-shape"),
        (np.where(np.eye(24), np.nan, body(0)), "not-finite"),
        (np.where(np.eye(24), np.inf, body(0)), "not-finite"),
        (np.indices((24, 24)).sum(0) // 20, "not-a-ct-image"),
    ],
)
def test_what_is_no_image_is_refused(
    tmp_path: Path, values: NDArray[np.generic], reason: str
) -> None:
    np.save(tmp_path / "a.npy", values)
    assert refusal_of(tmp_path / "a.npy").reason == reason


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("it was unpickled",)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    array = np.empty((24, 24), object)
    array[0, 0] = _Bomb()
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    assert refusal_of(tmp_path / "a.npy").reason == "array-type"


def test_a_nan_is_told_with_its_count(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.where(np.eye(24), np.nan, body(0)))
    assert refusal_of(tmp_path / "a.npy").detail == (
        "24 of 576 values of a slice are NaN or infinite"
    )


def test_files_of_python_2_are_read(tmp_path: Path) -> None:
    head = b"{'descr': '<i2', 'fortran_order': False, 'shape': (5L, 24L, 24L), }"
    head = head.ljust(117) + b"\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head))
    (tmp_path / "a.npy").write_bytes(start + head + HU.astype("<i2").tobytes())
    np.testing.assert_array_equal(hu_of(tmp_path / "a.npy"), HU)


@pytest.mark.parametrize("keep", [8, 100, 1000])
def test_a_file_that_breaks_off_is_refused(tmp_path: Path, keep: int) -> None:
    np.save(tmp_path / "a.npy", HU)
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:keep])
    assert refusal_of(tmp_path / "a.npy").reason in {"undecodable", "truncated"}


def test_a_head_that_is_no_dictionary_is_refused(tmp_path: Path) -> None:
    for head in (b"{'descr': '<f8', 'fortran_order'", b"(" * 200, b"os.system('x')"):
        start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head))
        (tmp_path / "a.npy").write_bytes(start + head + bytes(1000))
        assert refusal_of(tmp_path / "a.npy").reason == "undecodable"


def test_a_shape_that_the_file_cannot_hold_is_refused_at_once(tmp_path: Path) -> None:
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (60000, 60000, 60000), }"
    head = head.ljust(117) + b"\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head))
    (tmp_path / "a.npy").write_bytes(start + head + bytes(1000))
    assert refusal_of(tmp_path / "a.npy").reason == "truncated"
