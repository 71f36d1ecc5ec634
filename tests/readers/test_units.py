import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.readers.units import Relation, UnitError, parse_unit


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("auto", None),
        ("hu", (1, 0)),
        (" HU ", (1, 0)),
        ("unit:-1024:3072", (4096, -1024)),
        ("unit:-160:240", (400, -160)),
        ("Unit:-1000.5:1", (1001.5, -1000.5)),
        ("stored:-1024", (1, -1024)),
        ("stored:-1000:2.5", (2.5, -1000)),
    ],
)
def test_the_grammar(text: str, relation: Relation | None) -> None:
    assert parse_unit(text) == relation


@pytest.mark.parametrize(
    "text",
    [
        *("", "HU units", "unit", "unit:0", "unit:1:0", "unit:1:1", "unit:nan:1", "unit:0:inf"),
        *("unit:0:1:2", "unit:-1024,3072", "stored", "stored:x", "stored:0:0", "hu:1", "auto:1"),
        "/home/anna/values",
    ],
)
def test_other_words_are_an_error_that_repeats_nothing(text: str) -> None:
    with pytest.raises(UnitError, match=f"another text of {len(text)} characters") as error:
        parse_unit(text)
    assert "anna" not in str(error.value)


@given(st.floats(-5000, 5000), st.floats(1, 5000))
def test_the_ends_of_a_unit_are_its_ends(low: float, extent: float) -> None:
    relation = parse_unit(f"unit:{low}:{low + extent}")
    assert relation is not None
    assert relation.intercept == low
    assert relation.slope + relation.intercept == pytest.approx(low + extent)
