"""The region that is enlarged: where it lies, and what is said of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.figures.slice_row import Pictured, picture_row, region_around
from pi.identity import SliceKey


@pytest.mark.parametrize(
    ("across", "down", "zoom", "expected"),
    [
        (0.5, 0.5, 1.0, ((50, 0), 100)),  # as much as the shorter side has
        (0.5, 0.5, 4.0, ((88, 38), 25)),  # middle at row 100, column 50
        (0.0, 1.0, 4.0, ((175, 0), 25)),  # lower left
        (1.0, 0.0, 50.0, ((0, 92), 8)),  # no smaller than 8 pixels
    ],
)
def test_a_region_lies_around_its_middle_as_far_as_the_slice_goes(
    across: float, down: float, zoom: float, expected: tuple[tuple[int, int], int]
) -> None:
    assert region_around((200, 100), across, down, zoom) == expected


@given(
    st.tuples(st.integers(8, 600), st.integers(8, 600)),
    st.floats(0, 1), st.floats(0, 1), st.floats(1, 20),
)  # fmt: skip
def test_a_region_lies_within_the_slice(
    shape: tuple[int, int], across: float, down: float, zoom: float
) -> None:
    (top, left), side = region_around(shape, across, down, zoom)
    assert 0 <= top <= top + side <= shape[0]
    assert 0 <= left <= left + side <= shape[1]


def test_the_error_of_a_chosen_region_is_its_own() -> None:
    target = np.zeros((64, 64), np.float32)
    denoised = target.copy()
    denoised[10:18, 20:28] = 30.0  # the region, of 8 x 8
    denoised[10, 20] = 110.0
    key = SliceKey("S001", 1.0, "B30", 2.0)
    image = Pictured("A", "A", denoised, "", 0.0)
    row = picture_row("", key, [image], target, 0.7, ((10, 20), 8))
    assert (row.corner, row.side) == ((10, 20), 8)
    expected = np.sqrt((63 * 30.0**2 + 110.0**2) / 64)
    assert row.panels[-1].detail_caption == f"RMSE here {expected:.1f} HU"
