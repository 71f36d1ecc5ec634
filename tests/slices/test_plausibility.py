import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pi.slices.plausibility import ValueTally, doubt


def seen(*slices: np.ndarray) -> ValueTally:
    tally = ValueTally()
    for hu in slices:
        tally.add(hu.astype(np.int16), np.zeros(hu.shape, bool))
    return tally


def body() -> np.ndarray:
    hu = np.full((32, 32), -1000.0)
    hu[8:24, 8:24] = 40
    return hu + np.random.default_rng(0).normal(0, 10, hu.shape)


@pytest.mark.parametrize(
    ("hu", "words"),
    [
        (body(), None),
        (np.clip(body(), -160, 240), "clipped at a window"),
        ((np.clip(body(), -160, 240) + 160) / 400, "mapped to [0, 1]"),
        (body() + 1024, "may not be HU"),
        (np.clip(body(), -1024, 10), None),  # clipped above alone: air is there
    ],
)
def test_what_cannot_be_hu_of_a_patient_is_said_with_what_was_seen(
    hu: np.ndarray, words: str | None
) -> None:
    said = doubt(seen(hu))
    assert (said is None) == (words is None)
    if words is not None and said is not None:
        assert words in said
        assert f"from {int(hu.astype(np.int16).min())} to {int(hu.astype(np.int16).max())}" in said


def test_padding_is_no_air() -> None:
    hu = np.full((4, 4), 30, np.int16)
    hu[:2] = -1024
    tally = ValueTally()
    tally.add(hu, hu == -1024)
    assert (tally.lowest, tally.pixels, tally.air) == (30, 8, 0)
    assert doubt(ValueTally()) == "no pixel was measured"


@given(st.lists(hnp.arrays(np.int16, (3, 4), elements=st.integers(-1024, 3072)), min_size=1))
def test_slices_one_by_one_are_counted_as_all_at_once(slices: list[np.ndarray]) -> None:
    one_by_one, together = seen(*slices), np.concatenate(slices)
    assert (one_by_one.lowest, one_by_one.highest) == (together.min(), together.max())
    assert one_by_one.at_lowest == (together == together.min()).sum()
    assert one_by_one.at_highest == (together == together.max()).sum()
    assert one_by_one.air == (together < -500).sum()
