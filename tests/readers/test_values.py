import numpy as np
import pytest
from array_files import body
from numpy.typing import NDArray

from pi.readers.refusal import RefusedError
from pi.readers.values import Seen, contradiction, likely, look, recognise, together

HU = body(0)
UNIT = (HU + 1024) / 4096


def test_what_is_seen() -> None:
    assert look(np.array([[-1000.0, -1000], [40, 3000]])) == Seen(-1000, 3000, 0.5, labels=False)
    assert look(np.array([[0, 7], [255, 7]], np.uint8)) == Seen(0, 255, 0, labels=True)
    assert not look(np.array([[0.5, 7], [255, 7]])).labels
    assert not look(np.arange(64).reshape(8, 8)).labels


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(RefusedError, match="not-finite"):
        look(np.array([[0.0, value]]))


@pytest.mark.parametrize(
    ("values", "recognised", "guess"),
    [
        (HU, "hu", "hu"),
        (np.where(HU < -990, -2000, HU), "hu", "hu"),
        (UNIT, "", "unit:-1024:3072"),
        (np.clip(UNIT, 0, 1), "", "unit:-1024:3072"),
        ((HU - 1024) / 2048, "", "stored:1024:2048"),
        ((HU + 1024).astype(np.uint16), "", "stored:-1024"),
        (np.clip(HU, -160, 240), "", "hu"),
        (HU * 10, "", ""),
        (np.clip(UNIT * 255, 0, 255).astype(np.uint8), "", ""),
    ],
)
def test_only_hu_with_air_are_known_without_a_word(
    values: NDArray[np.generic], recognised: str, guess: str
) -> None:
    seen = look(values)
    assert recognise(seen) == recognised
    assert likely(seen, 24, 24) == guess


def test_the_size_of_lodopab_tells_its_range() -> None:
    assert likely(look(UNIT), 362, 362) == "unit:-1001:3071"


def test_several_slices_are_seen_as_one() -> None:
    air, dense = look(np.full((2, 2), -1000)), look(np.array([[0, 3], [500, 9]]))
    assert together([air, dense]) == Seen(-1000, 500, 1.0, labels=False)


@pytest.mark.parametrize(
    ("unit", "values", "contradicts"),
    [
        ("hu", HU, False),
        ("hu", UNIT, True),
        ("hu", np.zeros((4, 4)), False),
        ("unit:-1024:3072", UNIT, False),
        ("unit:-1024:3072", HU, True),
        ("stored:-1024", HU + 1024, False),
        ("stored:-1024", HU * 1e30, True),
    ],
)
def test_a_word_that_the_values_contradict_is_noticed(
    unit: str, values: NDArray[np.generic], contradicts: bool
) -> None:
    assert bool(contradiction(unit, look(values))) == contradicts
