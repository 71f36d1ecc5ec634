from hypothesis import given
from hypothesis import strategies as st

from pi.readers.spread import spread


def test_places_lie_at_their_part_of_the_way() -> None:
    assert spread(101, (0.5, 0.0, 1.0, 0.25)) == [50, 0, 100, 25]


@given(st.integers(1, 9), st.lists(st.floats(0, 1)))
def test_every_place_is_there_and_stands_once(count: int, parts: list[float]) -> None:
    found = spread(count, parts)
    assert len(found) == len(set(found)) <= count
    assert set(found) <= set(range(count))
