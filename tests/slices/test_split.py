import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.slices.split import (
    PARTS,
    SPLITS,
    SplitError,
    choose_split,
    named_splits,
    read_split,
    seeded_split,
)

MAYO = {"L067", "L096", "L109", "L143", "L192", "L286", "L291", "L310", "L333", "L506"}


def test_the_papers_split_tests_on_l096() -> None:
    chosen = choose_split("mayo2016", MAYO, 0)
    parts = {patient: chosen.split.part_of(patient) for patient in MAYO}
    assert [sorted(p for p in MAYO if parts[p] == part) for part in PARTS[1:]] == [
        ["L192"],
        ["L096", "L506"],
    ]
    assert list(parts.values()).count("train") == 7


def test_the_expected_counts_add_up_to_the_published_sums() -> None:
    expected = choose_split("mayo2016", MAYO, 0).split.expected
    assert sum(counts["1"] for counts in expected.values()) == 5936
    assert sum(counts["3"] for counts in expected.values()) == 2378


def test_the_papers_misprint_is_an_alias_that_warns_without_the_name() -> None:
    chosen = choose_split("mayo2016", {"L097", "L067", "L192"}, 0)
    assert chosen.split.part_of("L097") == "test"
    (warning,) = [text for text in chosen.messages if text.startswith("warning")]
    assert "resolves an alias of 1 patient" in warning
    assert "L09" not in warning


@pytest.mark.parametrize(
    ("patients", "name"),
    [
        ({"L067", "L192", "L506"}, "mayo2016"),
        ({"S001", "S008", "S010"}, "simulated"),
        ({"L067", "L192", "L097"}, "mayo2016"),
    ],
)
def test_auto_finds_the_split_that_knows_everybody_and_says_so(
    patients: set[str], name: str
) -> None:
    chosen = choose_split("auto", patients, 0)
    assert chosen.split.name == name
    assert name in chosen.messages[0]


def test_auto_draws_where_nobody_knows_them_and_says_so() -> None:
    chosen = choose_split("auto", {f"case {i}" for i in range(10)}, 7)
    assert chosen.split.name == "seeded-7"
    assert "train 7, validation 1, test 2" in chosen.messages[0]


def test_patients_a_split_does_not_know_are_unassigned_and_reported() -> None:
    chosen = choose_split("simulated", {"S001", "Mr X"}, 0)
    assert chosen.split.part_of("Mr X") == "unassigned"
    assert any("does not know 1 patient, who stay" in text for text in chosen.messages)


@given(st.sets(st.text(max_size=4), min_size=1, max_size=30), st.integers(0, 99))
def test_a_drawn_split_has_everybody_once_and_repeats(patients: set[str], seed: int) -> None:
    split = seeded_split(patients, seed)
    assert split.members.keys() == patients
    assert split == seeded_split(sorted(patients, reverse=True), seed)
    assert "train" in split.members.values()
    if len(patients) > 2:
        assert set(split.members.values()) == set(PARTS)


def test_three_of_the_ten_are_drawn_because_the_papers_split_would_leave_parts_empty() -> None:
    chosen = choose_split("auto", {"L067", "L109", "L143"}, 0)
    assert chosen.split.name == "seeded-0"
    assert set(chosen.split.members.values()) == set(PARTS)
    assert chosen.messages == (
        "split seeded-0: no patient found is in the validation and the test part of mayo2016, so "
        "train 1, validation 1, test 1 were drawn.",
        "with `folds` 3 each patient is tested once, left out in turn.",
    )


def test_a_split_asked_for_by_name_is_kept_with_the_way_out() -> None:
    chosen = choose_split("mayo2016", {"L067", "L109", "L143"}, 0)
    assert chosen.split.name == "mayo2016"
    (warning,) = [text for text in chosen.messages if text.startswith("warning")]
    assert "no patient found is in the validation and the test part of mayo2016" in warning
    assert "split=auto draws the parts, and `folds` 3 tests each patient once" in warning


@pytest.mark.parametrize("split", ["auto", "mayo2016"])
@pytest.mark.parametrize("patients", [{"L067"}, {"L067", "L109"}, {"L192"}])
def test_of_one_and_two_patients_it_is_said_what_they_are_good_for(
    split: str, patients: set[str]
) -> None:
    chosen = choose_split(split, patients, 0)
    text = " ".join(chosen.messages)
    assert "`calibrate` finds lambda, but its interval is of their patches" in text
    assert "from 3 patients on `folds` 3 leaves one out" in text
    assert f"with {len(patients)} patient" in text
    if split == "auto":
        assert "train" in chosen.split.members.values()


@given(st.sets(st.sampled_from(sorted(MAYO)), min_size=3), st.integers(0, 9))
def test_auto_leaves_no_part_empty_from_three_patients_on(patients: set[str], seed: int) -> None:
    chosen = choose_split("auto", patients, seed)
    assert {chosen.split.part_of(patient) for patient in patients} == set(PARTS)
    assert not any(text.startswith("warning") for text in chosen.messages)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Make a file what PI_SPLIT names."""
    file = tmp_path / "Eichendorff.json"
    monkeypatch.setenv("PI_SPLIT", str(file))
    return lambda content: file.write_text(json.dumps(content)) and None


def test_your_own_file_is_a_split(write: Callable[[Any], None]) -> None:
    write({"train": ["a"], "test": ["b"]})
    chosen = choose_split("own", {"a", "b"}, 0)
    assert (chosen.split.part_of("a"), chosen.split.part_of("b")) == ("train", "test")
    assert chosen.split.name == "custom"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ([], "must be a JSON object"),
        ({"training": []}, "must be a JSON object"),
        ({"train": "a"}, "a list of patients under `train`"),
        ({"train": []}, "must list a patient under `train`"),
        ({"train": ["a"], "test": ["a"]}, "must list a patient once but lists 1"),
        ({"train": ["a"], "aliases": {"b": 1}}, "names to names"),
    ],
)
def test_a_bad_file_says_the_rule(write: Callable[[Any], None], content: Any, rule: str) -> None:
    write(content)
    with pytest.raises(SplitError, match=rule) as caught:
        choose_split("own", {"a"}, 0)
    assert "Eichendorff" not in str(caught.value)


def test_what_is_no_json_and_an_unknown_name_are_errors(
    write: Callable[[Any], None], tmp_path: Path
) -> None:
    (tmp_path / "Eichendorff.json").write_text("{")
    with pytest.raises(SplitError, match="PI_SPLIT must name a readable JSON"):
        choose_split("own", {"a"}, 0)
    with pytest.raises(SplitError, match=r"auto, mayo2016, simulated, or own, .* but got 'x'"):
        choose_split("x", {"a"}, 0)
    with pytest.raises(SplitError, match="but got a path, which is not repeated"):
        choose_split("/ward 7/Eichendorff.json", {"a"}, 0)


def test_every_packaged_split_can_be_read() -> None:
    for name in named_splits():
        assert read_split(SPLITS / f"{name}.json").members
