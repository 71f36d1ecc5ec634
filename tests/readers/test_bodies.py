"""One body at two doses, and two bodies, by pictures whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pi.readers.bodies import Likeness, cells, likeness


def phantom(radius: float, sd: float, seed: int) -> NDArray[np.float64]:
    """(96, 96) HU at 0.7 mm: a disc with four inserts of ``radius`` mm, in white noise."""
    y, x = (np.mgrid[:96, :96] - 47.5) * 0.7
    hu = np.where(x**2 + y**2 < 28**2, 40.0, -1000.0)
    for cx, cy, value in ((-11, -3, 110), (10, -5, 60), (3, 8, -90), (-6, 15, 200)):
        hu[(x - cx) ** 2 + (y - cy) ** 2 < radius**2] = value
    return hu + np.random.default_rng(seed).normal(0, sd, hu.shape)


def seen(one: float, other: float, low: float = 24.0, places: int = 3) -> Likeness:
    found = Likeness()
    for k in range(places):
        a, b = phantom(one, 8, k), phantom(other, low, 100 + k)
        found += likeness(cells(a, 0.7), cells(b, 0.7))
    return found


def test_one_body_is_the_same_at_any_dose() -> None:
    assert seen(4.5, 4.5).verdict == "same"
    assert seen(4.5, 4.5, low=30).verdict == "same"


def test_inserts_a_millimetre_wider_are_not_the_same_body() -> None:
    assert seen(4.0, 5.0).verdict != "same"


def test_unlike_bodies_are_told_apart() -> None:
    assert seen(3.0, 7.0).verdict == "different"


def test_two_bodies_or_one_that_moved_are_doubtful_and_noise_is_not() -> None:
    assert not seen(4.5, 4.5, low=30, places=9).doubtful
    assert seen(3.0, 7.0, places=9).doubtful
    assert seen(3.5, 6.0, places=9).doubtful


@pytest.mark.parametrize("size", [8, 12])
def test_little_is_seen_in_a_few_cells(size: int) -> None:
    one, other = phantom(4, 8, 0)[40 : 40 + size, 40 : 40 + size], phantom(4, 8, 1)[:size, :size]
    assert likeness(cells(one, 0.7), cells(other, 0.7)).verdict == "unsure"


def test_noise_alone_is_nobody() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(40, 10, (2, 96, 96))
    assert likeness(cells(one, 0.7), cells(other, 0.7)).verdict == "unsure"


def test_a_copy_is_the_same_however_small() -> None:
    one = cells(phantom(4, 8, 0)[30:39, 30:39], 0.7)
    assert likeness(one, one.copy()).verdict == "same"


def test_a_cell_is_a_mean_over_pixels_within_the_window() -> None:
    hu = np.zeros((8, 8))
    hu[0, 0], hu[5, 5] = 900, -900
    assert cells(hu, 2.0).tolist() == [[300 / 9, 0], [0, -300 / 9]]
    assert cells(np.zeros((96, 96)), 0.7).shape == (24, 24)
