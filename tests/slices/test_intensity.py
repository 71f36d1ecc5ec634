"""Hounsfield units to the network's range and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from pi.slices.intensity import DATA_RANGE_HU, HU_HIGH, HU_LOW, denormalise, normalise


def test_the_papers_range_is_mapped_to_0_and_1() -> None:
    assert normalise(np.array([-1024, 3072, 1024])).tolist() == [0.0, 1.0, 0.5]
    assert denormalise(np.array([0.0, 1.0, 0.5])).tolist() == [-1024.0, 3072.0, 1024.0]
    assert (HU_LOW, HU_HIGH, DATA_RANGE_HU) == (-1024, 3072, 4096)


def test_every_hounsfield_unit_of_a_scanner_comes_back_exactly() -> None:
    hu = np.arange(-(2**15), 2**15, dtype=np.int16)
    assert np.array_equal(denormalise(normalise(hu)), hu)


def test_nothing_is_cut_off() -> None:
    assert normalise(np.array([-2000, 5000])).tolist() == [-976 / 4096, 6024 / 4096]


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_the_result_is_float32_whatever_comes_in(dtype: DTypeLike) -> None:
    found = normalise(np.array([[-100, 40]], dtype))
    assert (found.dtype, found.shape) == (np.float32, (1, 2))
    assert np.array_equal(found, normalise(np.array([[-100, 40]], np.int16)))


@given(st.floats(0, 1, width=32))
def test_the_inverse_inverts(value: float) -> None:
    there = denormalise(np.array([value], np.float32))
    assert abs(float(normalise(there)[0]) - value) <= 1e-6
