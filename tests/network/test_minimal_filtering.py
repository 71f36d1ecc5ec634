"""Toom and Cook's transforms against the definition of a convolution."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi.network.minimal_filtering import POINTS, filtering, of_an_axis, turned_filtering

HALVES = st.lists(
    st.integers(-8, 8).map(lambda n: n / 2), min_size=2, max_size=5, unique=True
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(HALVES, st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_any_points_of_which_one_is_infinity_give_the_convolution(
    finite: list[float], place: int, seed: int
) -> None:
    points = [*finite[:place], math.inf, *finite[place:]]
    kernels, inputs, back = of_an_axis(points)
    rng = np.random.default_rng(seed)
    d, g = rng.normal(size=len(points)), rng.normal(size=3)
    expected = [d[i : i + 3] @ g for i in range(len(points) - 2)]
    np.testing.assert_allclose(back @ ((kernels @ g) * (inputs @ d)), expected, atol=1e-8)


def test_with_the_points_of_winograd_a_tile_of_two_is_sums_and_halves() -> None:
    """F(2, 3) as it is in print (Lavin and Gray 2016, Eq. 7), up to where the halves stand."""
    _, inputs, back = of_an_axis(POINTS[2])
    assert back.tolist() == [[1, 1, 1, 0], [0, 1, -1, 1]]
    assert inputs.tolist() == [[1, 0, -1, 0], [0, 0.5, 0.5, 0], [0, -0.5, 0.5, 0], [0, -1, 0, 1]]


@pytest.mark.parametrize("outputs", POINTS)
def test_a_tile_and_its_gradient_are_those_of_the_definition_from_the_same_kernels(
    outputs: int,
) -> None:
    rng = np.random.default_rng(outputs)
    way, turned = filtering(outputs), turned_filtering(outputs)
    assert (way.outputs, way.reach) == (outputs, outputs + 2)
    d, g = rng.normal(size=(way.reach, way.reach)), rng.normal(size=(3, 3))
    made = way.kernels @ g.ravel()
    for one, kernel in ((way, g), (turned, g[::-1, ::-1])):
        found = one.back @ (made * (one.inputs @ d.ravel()))
        expected = [
            np.sum(d[i : i + 3, j : j + 3] * kernel) for i in range(outputs) for j in range(outputs)
        ]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_fewer_products_than_the_definition_has() -> None:
    assert [9 * m**2 / filtering(m).reach ** 2 for m in (2, 4)] == [2.25, 4.0]
