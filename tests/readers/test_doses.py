import random
from pathlib import Path

import pytest
from ct_files import SECRET
from dose_folders import levels, reasons, understood, write_doses, write_series

from pi.readers.identification import identify
from pi.readers.noise import noise_in
from pi.readers.scan import scan
from pi.slices.preparing import prepare


@pytest.mark.parametrize(
    ("full", "low", "fraction"),
    [
        ("HDCT", "LDCT", 0.0),
        ("target", "input", 0.0),
        ("100pct", "10pct", 0.1),
        ("ND", "LD", 0.0),
        ("full", "quarter", 0.25),
        ("routine", "low_25", 0.25),
        ("standard", "low", 0.0),
        ("Normal-Dose", "quarterDose", 0.25),
        ("clean", "noisy", 0.0),
        ("GT", "LDCT", 0.0),
        ("high", "low", 0.0),
        ("dose_100", "dose_5", 0.05),
    ],
)
def test_folders_named_as_labs_name_them_give_pairs(
    tmp_path: Path, full: str, low: str, fraction: float
) -> None:
    for patient in ("PT-00", "PT-01"):
        write_doses(tmp_path / "in" / patient, patient, full, low)
    found = understood(tmp_path / "in", by_noise=False)
    assert levels(found) == {("normal", 0.0): 6, ("low", fraction): 6}
    prepared = prepare(tmp_path / "in", tmp_path / "store", split="auto", seed=0, secret=SECRET)
    assert prepared.report.pairs == 6


def test_words_over_the_doses_of_a_whole_folder_are_no_doses(tmp_path: Path) -> None:
    for root in ("input/LDCT_dataset", "low dose ct/high"):
        write_doses(tmp_path / root / "in" / root / "PT-00", "PT-00", "full", "quarter")
        found = understood(tmp_path / root / "in")
        assert levels(found) == {("normal", 0.0): 3, ("low", 0.25): 3}


def test_a_roof_of_one_dose_is_asked_after_the_tube_current(tmp_path: Path) -> None:
    for name, current in (("s1", 200), ("s2", 50)):
        write_series(tmp_path / "LDCT" / "PT" / name, "PT", 10, Exposure=current)
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.25): 3}


@pytest.mark.parametrize("folder", ["STANDARD", "high", "input", "label"])
def test_a_word_with_another_meaning_says_nothing_alone(tmp_path: Path, folder: str) -> None:
    write_series(tmp_path / "PT" / folder, "PT", 10)
    write_series(tmp_path / "PT" / "LUNG", "PT", 10, kernel="LUNG")
    assert reasons(understood(tmp_path)) == {"unknown-dose": 6}


def test_a_folder_called_by_its_kernel_is_no_dose(tmp_path: Path) -> None:
    for kernel in ("STANDARD", "LUNG"):
        for dose in ("full", "low"):
            sd = 10 if dose == "full" else 20
            write_series(tmp_path / "PT" / dose / kernel, "PT", sd, kernel=kernel)
    assert levels(understood(tmp_path)) == {("normal", 0.0): 6, ("low", 0.0): 6}


def test_the_nearer_of_two_levels_is_believed(tmp_path: Path) -> None:
    write_doses(tmp_path / "x" / "quarter", "PT", "full", "low")
    write_series(tmp_path / "y", "PU", 10)
    found = understood(tmp_path)
    assert levels(found)["normal", 0.0] == 3
    assert found.disagreements["folder 1 says normal but folder 2 says low"] == 3


@pytest.mark.parametrize(
    ("patient", "fraction"), [("L901", 0.25), ("N901", 0.25), ("C901", 0.1), ("PT-1", 0.0)]
)
def test_the_low_doses_of_the_archive_are_known(
    tmp_path: Path, patient: str, fraction: float
) -> None:
    study = tmp_path / "LDCT-and-Projection-data" / patient / "01-01-2020-NA-NA-10000"
    names = ("1.000000-Full Dose Images-20001", "2.000000-Low Dose Images-20002")
    write_doses(study, patient, *names, Exposure=100)
    found = understood(tmp_path)
    assert levels(found) == {("normal", 0.0): 3, ("low", fraction): 3}
    said = [text for text in found.messages if "LDCT-and-Projection-data" in text]
    assert len(said) == (fraction != 0)


