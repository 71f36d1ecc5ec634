import random
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import pytest
from array_files import body, facts_of

from pi.identity import Reconstruction
from pi.readers.facts import SliceFacts
from pi.readers.header import Identification, SliceHeader
from pi.readers.names import Dose
from pi.readers.told import Told
from pi.readers.unheaded import settle, slice_numbers
from pi.readers.units import UnitError


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        ([f"L067_{k}_input" for k in (0, 5, 12)], [0, 5, 12]),
        ([f"L067_target_{k:03d}_img" for k in (1, 2)], [1, 2]),
        ([f"L067_25_{k:03d}_img" for k in (1, 2)], [1, 2]),
        ([f"quarter_1mm/L067/{k:03d}" for k in range(1, 4)], [1, 2, 3]),
        ([f"slice{k}_of_patient3" for k in (7, 9)], [7, 9]),
        ([f"L067/{k:02d}/input" for k in (4, 8)], [4, 8]),
        (["L067_12_input"], [12]),
        (["full/slice"], [0]),
        # The number of its acquisition differs less than that of the slice.
        ([f"{k}_{k % 2}" for k in range(4)], [0, 1, 2, 3]),
    ],
)
def test_the_number_that_differs_most_counts_the_slices(
    names: list[str], numbers: list[int]
) -> None:
    assert slice_numbers(names) == numbers


def header(
    folder: Path, name: str, values: np.ndarray, dose: Dose, patient: str = "L067"
) -> SliceHeader:
    np.save(folder / name, values)
    (facts,) = facts_of(folder / name)
    return SliceHeader(Identification(patient, dose, Reconstruction(1, "B30")), facts)


def series(
    folder: Path, values: np.ndarray, dose: Dose, patient: str = "L067"
) -> list[SliceHeader]:
    word = "input" if dose == "low" else "target"
    return [header(folder, f"{patient}_{k}_{word}.npy", values, dose, patient) for k in (0, 10, 9)]


def test_both_doses_of_every_patient_get_the_numbers_of_their_names(tmp_path: Path) -> None:
    headers = [
        one
        for patient in ("L067", "L096", "L109", "L143", "L192")
        for dose in ("low", "normal")
        for one in series(tmp_path, body(0), dose, patient)
    ]
    random.Random(0).shuffle(headers)
    for one in settle(headers).headers:
        assert one.position == int(PurePath(one.file).stem.split("_")[1])
        assert one.facts.unit == "hu"


def test_a_slice_without_air_is_read_as_its_series_is(tmp_path: Path) -> None:
    headers = series(tmp_path, body(0), "low")
    headers.append(header(tmp_path, "L067_3_input.npy", np.arange(400).reshape(20, 20), "low"))
    assert {one.facts.unit for one in settle(headers).headers} == {"hu"}


def test_what_nobody_told_is_asked_for_in_one_sentence(tmp_path: Path) -> None:
    headers = [
        *series(tmp_path, np.full((9, 9), 0.25) + np.eye(9) / 2, "low"),
        *series(tmp_path, np.full((9, 9), 0.5) + np.eye(9) / 4, "normal"),
    ]
    settled = settle(headers)
    assert not settled.headers
    (detail,) = {one.refusal.detail for one in settled.refused}
    assert "between 0.25 and 0.75" in detail
    assert "--values unit:-1024:3072" in detail


def test_a_mapping_counts_before_the_parameter_and_that_before_what_is_seen(
    tmp_path: Path,
) -> None:
    low, normal = series(tmp_path, body(0), "low"), series(tmp_path, body(1), "normal")
    mapped = [replace(one, facts=replace(one.facts, told=Told(unit="stored:-24"))) for one in low]
    settled = settle([*mapped, *normal], "stored:-1024")
    assert [one.facts.unit for one in settled.headers] == ["stored:-24"] * 3 + ["stored:-1024"] * 3
    assert settled.messages[:2] == (
        "3 slices of arrays (NumPy) were read as `stored:-1024`.",
        "3 slices of arrays (NumPy) were read as `stored:-24`.",
    )
    assert "6 slices are slice numbers" in settled.messages[2]


def test_values_that_contradict_what_is_told_are_refused(tmp_path: Path) -> None:
    settled = settle(series(tmp_path, body(0), "low"), "unit:-1024:3072")
    assert {one.refusal.reason for one in settled.refused} == {"values-out-of-range"}


def test_words_that_mean_nothing_are_an_error(tmp_path: Path) -> None:
    headers = series(tmp_path, body(0), "low")
    with pytest.raises(UnitError):
        settle(headers, "hounsfield")


def test_files_with_a_header_stay_as_they_are(tmp_path: Path) -> None:
    (one, *_) = series(tmp_path, body(0), "low")
    facts: SliceFacts = replace(one.facts, seen=None, placed=True, origin=(1.0, 2.0, 3.0))
    told = replace(one, facts=facts)
    settled = settle([told], "stored:-1024")
    assert (settled.headers, settled.refused, settled.messages) == ((told,), (), ())
