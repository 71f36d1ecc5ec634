import zipfile
from pathlib import Path

import numpy as np
import pytest
from array_files import body, facts_of, hu_of, refusal_of, volume

LOW, FULL = volume(seed=1, sd=40), volume(seed=1)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_array_of_a_file_is_read_under_its_key(tmp_path: Path, save: type) -> None:
    save(tmp_path / "L067.npz", low=LOW, full=FULL, spacing=np.array([0.7, 0.7]), name="x")
    assert {one.inside for one in facts_of(tmp_path / "L067.npz")} == {"low", "full"}
    np.testing.assert_array_equal(hu_of(tmp_path / "L067.npz", inside="low"), LOW)
    np.testing.assert_array_equal(hu_of(tmp_path / "L067.npz", inside="full"), FULL)


def test_an_array_without_a_name_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "L067_low.npz", LOW)
    np.testing.assert_array_equal(hu_of(tmp_path / "L067_low.npz", inside="arr_0"), LOW)


def test_a_file_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", LOW)
    hu_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", FULL[:4])
    np.testing.assert_array_equal(hu_of(tmp_path / "a.npz"), FULL[:4])


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", LOW)
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[: len(content) // 2])
    assert refusal_of(tmp_path / "a.npz").reason == "undecodable"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", b"no array")
    assert refusal_of(tmp_path / "a.npz").reason == "undecodable"


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.full((9, 9), None), allow_pickle=True)
    assert refusal_of(tmp_path / "a.npz").reason == "array-type"


def test_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", np.zeros((20, 1024, 1024), np.int16))
    refusal = refusal_of(tmp_path / "a.npz")
    assert (refusal.reason, "over 100 times" in refusal.detail) == ("not-a-ct-image", True)


def test_files_without_an_image_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.arange(9), body(0)[0])
    assert refusal_of(tmp_path / "a.npz").reason == "array-shape"
