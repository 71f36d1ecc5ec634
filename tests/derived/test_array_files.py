"""NIfTI in, NIfTI out; NumPy in, NumPy out: header and untouched values byte for byte."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from pi.derived.array_files import find_relation, waiting_arrays
from pi.derived.found_scan import ScanError, find_scan
from pi.derived.streaming import DenoiseHu, denoise_all

GENERATOR = np.random.default_rng(0)
VOLUME = GENERATOR.integers(-1024, 1200, (4, 6, 5)).astype(np.int16)
AFFINES = {
    "axial": np.diag([-0.7, -0.7, 2.0, 1.0]),
    "turned round": np.diag([0.7, 0.7, -2.0, 1.0]),
    "slices first": np.array([[0, -0.7, 0, 0], [0, 0, -0.7, 0], [2.0, 0, 0, 5], [0, 0, 0, 1]]),
}


def derive(source: Path, out: Path, denoise: DenoiseHu, values: str = "auto") -> None:
    out.mkdir()
    slices = find_scan(source).slices
    relation = find_relation(slices, values)
    list(denoise_all(waiting_arrays(source, slices, relation, out), denoise, 3))


def write_nifti(file: Path, values: np.ndarray, affine: np.ndarray, slope: float = 1) -> None:
    file.parent.mkdir(exist_ok=True)
    image = nibabel.Nifti1Image(values, affine)
    image.header["descrip"] = b"of somebody"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"an extension"))
    image.header.set_slope_inter(slope, 0)
    image.to_filename(file)


def unpacked(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
@pytest.mark.parametrize("affine", AFFINES.values(), ids=AFFINES)
def test_the_identity_gives_every_byte_of_a_nifti_back(
    tmp_path: Path, name: str, affine: np.ndarray
) -> None:
    write_nifti(tmp_path / "in" / name, VOLUME, affine)
    derive(tmp_path / "in", tmp_path / "out", lambda hu: hu)
    assert [file.name for file in (tmp_path / "out").iterdir()] == [name]
    assert unpacked(tmp_path / "out" / name) == unpacked(tmp_path / "in" / name)


@pytest.mark.parametrize("affine", AFFINES.values(), ids=AFFINES)
def test_every_voxel_is_denoised_in_its_own_place(tmp_path: Path, affine: np.ndarray) -> None:
    write_nifti(tmp_path / "in" / "scan.nii", VOLUME, affine)
    derive(tmp_path / "in", tmp_path / "out", lambda hu: hu + np.float32(1.6))
    derived = nibabel.load(tmp_path / "out" / "scan.nii")
    assert np.asarray(derived.dataobj).tolist() == (VOLUME + 2).tolist()
    source = nibabel.load(tmp_path / "in" / "scan.nii")
    np.testing.assert_array_equal(derived.affine, source.affine)
    assert derived.header["descrip"].tobytes().startswith(b"of somebody")


def test_scaled_values_are_rounded_to_their_own_step(tmp_path: Path) -> None:
    write_nifti(tmp_path / "in" / "scan.nii", VOLUME, AFFINES["axial"], slope=0.5)
    derive(tmp_path / "in", tmp_path / "out", lambda hu: hu + np.float32(0.9), "hu")
    derived = nibabel.load(tmp_path / "out" / "scan.nii")
    assert np.asarray(derived.dataobj.get_unscaled()).tolist() == (VOLUME + 2).tolist()


@pytest.mark.parametrize(
    "values", [VOLUME, VOLUME.astype(">i4"), VOLUME.astype(np.float32) + 0.25,
               np.asfortranarray(VOLUME), VOLUME[0]],
    ids=["int16", "big-endian", "float32", "by columns", "one slice"],
)  # fmt: skip
def test_an_npy_keeps_type_order_and_header(tmp_path: Path, values: np.ndarray) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    np.save(tmp_path / "in" / "deep" / "scan.npy", values)
    for name, change in (("same", 0), ("changed", 2)):
        derive(tmp_path / "in", tmp_path / name, lambda hu, by=change: hu + np.float32(by))
    whole = (tmp_path / "in" / "deep" / "scan.npy").read_bytes()
    assert (tmp_path / "same" / "deep" / "scan.npy").read_bytes() == whole
    changed = np.load(tmp_path / "changed" / "deep" / "scan.npy")
    np.testing.assert_array_equal(changed, values + 2)
    assert changed.dtype == values.dtype


def test_values_from_0_to_1_are_denoised_as_the_hu_that_they_are_told_to_mean(
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    unit = (VOLUME.astype(np.float32) + 1024) / 4096
    np.save(tmp_path / "in" / "scan.npy", unit)
    with pytest.raises(ScanError, match="unit:-1024:3072 if that is what they are"):
        derive(tmp_path / "in", tmp_path / "none", lambda hu: hu)
    seen = []

    def look(hu: np.ndarray) -> np.ndarray:
        seen.append(hu)
        return hu + np.float32(4)

    derive(tmp_path / "in", tmp_path / "out", look, "unit:-1024:3072")
    np.testing.assert_allclose(np.concatenate(seen), VOLUME, atol=1e-3)
    found = np.load(tmp_path / "out" / "scan.npy")
    np.testing.assert_allclose(found, unit + 4 / 4096, atol=1e-6)
    with pytest.raises(ScanError, match="`values` must be what"):
        derive(tmp_path / "in", tmp_path / "never", lambda hu: hu, "hu")


def test_a_format_that_cannot_be_written_as_it_came_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    np.savez(tmp_path / "in" / "scan.npz", VOLUME)
    with pytest.raises(ScanError, match="to be written as they came but got NumPy"):
        derive(tmp_path / "in", tmp_path / "out", lambda hu: hu)
