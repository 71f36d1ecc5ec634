"""What a key says of a slice: what nobody told is no word, and nothing is rounded."""

import os
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.identity import (
    UNKNOWN_DOSE,
    UNKNOWN_KERNEL,
    UNKNOWN_THICKNESS,
    DoseError,
    Reconstruction,
    SliceKey,
    dose_text,
    find_dose,
    place_named,
    pseudonym,
)

DOSES = st.floats(0, 1, exclude_min=True, exclude_max=True)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Reconstruction(3, "B30"), "3mm B30"),
        (Reconstruction(3, "B30", 0.25), "3mm B30 25%"),
        (Reconstruction(1.5, "B30", 0.125), "1.5mm B30 12.5%"),
        (Reconstruction(1, "D45", 0.1), "1mm D45 10%"),
        (Reconstruction(UNKNOWN_THICKNESS, "B30"), "unknown thickness B30"),
        (Reconstruction(3, UNKNOWN_KERNEL, 0.05), "3mm unknown kernel 5%"),
    ],
)
def test_a_reconstruction_says_what_is_known_of_it(place: Reconstruction, said: str) -> None:
    assert str(place) == said


def test_a_key_tells_its_dose_only_where_it_is_known() -> None:
    assert str(SliceKey("P", 3, "B30", 1.5)) == "P/3mm/B30/+1.50"
    assert str(SliceKey("P", 3, "B30", -2, 0.25)) == "P/3mm/B30/25%/-2.00"
    assert SliceKey("P", 3, "B30", 0, 0.25).reconstruction == Reconstruction(3, "B30", 0.25)


def test_two_doses_of_a_slice_are_two_slices_that_order_and_hash() -> None:
    keys = [SliceKey("P", 3, "B30", 0, dose) for dose in (0.25, UNKNOWN_DOSE, 0.1)]
    assert [key.dose for key in sorted(keys)] == [UNKNOWN_DOSE, 0.1, 0.25]
    assert len({*keys, SliceKey("P", 3, "B30", 0)}) == 3


@given(DOSES)
def test_a_dose_is_printed_exactly_and_read_back(dose: float) -> None:
    assert find_dose(dose_text(dose)) == dose == find_dose(repr(dose))
    assert Fraction(dose_text(dose).removesuffix("%")) == 100 * Fraction(repr(dose))


@given(DOSES)
def test_a_place_in_a_metrics_name_is_allowed_there_and_read_back(dose: float) -> None:
    place = Reconstruction(3, "B30", dose)
    assert re.fullmatch(r"[\w/.\- :]+", place.spelt)  # what MLflow allows
    assert place_named(place.spelt) == str(place)


@pytest.mark.parametrize(
    ("text", "dose"),
    [("all", None), ("unknown", UNKNOWN_DOSE), ("0.25", 0.25), ("25%", 0.25), (" 7% ", 0.07),
     ("2.5e-1", 0.25)],
)  # fmt: skip
def test_a_dose_is_a_fraction_or_a_percentage(text: str, dose: float | None) -> None:
    assert find_dose(text) == dose


@pytest.mark.parametrize("text", ["0", "1", "25", "-0.1", "100%", "nan", "inf", "quarter", "", "%"])
def test_a_dose_outside_0_to_1_is_refused(text: str) -> None:
    with pytest.raises(DoseError, match=r"`dose` must be all, unknown, or .* in \(0, 1\)"):
        find_dose(text)


def test_a_name_that_is_no_utf_8_has_a_pseudonym_of_its_own() -> None:
    names = [os.fsdecode(b"M\xfcller"), os.fsdecode(b"M\xf6ller"), "M\u00fcller"]
    assert len({pseudonym(name, b"k") for name in names}) == 3
