from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from array_files import body, facts_of, hu_of, refusal_of, volume
from numpy.typing import NDArray
from scipy.io import savemat

HU = volume(size=24)


def save_7_3(path: Path, variables: dict[str, NDArray[Any]]) -> None:
    """Write what MATLAB 7.3 does: HDF5 behind a block of text, axes the other way round."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in variables.items():
            file[name] = values.T
        file.create_group("#refs#")["kept"] = np.zeros((9, 9))
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


def save_4(path: Path, variables: dict[str, NDArray[Any]]) -> None:
    savemat(path, variables, format="4")


def save_compressed(path: Path, variables: dict[str, NDArray[Any]]) -> None:
    savemat(path, variables, do_compression=True)


@pytest.mark.parametrize("save", [savemat, save_compressed, save_7_3])
def test_a_slice_is_read_as_matlab_shows_it(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "L901_3_full.mat", {"img": np.vstack([body(0), body(1)]).astype(float)})
    np.testing.assert_array_equal(
        hu_of(tmp_path / "L901_3_full.mat"), [np.vstack([body(0), body(1)])]
    )
    (facts,) = facts_of(tmp_path / "L901_3_full.mat")
    assert (facts.inside, facts.placed) == ("img", False)


@pytest.mark.parametrize("save", [savemat, save_compressed, save_7_3])
def test_the_last_axis_of_a_cube_counts_the_slices(tmp_path: Path, save: Any) -> None:
    cube = volume(24)
    save(tmp_path / "a.mat", {"low": np.moveaxis(cube, 0, -1), "full": np.moveaxis(cube, 0, -1)})
    np.testing.assert_array_equal(hu_of(tmp_path / "a.mat", inside="low"), cube)


@pytest.mark.parametrize("save", [savemat, save_7_3])
def test_an_axis_of_another_length_counts_the_slices(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "a.mat", {"x": HU})
    np.testing.assert_array_equal(hu_of(tmp_path / "a.mat"), HU)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_every_type_of_numbers_is_read(tmp_path: Path, dtype: str) -> None:
    values = np.arange(99).reshape(9, 11).astype(dtype)
    save_compressed(tmp_path / "a.mat", {"x": values, "a_rather_long_name_of_a_variable": values})
    for inside in ("x", "a_rather_long_name_of_a_variable"):
        np.testing.assert_array_equal(hu_of(tmp_path / "a.mat", inside=inside), [values])


def test_files_before_version_5_are_refused(tmp_path: Path) -> None:
    save_4(tmp_path / "a.mat", {"x": body(0).astype(float)})
    assert refusal_of(tmp_path / "a.mat").reason == "unsupported-format"


def test_what_is_no_array_of_numbers_is_left_out(tmp_path: Path) -> None:
    cells = np.empty(2, object)
    cells[:] = ["a", body(0)]
    variables = {"img": body(0), "cells": cells, "info": {"dose": 0.25}, "text": "L067", "n": 3}
    savemat(tmp_path / "a.mat", variables)
    assert [one.inside for one in facts_of(tmp_path / "a.mat")] == ["img"]


def test_files_without_an_image_are_refused(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"n": 3})
    assert refusal_of(tmp_path / "a.mat").reason == "array-shape"
    savemat(tmp_path / "a.mat", {"x": np.where(np.eye(9), np.nan, 0.5)})
    assert refusal_of(tmp_path / "a.mat").reason == "not-finite"
    savemat(tmp_path / "a.mat", {"x": np.eye(9) * 1j})
    assert refusal_of(tmp_path / "a.mat").reason == "array-type"


@pytest.mark.parametrize("keep", [10, 130, 200, 3000])
@pytest.mark.parametrize("save", [savemat, save_compressed, save_7_3])
def test_damaged_files_are_refused(tmp_path: Path, save: Any, keep: int) -> None:
    save(tmp_path / "a.mat", {"x": HU.astype(float)})
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:keep])
    assert refusal_of(tmp_path / "a.mat").reason in {
        *("undecodable", "array-shape", "unsupported-format", "truncated")
    }


def test_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    save_compressed(tmp_path / "a.mat", {"x": np.zeros((512, 512, 40), np.int16)})
    assert refusal_of(tmp_path / "a.mat").reason == "not-a-ct-image"
