import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.readers.refusal import RefusedError
from pi.readers.shapes import Axes, find_axes, is_image, require_no_blow_up, require_size


@pytest.mark.parametrize(
    ("shape", "first", "last"),
    [
        ((9, 8), Axes(None, 0, 1), Axes(None, 0, 1)),
        ((1, 9, 8, 1), Axes(None, 1, 2), Axes(None, 1, 2)),
        ((3, 9, 9), Axes(0, 1, 2), Axes(0, 1, 2)),
        ((9, 9, 3), Axes(2, 0, 1), Axes(2, 0, 1)),
        ((9, 9, 9), Axes(0, 1, 2), Axes(2, 0, 1)),
        ((3, 1, 9, 8), Axes(0, 2, 3), Axes(3, 0, 2)),
    ],
)
def test_the_axes_of_a_shape(shape: tuple[int, ...], first: Axes, last: Axes) -> None:
    assert find_axes(np.zeros(shape)) == first
    assert find_axes(np.zeros(shape), "last") == last


@pytest.mark.parametrize("shape", [(9,), (1, 9), (2, 3, 9, 9), (0, 9, 9), ()])
def test_shapes_that_are_no_images(shape: tuple[int, ...]) -> None:
    with pytest.raises(RefusedError, match="array-shape"):
        find_axes(np.zeros(shape))


@given(st.lists(st.integers(1, 4), max_size=5))
def test_axes_count_every_value_once(shape: list[int]) -> None:
    if not is_image(shape):
        return
    array = np.zeros(shape)
    try:
        axes = find_axes(array)
    except RefusedError:
        assert sum(side > 1 for side in shape) > 3
        return
    slices = 1 if axes.slices is None else shape[axes.slices]
    assert slices * shape[axes.rows] * shape[axes.columns] == array.size


def test_what_does_not_fit_or_cannot_be_a_scan_is_refused() -> None:
    require_size(2**30)
    with pytest.raises(RefusedError, match="too-large"):
        require_size(2**30 + 1)
    require_no_blow_up(2**22, 1)
    require_no_blow_up(10**8, 10**6)
    with pytest.raises(RefusedError, match="not-a-ct-image"):
        require_no_blow_up(10**8 + 1, 10**6)
