import gzip
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from array_files import facts_of, hu_of, refusal_of, volume
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nibabel.orientations import axcodes2ornt, ornt_transform
from numpy.typing import NDArray

# (k, j, i): slices from feet to head, rows from front to back, columns from right to left.
HU = np.stack([np.vstack([one, one[:9]]) for one in volume(size=24)])
SPACING, STEP = 0.7, 2.0
# Of an image stored in that order (LPS+), in nibabel's RAS+: x and y are negated.
LPS = np.array([[-SPACING, 0, 0, 90.5], [0, -SPACING, 0, 40.25], [0, 0, STEP, -300], [0, 0, 0, 1]])
FIRST = (-90.5, -40.25, -300.0)


def save(path: Path, values: NDArray[np.generic], affine: NDArray[np.float64] = LPS) -> Path:
    nib.save(nib.Nifti1Image(values, affine), path)
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<f4", "<f8", "<i4"])
def test_values_and_places_are_read_exactly(tmp_path: Path, name: str, dtype: str) -> None:
    path = save(tmp_path / name, HU.T.astype(dtype))
    np.testing.assert_array_equal(hu_of(path), HU)
    for index, facts in enumerate(facts_of(path)):
        assert facts.origin == pytest.approx((*FIRST[:2], FIRST[2] + STEP * index), abs=1e-5)
        assert (facts.frame.rows, facts.frame.columns) == (33, 24)
        assert facts.frame.spacing == pytest.approx(SPACING)
        assert facts.frame.across == (1.0, 0.0, 0.0)
        assert facts.frame.down == (0.0, 1.0, 0.0)
        assert facts.placed


