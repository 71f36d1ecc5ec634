"""A part that is needed and nobody's is refused with what can be done instead."""

import pytest

from pi.slices.parts import Members, PartError, require_parts

THREE: Members = {"a": "train", "b": "train", "c": "train", "d": "unassigned"}


def test_parts_that_have_patients_are_enough() -> None:
    require_parts({"a": "train", "b": "validation"}, "x", ["train", "validation"])


def test_a_split_that_leaves_a_part_empty_is_told_with_two_ways_out() -> None:
    with pytest.raises(PartError) as caught:
        require_parts(THREE, "mayo2016", ["train", "validation", "test"])
    assert str(caught.value) == (
        "`data` must have patients in the validation and the test part but split mayo2016 puts "
        "none of 4 patients there: split=auto draws the parts when data are prepared, and `folds` "
        "3 tests each patient once."
    )


@pytest.mark.parametrize("members", [{"a": "train"}, {"a": "train", "b": "test"}])
def test_one_and_two_patients_are_told_what_they_are_good_for(members: Members) -> None:
    with pytest.raises(PartError, match="must have patients in the validation part but has") as e:
        require_parts(members, "seeded-5", ["train", "validation"])
    assert "`calibrate` finds lambda" in str(e.value)
    assert "from 3 patients on `folds` 3" in str(e.value)
    assert str(e.value).count(". ") == 0