@pytest.mark.parametrize(
    ("tags", "fractions"),
    [
        ([{"Exposure": 200}, {"Exposure": 20}], {0.1}),
        ([{"XRayTubeCurrent": 400}, {"XRayTubeCurrent": 101}], {0.25}),
        ([{"Exposure": 200}, {"Exposure": 50}, {"Exposure": 10}], {0.25, 0.05}),
        ([{"Exposure": 200}, {"Exposure": 68}], {0.34}),
    ],
)
def test_the_tube_current_tells_the_dose(
    tmp_path: Path, tags: list[dict[str, int]], fractions: set[float]
) -> None:
    for number, one in enumerate(tags):
        write_series(tmp_path / "PT" / f"series_{number}", "PT", 10, **one)
    found = understood(tmp_path, by_noise=False)
    assert levels(found) == {("normal", 0.0): 3, **{("low", one): 3 for one in fractions}}
    assert any("tube currents" in text for text in found.messages)


@pytest.mark.parametrize("low", [200, 160, 1])
def test_tube_currents_that_are_alike_or_missing_tell_nothing(tmp_path: Path, low: int) -> None:
    write_series(tmp_path / "PT" / "a", "PT", 10, Exposure=200)
    tags = {} if low == 1 else {"Exposure": low}
    write_series(tmp_path / "PT" / "b", "PT", 10, **tags)
    found = understood(tmp_path)
    assert reasons(found) == {"unknown-dose": 6}
    assert all("`**/FOLDER/**,low`" in item.refusal.detail for item in found.refused)


def test_tube_currents_give_a_named_low_dose_its_fraction(tmp_path: Path) -> None:
    write_series(tmp_path / "PT" / "full", "PT", 10, Exposure=200)
    write_series(tmp_path / "PT" / "low", "PT", 20, Exposure=49)
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.25): 3}


@pytest.mark.parametrize("tag", ["Exposure", "XRayTubeCurrent"])
def test_names_that_headers_contradict_are_refused_with_both_values(
    tmp_path: Path, tag: str
) -> None:
    write_series(tmp_path / "PT" / "full", "PT", 10, **{tag: 20})
    write_series(tmp_path / "PT" / "low", "PT", 20, **{tag: 200})
    write_series(tmp_path / "other" / "full", "other", 10, **{tag: 200})
    write_series(tmp_path / "other" / "low", "other", 20, **{tag: 20})
    found = understood(tmp_path)
    assert reasons(found) == {"conflicting-dose": 6}
    assert {header.patient for header in found.headers} == {"other"}
    said = found.refused[0].refusal.detail
    assert f"{tag} is 20 of what names call the full dose and 200 of what they call" in said
    assert "`**/FOLDER/**,low`" in said


def test_currents_at_two_voltages_tell_nothing(tmp_path: Path) -> None:
    write_series(tmp_path / "PT" / "full", "PT", 10, Exposure=100, KVP=120)
    write_series(tmp_path / "PT" / "low", "PT", 20, Exposure=200, KVP=70)
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.0): 3}


def test_a_mapping_decides_doses_that_headers_contradict(tmp_path: Path) -> None:
    write_series(tmp_path / "PT" / "full", "PT", 10, Exposure=20)
    write_series(tmp_path / "PT" / "low", "PT", 20, Exposure=200)
    (tmp_path / "mapping.csv").write_text("glob,dose\n**/full/*,low\n**/low/*,full\n")
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.1): 3}


def test_scans_of_different_places_are_no_siblings(tmp_path: Path) -> None:
    write_series(tmp_path / "PT" / "a", "PT", 10, Exposure=200)
    write_series(tmp_path / "PT" / "b", "PT", 20, Exposure=20, zs=(100.0, 102.0))
    assert reasons(understood(tmp_path)) == {"unknown-dose": 5}


