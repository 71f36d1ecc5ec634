"""`prepare` end to end on what people hold who hold no DICOM."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np
import pytest
from array_files import volume
from ct_files import SECRET
from scipy.io import savemat

from pi.slices.failure import UnusableError
from pi.slices.preparing import Prepared, prepare

PATIENTS = ("L067", "L096", "L109")
LOW = {name: volume(4, seed, 40, 32) for seed, name in enumerate(PATIENTS)}
FULL = {name: volume(4, seed, 10, 32) for seed, name in enumerate(PATIENTS)}
AFFINE = np.diag([-0.7, -0.7, 2.0, 1.0])


def run(source: Path, folder: Path, values: str = "auto") -> Prepared:
    return prepare(source, folder / "store", split="auto", seed=0, secret=SECRET, values=values)


def red_cnn(folder: Path) -> str:
    for patient in PATIENTS:
        for k in range(4):
            for name, hu in (("quarter", LOW), ("full", FULL)):
                np.save(folder / f"{patient}_{k}_{name}.npy", (hu[patient][k] + 1024) / 4096)
    return "unit:-1024:3072"


def core_diff(folder: Path) -> str:
    for patient in PATIENTS:
        for k in range(4):
            for name, hu in (("full", FULL), ("low", LOW)):
                stored = (hu[patient][k].astype(int) + 1024).astype(np.uint16)
                np.save(folder / f"{patient}_{name}_{k + 1:03d}_img.npy", stored)
    return "stored:-1024"


def folders_of_slices(folder: Path) -> str:
    for name, hu in (("quarter_1mm", LOW), ("full_1mm", FULL)):
        for patient in PATIENTS:
            (folder / name / patient).mkdir(parents=True)
            for k in range(4):
                np.save(folder / name / patient / f"{k + 1:03d}.npy", hu[patient][k])
    return "auto"


def stacks(folder: Path) -> str:
    for patient in PATIENTS:
        np.save(folder / f"{patient}_low.npy", LOW[patient])
        np.save(folder / f"{patient}_full.npy", FULL[patient])
    return "auto"


def keys_of_npz(folder: Path) -> str:
    for patient in PATIENTS:
        for k in range(4):
            pair = {"low": LOW[patient][k], "full": FULL[patient][k]}
            np.savez_compressed(folder / f"{patient}_{k}.npz", **pair)
    return "hu"


def nifti(folder: Path) -> str:
    for patient in PATIENTS:
        for name, hu in (("low", LOW), ("full", FULL)):
            image = nib.Nifti1Image(hu[patient].T, AFFINE)
            nib.save(image, folder / f"{patient}_{name}.nii.gz")
    return "auto"


def matlab(folder: Path) -> str:
    for patient in PATIENTS:
        for k in range(4):
            savemat(folder / f"{patient}_{k}_full.mat", {"img": FULL[patient][k].astype(float)})
            savemat(folder / f"{patient}_{k}_quarter.mat", {"img": LOW[patient][k].astype(float)})
    return "auto"


def hdf5(folder: Path) -> str:
    with h5py.File(folder / "all.h5", "w") as file:
        for patient in PATIENTS:
            file[f"{patient}/low"] = LOW[patient]
            file[f"{patient}/full"] = FULL[patient]
    return "auto"


KINDS: tuple[Callable[[Path], str], ...] = (
    *(red_cnn, core_diff, folders_of_slices, stacks, keys_of_npz, nifti, matlab, hdf5),
)


@pytest.mark.parametrize("write", KINDS, ids=lambda write: write.__name__)
def test_every_way_of_keeping_pairs_gives_the_same_hu(
    tmp_path: Path, write: Callable[[Path], str]
) -> None:
    thickness = "" if write is folders_of_slices else "1mm "
    folder = tmp_path / "in" / f"{thickness}B30"
    folder.mkdir(parents=True)
    prepared = run(tmp_path / "in", tmp_path, write(folder))
    assert (prepared.report.pairs, prepared.report.refused) == (12, 0)
    stored = {
        tuple(slice_.tobytes() for slice_ in prepared.store.pair(number, index))
        for number in range(3)
        for index in range(4)
    }
    assert stored == {
        (LOW[one][index].tobytes(), FULL[one][index].tobytes())
        for one in PATIENTS
        for index in range(4)
    }


def test_spacing_is_known_where_a_file_tells_it(tmp_path: Path) -> None:
    for write, known in ((stacks, None), (nifti, pytest.approx(0.7))):
        folder = tmp_path / write.__name__ / "1mm B30"
        folder.mkdir(parents=True)
        write(folder)
        prepared = run(folder.parent, tmp_path / "out" / write.__name__)
        for one in prepared.store.volumes:
            assert one.pixel_spacing == known
        told = any("slice numbers" in one for one in prepared.report.messages)
        assert told == (known is None)


def test_a_range_that_is_not_told_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "1mm B30"
    folder.mkdir(parents=True)
    red_cnn(folder)
    with pytest.raises(UnusableError, match=r"--values unit:-1024:3072"):
        run(tmp_path / "in", tmp_path)
    assert not (tmp_path / "store").exists()


def test_arrays_of_unlike_shape_are_no_pair(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "1mm B30"
    folder.mkdir(parents=True)
    np.save(folder / "L067_low.npy", LOW["L067"])
    np.save(folder / "L067_full.npy", FULL["L067"][:, :20, :20])
    with pytest.raises(UnusableError, match=r"matrix 32 x 32 and 20 x 20"):
        run(tmp_path / "in", tmp_path)


def test_numbers_that_begin_elsewhere_at_the_other_dose_pair_nothing_one_off(
    tmp_path: Path,
) -> None:
    for start, name, hu in ((0, "quarter_1mm", LOW), (1, "full_1mm", FULL)):
        folder = tmp_path / "in" / name / "L067"
        folder.mkdir(parents=True)
        for k in range(4):
            np.save(folder / f"{k + start:03d}.npy", hu["L067"][k])
    with pytest.raises(UnusableError, match="numbered from 0 to 3 at the low dose and from 1 to 4"):
        run(tmp_path / "in", tmp_path)
    lines = [f"**/quarter_1mm/**/{k:03d}.npy,{k}" for k in range(4)]
    lines += [f"**/full_1mm/**/{k + 1:03d}.npy,{k}" for k in range(4)]
    (tmp_path / "in" / "mapping.csv").write_text("\n".join(["glob,pair", *lines]))
    store = run(tmp_path / "in", tmp_path).store
    for k in range(4):
        low, normal = store.pair(0, k)
        np.testing.assert_array_equal(low, LOW["L067"][k])
        np.testing.assert_array_equal(normal, FULL["L067"][k])
