from pathlib import Path

import numpy as np
import pytest
from ct_files import write_ct
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.valuerep import DSfloat

from pi.readers.dicom.pixels import (
    PaddingRange,
    Rescale,
    read_hounsfield,
    read_padding,
    read_rescale,
    to_hounsfield,
)
from pi.readers.refusal import RefusedError


def test_rescale_comes_before_the_integer() -> None:
    stored = np.array([[53_200, 0]], np.uint16)
    assert to_hounsfield(stored, Rescale(0.02, -1024)).hu.tolist() == [[40, -1024]]


def test_a_fractional_intercept_is_rounded_once() -> None:
    stored = np.array([[0, 1, 2]], np.int16)
    assert to_hounsfield(stored, Rescale(1, 0.6)).hu.tolist() == [[1, 2, 3]]


def test_values_above_the_range_are_clipped_and_counted_and_those_below_are_padding() -> None:
    found = to_hounsfield(np.array([[-1025, -1024, 3072, 3073, 9000]]), Rescale(1, 0))
    assert found.hu.tolist() == [[-1024, -1024, 3072, 3072, 3072]]
    assert found.padding.tolist() == [[True, False, False, False, False]]
    assert found.clipped == 2


@pytest.mark.parametrize("intercept", [0, -1024])
def test_minus_2000_is_air_with_any_intercept(intercept: int) -> None:
    found = to_hounsfield(np.array([[-2000, 1000]], np.int16), Rescale(1, intercept))
    assert found.hu.tolist() == [[-1024, 1000 + intercept]]
    assert found.padding.tolist() == [[True, False]]


def test_the_padding_range_is_inclusive() -> None:
    stored = np.array([[9, 10, 12, 13]])
    assert to_hounsfield(stored, Rescale(1, 0), PaddingRange(10, 12)).hu.tolist() == [
        [9, -1024, -1024, 13]
    ]


@pytest.mark.parametrize(("representation", "written"), [(0, 63_536), (1, -2000)])
def test_padding_is_read_as_signed_as_the_pixels_are(representation: int, written: int) -> None:
    ds = Dataset()
    ds.PixelRepresentation, ds.BitsAllocated = representation, 16
    ds.add_new("PixelPaddingValue", "SS" if written < 0 else "US", written)
    assert read_padding(ds) == PaddingRange(written, written)


def test_padding_of_the_wrong_sign_is_wrapped() -> None:
    ds = Dataset()
    ds.PixelRepresentation, ds.BitsAllocated = 1, 16
    ds.add_new("PixelPaddingValue", "US", 63_536)
    assert read_padding(ds) == PaddingRange(-2000, -2000)


def test_hu_without_both_rescale_tags_would_be_a_guess() -> None:
    ds = Dataset()
    ds.RescaleSlope = 1
    with pytest.raises(RefusedError, match="bad-rescale"):
        read_rescale(ds)


@given(
    hnp.arrays(np.int16, (4, 4), elements=st.integers(-1000, 3000)),
    st.floats(0.05, 4).map(lambda slope: float(DSfloat(slope, auto_format=True))),
    st.integers(-2000, 2000),
)
def test_hu_survive_a_round_trip_to_half_a_step(
    hu: np.ndarray, slope: float, intercept: int
) -> None:
    stored = np.rint((hu.astype(float) - intercept) / slope).astype(np.int32)
    found = to_hounsfield(stored, Rescale(slope, intercept))
    measured = ~found.padding
    error = np.abs(found.hu.astype(float) - hu)[measured]
    assert (error <= slope / 2 + 0.5 + 1e-2).all()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    hu = np.arange(-32, 32, dtype=np.int16).reshape(8, 8) * 10
    path = write_ct(tmp_path / "a", hu=hu, z=1)
    np.testing.assert_array_equal(read_hounsfield(path).hu, hu)


@pytest.mark.parametrize("name", ["693_J2KI.dcm", "J2K_pixelrep_mismatch.dcm"])
def test_smeared_and_unnamed_padding_of_real_files_is_air(name: str) -> None:
    path = get_testdata_file(name, download=False)
    found = read_hounsfield(Path(str(path)))
    assert found.hu.min() == -1024
    assert found.padding.sum() > 50_000
    assert (found.hu[found.padding] == -1024).all()


def test_a_real_file_has_the_documented_range() -> None:
    found = read_hounsfield(Path(str(get_testdata_file("CT_small.dcm", download=False))))
    assert (found.hu.min(), found.hu.max(), found.padding.sum()) == (-896, 1167, 0)