def test_the_noise_of_two_siblings_tells_the_dose_and_is_said(tmp_path: Path) -> None:
    write_doses(tmp_path / "PT", "PT", "b", "a")
    found = understood(tmp_path)
    assert levels(found) == {("normal", 0.0): 3, ("low", 0.0): 3}
    assert {header.dose for header in found.headers if "/a/" in header.file} == {"low"}
    assert [text for text in found.messages if "noise" in text]
    assert reasons(understood(tmp_path, by_noise=False)) == {"unknown-dose": 6}


def test_one_named_sibling_names_the_other(tmp_path: Path) -> None:
    write_doses(tmp_path / "PT", "PT", "full", "series_3")
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.0): 3}


def test_noise_alike_tells_nothing(tmp_path: Path) -> None:
    write_series(tmp_path / "PT" / "a", "PT", 10.0)
    write_series(tmp_path / "PT" / "b", "PT", 10.2)
    assert reasons(understood(tmp_path)) == {"unknown-dose": 6}


PIGLET = ((100, 8.0), (50, 14.0), (25, 24.0), (10, 40.0), (5, 60.0))


def test_folders_called_by_percentages_are_believed_with_their_noise(tmp_path: Path) -> None:
    for number, sd in PIGLET:
        write_series(tmp_path / "piglet" / f"{number}", "PIG", sd, file="IM{:03d}")
    found = understood(tmp_path)
    fractions = [("low", number / 100) for number, _ in PIGLET[1:]]
    assert levels(found) == {("normal", 0.0): 3, **dict.fromkeys(fractions, 3)}
    assert any("percentages" in text for text in found.messages)


@pytest.mark.parametrize(
    "series",
    [
        [(100, 8.0), (50, 14.0), (25, 12.0)],  # the noise does not rise
        [(50, 8.0), (25, 14.0), (10, 40.0)],  # nothing is the whole
    ],
)
def test_numbers_that_noise_does_not_bear_out_are_refused_with_the_way_out(
    tmp_path: Path, series: list[tuple[int, float]]
) -> None:
    for number, sd in series:
        write_series(tmp_path / "piglet" / f"{number}", "PIG", sd)
    found = understood(tmp_path)
    assert reasons(found) == {"unknown-dose": 9}
    assert "mapping.csv" in found.refused[0].refusal.detail


def test_numbers_that_full_doses_have_too_count_patients(tmp_path: Path) -> None:
    for number in (10, 20):
        write_doses(tmp_path / f"{number}", f"PT-{number}", f"full_{number}", f"low_{number}")
    assert levels(understood(tmp_path)) == {("normal", 0.0): 6, ("low", 0.0): 6}


def test_a_description_alone_is_believed_last(tmp_path: Path) -> None:
    for name, text in (("a", "Chest low dose"), ("b", "Chest full dose")):
        write_series(tmp_path / "PT" / name, "PT", 10, SeriesDescription=text)
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.0): 3}


def test_the_order_of_the_slices_does_not_matter(tmp_path: Path) -> None:
    write_doses(tmp_path / "PT", "PT", "x", "y")
    write_series(tmp_path / "PU" / "a", "PU", 10, Exposure=200)
    write_series(tmp_path / "PU" / "b", "PU", 10, Exposure=20)
    slices = scan(tmp_path).slices
    expected = set(identify(slices, noise_of=noise_in(tmp_path)).headers)
    for seed in range(3):
        shuffled = random.Random(seed).sample(slices, len(slices))
        assert set(identify(shuffled, noise_of=noise_in(tmp_path)).headers) == expected


def test_a_person_called_low_is_no_dose(tmp_path: Path) -> None:
    write_doses(tmp_path / "PT", "PT", "full", "quarter", PatientName="Low^Quarter")
    assert levels(understood(tmp_path)) == {("normal", 0.0): 3, ("low", 0.25): 3}