@pytest.mark.parametrize("axes", ["RAS", "LAS", "RPI", "LPS", "PSR", "SAL", "ASL", "IPR"])
def test_turned_axes_are_turned_back(tmp_path: Path, axes: str) -> None:
    """The same scan in any of the orders that scanners and converters write."""
    image = nib.Nifti1Image(HU.T, LPS)
    turn = ornt_transform(axcodes2ornt("LPS"), axcodes2ornt(axes))
    nib.save(image.as_reoriented(turn), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(hu_of(tmp_path / "a.nii.gz"), HU)
    first, *_ = facts_of(tmp_path / "a.nii.gz")
    assert first.origin == pytest.approx(FIRST, abs=1e-4)
    assert first.frame.down == pytest.approx((0, 1, 0))


_ONE_FOLDER = [HealthCheck.function_scoped_fixture]  # written anew by every example
_ANGLES = st.tuples(*[st.floats(-0.6, 0.6)] * 3)
_SHIFTS = st.tuples(*[st.floats(-500, 500)] * 3)


@settings(max_examples=25, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(angles=_ANGLES, shift=_SHIFTS)
def test_every_pixel_of_an_oblique_volume_lies_where_nibabel_says(
    tmp_path: Path, angles: tuple[float, float, float], shift: tuple[float, float, float]
) -> None:
    affine = nib.affines.from_matvec(nib.eulerangles.euler2mat(*angles) @ LPS[:3, :3], shift)
    path = save(tmp_path / "a.nii", HU.T, affine)
    stored = nib.load(path)
    facts = facts_of(path)
    values = hu_of(path)
    for k, row, column in ((0, 0, 0), (4, 32, 23), (2, 5, 17)):
        frame, origin = facts[k].frame, np.array(facts[k].origin)
        assert frame.spacing is not None
        place = origin + frame.spacing * (
            column * np.array(frame.across) + row * np.array(frame.down)
        )
        voxel = np.linalg.inv(stored.affine) @ (*(place * [-1, -1, 1]), 1.0)
        i, j, n = np.rint(voxel[:3]).astype(int)
        np.testing.assert_allclose(voxel[:3], (i, j, n), atol=1e-3)
        assert values[k, row, column] == stored.get_fdata()[i, j, n]


def test_slope_and_intercept_of_the_header_are_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image((HU.T + 1024).astype(np.uint16), LPS)
    image.header.set_slope_inter(1, -1024)
    nib.save(image, tmp_path / "a.nii")
    with (tmp_path / "a.nii").open("r+b") as raw:  # nibabel leaves the numbers to be chosen anew
        raw.seek(112)
        raw.write(np.array([1, -1024], "<f4").tobytes())
    np.testing.assert_array_equal(nib.load(tmp_path / "a.nii").get_fdata(), HU.T)
    np.testing.assert_array_equal(hu_of(tmp_path / "a.nii"), HU)


def test_qform_counts_where_there_is_no_sform(tmp_path: Path) -> None:
    image = nib.Nifti1Image(HU.T, None)
    image.set_qform(LPS, code=1)
    image.set_sform(None, code=0)
    nib.save(image, tmp_path / "a.nii")
    assert facts_of(tmp_path / "a.nii")[1].origin == pytest.approx((-90.5, -40.25, -298), abs=1e-4)


def test_spacing_is_known_without_either(tmp_path: Path) -> None:
    image = nib.Nifti1Image(HU.T, None)
    image.header.set_zooms((0.7, 0.7, 2.0))
    nib.save(image, tmp_path / "a.nii")
    one, other, *_ = facts_of(tmp_path / "a.nii")
    assert one.frame.spacing == pytest.approx(0.7)
    assert other.origin[2] - one.origin[2] == pytest.approx(2.0)


def test_a_fourth_axis_of_one_place_is_none(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", HU.T[..., np.newaxis])
    np.testing.assert_array_equal(hu_of(path), HU)


def test_nifti_2_is_read(tmp_path: Path) -> None:
    nib.save(nib.Nifti2Image(HU.T, LPS), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(hu_of(tmp_path / "a.nii.gz"), HU)


def _anisotropic() -> NDArray[np.float64]:
    return LPS @ np.diag([1, 2, 1, 1.0])


def _sheared_plane() -> NDArray[np.float64]:
    affine = LPS.copy()
    affine[0, 1] = 0.3
    affine[:3, 1] *= SPACING / np.linalg.norm(affine[:3, 1])
    return affine


@pytest.mark.parametrize(
    ("values", "affine", "reason", "words"),
    [
        (np.stack([HU.T] * 2, -1), LPS, "array-shape", "4"),
        (HU.T.astype(np.complex64), LPS, "array-type", "complex"),
        (np.zeros((9, 9, 9), [("R", "u1"), ("G", "u1"), ("B", "u1")]), LPS, "array-type", ""),
        (np.where(HU[0, 0, 0] == HU.T, np.nan, HU.T), LPS, "not-finite", "NaN"),
        (HU.T, _anisotropic(), "bad-geometry", "0.7 x 1.4 mm"),
        (HU.T, _sheared_plane(), "bad-geometry", "right angles"),
    ],
)
def test_what_is_no_stack_of_axial_slices_is_refused(
    tmp_path: Path,
    values: NDArray[np.generic],
    affine: NDArray[np.float64],
    reason: str,
    words: str,
) -> None:
    refusal = refusal_of(save(tmp_path / "a.nii", values, affine))
    assert (refusal.reason, words in refusal.detail) == (reason, True)


@pytest.mark.parametrize("place", [0.0, np.nan, np.inf])
def test_an_affine_that_places_nothing_is_refused(tmp_path: Path, place: float) -> None:
    path = save(tmp_path / "a.nii", HU.T)
    with path.open("r+b") as raw:  # srow_x to srow_z lie at 280
        raw.seek(280)
        raw.write(np.array([place, 0, 0, 0], "<f4").tobytes())
    assert refusal_of(path).reason == "bad-geometry"


@pytest.mark.parametrize("name", ["segmentation.nii", "segmentation.nii.gz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_a_segmentation_is_refused_at_once(
    tmp_path: Path, name: str, dtype: type[np.generic]
) -> None:
    labels = np.zeros((512, 512, 60), dtype)
    labels[200:300, 200:300, 20:40] = 2
    path = save(tmp_path / name, labels)
    start = time.process_time()
    assert refusal_of(path).reason == "not-a-ct-image"
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("keep", [4, 200, 400, 3000])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_damaged_files_are_refused(tmp_path: Path, name: str, keep: int) -> None:
    path = save(tmp_path / name, HU.T)
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal_of(path).reason == "undecodable"


def test_a_volume_in_two_files_is_refused(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Pair(HU.T, LPS), tmp_path / "a.img")
    (tmp_path / "a.hdr").rename(tmp_path / "a.nii")
    assert refusal_of(tmp_path / "a.nii").reason == "unsupported-format"


def test_a_packed_volume_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.nii.gz", HU.T)
    unpacked: list[int] = []
    read = gzip.GzipFile.read

    def counted(file: gzip.GzipFile, size: int | None = -1) -> bytes:
        content = read(file, size)
        unpacked.append(len(content))
        return content

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    np.testing.assert_array_equal(hu_of(path), HU)
    assert sum(size == HU.nbytes for size in unpacked) == 1
