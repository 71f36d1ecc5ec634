"""Denoised HU to stored values, against arithmetic by hand and for all bit depths and paddings."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pi.derived.rounding import Grid, grid_of_bits, grid_of_type, settle_stored
from pi.derived.rounding import given as as_given
from pi.readers.hounsfield import HU_MIN, PaddingRange, Rescale, rescaled, to_hounsfield

CT = Rescale(1, -1024)
UNSIGNED_12 = grid_of_bits(12, signed=False, rescale=CT)


def settle(stored: list[int], denoised: list[float], grid: Grid) -> list[int]:
    values = np.array([stored], dtype=np.int32)
    wanted = np.array([denoised], dtype=np.float32)
    found: list[int] = (
        settle_stored(values, as_given(values, grid), wanted, grid).stored[0].tolist()
    )
    return found


def test_hu_by_hand_are_rounded_to_the_nearest_stored_value() -> None:
    # 40 HU is 1064 with intercept -1024, and 40.6 HU is nearer to 1065.
    assert settle([1064, 1064, 1064], [40.4, 40.6, -10.2], UNSIGNED_12) == [1064, 1065, 1014]


def test_a_slope_that_is_not_one_divides() -> None:
    grid = grid_of_bits(16, signed=True, rescale=Rescale(0.5, -100))
    # -100 + .5 * 240 = 20 HU; 33.3 HU is 266.6.
    assert settle([240], [33.3], grid) == [267]


def test_values_stay_inside_the_bits_and_their_number_is_told() -> None:
    stored = np.array([[100, 4000, 4000]], dtype=np.uint16)
    start = as_given(stored, UNSIGNED_12)
    denoised = np.array([[-1500, 3071, 5000]], dtype=np.float32)
    found = settle_stored(stored, start, denoised, UNSIGNED_12)
    assert found.stored.tolist() == [[0, 4095, 4095]]
    assert found.held == 2


def test_padding_and_metal_stay_and_the_network_sees_its_own_range() -> None:
    grid = grid_of_bits(16, signed=True, rescale=Rescale(1, 0), padding=PaddingRange(-1500, -1500))
    stored = np.array([[-1500, -2000, 9000, 40]], dtype=np.int16)
    start = as_given(stored, grid)
    assert start.hu.tolist() == [[-1024, -1024, 3072, 40]]
    assert start.kept.tolist() == [[True, True, True, False]]
    found = settle_stored(stored, start, np.full((1, 4), 7.0, np.float32), grid)
    assert found.stored.tolist() == [[-1500, -2000, 9000, 7]]


def test_a_measured_pixel_does_not_become_padding() -> None:
    # Padding 0 means -1024 HU here: a pixel of air that is denoised to it is moved beside it.
    grid = grid_of_bits(12, signed=False, rescale=CT, padding=PaddingRange(0, 0))
    assert settle([0, 30, 30], [50, -1024, -1030], grid) == [0, 1, 1]


def test_no_measured_pixel_falls_below_what_readers_take_for_padding() -> None:
    grid = grid_of_bits(16, signed=True, rescale=Rescale(1, 0))
    assert settle([-900], [-1400.0], grid) == [-1024]


def test_an_array_of_floats_is_not_rounded() -> None:
    grid = grid_of_type(np.dtype(np.float32), Rescale(4096, -1024))
    stored = np.array([[0.25, 0.5]], dtype=np.float32)
    start = as_given(stored, grid)
    found = settle_stored(stored, start, start.hu + np.float32(1), grid)
    np.testing.assert_allclose(found.stored, stored + 1 / 4096, rtol=1e-6)
    assert found.stored.dtype == np.float32


rescales = st.builds(
    Rescale,
    st.sampled_from([1.0, 0.5, 2.0, 0.03125, 1 / 3, 0.0078, -1.0]),
    st.sampled_from([0.0, -1024.0, -1000.0, 12.5]),
)


@st.composite
def slices(draw: st.DrawFn) -> tuple[np.ndarray, Grid]:
    bits, signed = draw(st.integers(8, 16)), draw(st.booleans())
    lowest = -(1 << (bits - 1)) if signed else 0
    highest = lowest + (1 << bits) - 1
    stored = draw(arrays.arrays(np.int32, (3, 4), elements=st.integers(lowest, highest)))
    low = draw(st.integers(lowest, highest))
    padding = draw(
        st.none() | st.just(PaddingRange(low, min(low + draw(st.integers(0, 3)), highest)))
    )
    return stored, grid_of_bits(bits, signed=signed, rescale=draw(rescales), padding=padding)


@given(slices())
@settings(deadline=None)
def test_what_changes_nothing_gives_every_bit_back(case: tuple[np.ndarray, Grid]) -> None:
    stored, grid = case
    start = as_given(stored, grid)
    found = settle_stored(stored, start, start.hu.copy(), grid)
    assert found.stored.tolist() == stored.tolist()
    assert found.held == 0


@given(slices(), arrays.arrays(np.float32, (3, 4), elements=st.floats(-5000, 9000, width=32)))
@settings(deadline=None)
def test_whatever_comes_out_fits_the_bits_and_the_reader_sees_the_same_padding(
    case: tuple[np.ndarray, Grid], denoised: np.ndarray
) -> None:
    stored, grid = case
    start = as_given(stored, grid)
    found = settle_stored(stored, start, denoised, grid).stored
    assert found.min() >= grid.lowest
    assert found.max() <= grid.highest
    before = to_hounsfield(stored, grid.rescale, grid.padding).padding
    after = to_hounsfield(found, grid.rescale, grid.padding).padding
    assert found[before].tolist() == stored[before].tolist()
    assert not (after & ~before).any()


@given(slices(), st.floats(-40, 40, width=32))
@example(
    (np.array([[-3078, 0]], np.int32), Grid(Rescale(0.0078, -1000.0), -4096, 4095)), 5.0
)  # stands for -1024.008 HU
@settings(deadline=None)
def test_no_stored_value_is_nearer(case: tuple[np.ndarray, Grid], change: float) -> None:
    stored, grid = case
    start = as_given(stored, grid)
    found = settle_stored(stored, start, start.hu + np.float32(change), grid)
    slope = abs(grid.rescale.slope)
    inside = ~start.kept & (found.stored > grid.lowest + 4) & (found.stored < grid.highest - 4)
    inside &= (found.hu > -1020) & (grid.padding is None)
    # Half a HU below the range a pixel is measured, and is given as the range's end.
    inside &= rescaled(stored, grid.rescale) >= HU_MIN
    error = np.abs(found.hu - start.hu - np.float32(change))[inside]
    assert (error <= 0.5 * slope + 2e-3).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
def test_an_array_holds_what_its_type_holds(dtype: type) -> None:
    grid = grid_of_type(np.dtype(dtype), CT)
    assert (grid.lowest, grid.highest) == (np.iinfo(dtype).min, np.iinfo(dtype).max)
