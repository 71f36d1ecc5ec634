import json
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
    chosen = choose_split("mayo2016", {"L097", "L067"}, 0)
    assert chosen.split.part_of("L097") == "test"
    (warning,) = [text for text in chosen.messages if text.startswith("warning")]
    assert "alias" in warning
    assert "L09" not in warning


@pytest.mark.parametrize(
    ("patients", "name"), [({"L067", "L506"}, "mayo2016"), ({"S001", "S010"}, "simulated")]
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
    assert any("1 patients; they are unassigned" in text for text in chosen.messages)


@given(st.sets(st.text(max_size=4), min_size=1, max_size=30), st.integers(0, 99))
def test_a_drawn_split_has_everybody_once_and_repeats(patients: set[str], seed: int) -> None:
    split = seeded_split(patients, seed)
    assert split.members.keys() == patients
    assert split == seeded_split(sorted(patients, reverse=True), seed)
    assert "train" in split.members.values()
    if len(patients) > 2:
        assert set(split.members.values()) == set(PARTS)


def write(folder: Path, content: Any) -> str:
    path = folder / "mine.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_your_own_file_is_a_split(tmp_path: Path) -> None:
    chosen = choose_split(write(tmp_path, {"train": ["a"], "test": ["b"]}), {"a", "b"}, 0)
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
def test_a_bad_file_says_the_rule(tmp_path: Path, content: Any, rule: str) -> None:
    with pytest.raises(SplitError, match=rule):
        choose_split(write(tmp_path, content), {"a"}, 0)


def test_a_missing_file_and_an_unknown_name_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="readable JSON"):
        choose_split(str(tmp_path / "none.json"), {"a"}, 0)
    with pytest.raises(SplitError, match=r"auto, mayo2016, simulated or a \.json file but got 'x'"):
        choose_split("x", {"a"}, 0)


def test_every_packaged_split_can_be_read() -> None:
    for name in named_splits():
        assert read_split(SPLITS / f"{name}.json").members
