import itertools
from collections.abc import Callable

import pytest

from pi.readers.dose_words import DoseSaid, dose_said, of_percent

CASINGS: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.title)
JOINTS = ("", "_", "-", " ")
LOW = {"low": 0.0, "reduced": 0.0, "quarter": 0.25, "half": 0.5, "ultralow": 0.0, "ulow": 0.0}
NORMAL = ("full", "normal", "routine", "standard", "regular", "high")
LOW_LETTERS = {"LD": 0.0, "LDCT": 0.0, "QD": 0.25, "QDCT": 0.25, "ULDCT": 0.0}
NORMAL_LETTERS = ("FD", "FDCT", "ND", "NDCT", "HDCT")
SURROUNDED = ("{}", "PT01_{}", "{}_images", "{}-3mm", "ct {}", "{}_sorted", "1.000000-{}-15477")


@pytest.mark.parametrize("around", SURROUNDED)
@pytest.mark.parametrize("casing", CASINGS)
@pytest.mark.parametrize("joint", JOINTS)
def test_a_word_of_dose_is_read_in_every_casing_and_compound(
    joint: str, casing: Callable[[str], str], around: str
) -> None:
    for words, noun in itertools.product((LOW, NORMAL), ("dose", "dose_CT", "dose images")):
        for word in words:
            said = dose_said(around.format(casing(f"{word}{joint}{noun}")))
            assert said is not None, (word, noun)
            assert said.sure
            assert said.dose == ("low" if words is LOW else "normal")
            assert said.fraction == (LOW[word] if words is LOW else 0)


@pytest.mark.parametrize("around", SURROUNDED)
@pytest.mark.parametrize("casing", CASINGS)
def test_letters_are_read_in_every_casing(casing: Callable[[str], str], around: str) -> None:
    for letters, fraction in LOW_LETTERS.items():
        said = dose_said(around.format(casing(letters)))
        assert said == DoseSaid("low", fraction, sure=True)
    for letters in NORMAL_LETTERS:
        said = dose_said(around.format(casing(letters)))
        assert said == DoseSaid("normal", 0, sure=True)


@pytest.mark.parametrize(
    ("name", "dose", "fraction"),
    [
        ("LowDose", "low", 0.0),
        ("quarterDose", "low", 0.25),
        ("LowDoseCT", "low", 0.0),
        ("low-dose", "low", 0.0),
        ("LOW_DOSE_CT", "low", 0.0),
        ("myLDCT", "low", 0.0),
        ("CTLowDose", "low", 0.0),
        ("25pct", "low", 0.25),
        ("10%", "low", 0.1),
        ("25 %", "low", 0.25),
        ("12.5pct", "low", 0.125),
        ("12p5_percent", "low", 0.125),
        ("100pct", "normal", 0.0),
        ("100%", "normal", 0.0),
        ("dose_25", "low", 0.25),
        ("dose25", "low", 0.25),
        ("25dose", "low", 0.25),
        ("Dose_100", "normal", 0.0),
        ("dose_0.1", "low", 0.1),
        ("low_25", "low", 0.25),
        ("low25", "low", 0.25),
        ("LD10", "low", 0.1),
        ("low_17", "low", 0.0),  # a patient, as in full_17
        ("lowdose_50", "low", 0.5),
        ("low dose 25%", "low", 0.25),
        ("full_3mm", "normal", 0.0),
        ("quarter_3mm_sharp", "low", 0.25),
        ("low_5", "low", 0.0),  # millimetres, as in quarter_3
        ("L067-QD-3", "low", 0.25),
    ],
)
def test_what_a_folder_says_surely(name: str, dose: str, fraction: float) -> None:
    said = dose_said(name)
    assert said is not None
    assert (said.dose, said.fraction, said.sure) == (dose, fraction, True)


@pytest.mark.parametrize(
    ("name", "dose"),
    [
        *((name, "low") for name in ("input", "Noisy", "inputs", "half", "0.25")),
        *((name, "normal") for name in ("STANDARD", "high", "target", "clean", "gt", "label")),
        *((name, "normal") for name in ("GroundTruth", "ground_truth", "reference", "HD", "std")),
    ],
)
def test_what_a_folder_says_only_beside_its_opposite(name: str, dose: str) -> None:
    said = dose_said(name)
    assert said is not None
    assert (said.dose, said.sure) == (dose, False)


@pytest.mark.parametrize(
    "name",
    [
        *("", "series_2", "lowa", "Fullerton", "LUNG", "quarterly", "sharp", "sparse", "B30f"),
        *("low_contrast", "high resolution", "full_body", "FullFOV", "low_kV", "full and quarter"),
        *("dose", "dose_1", "dose_2", "100", "25", "0.625mm", "full_25pct", "300pct", "0%"),
        *("3f1d7a90-fd25-4c1b-9d25-aabbccddeeff", "fd25", "labelled", "targeted"),
    ],
)
def test_false_friends_say_nothing(name: str) -> None:
    assert dose_said(name) is None


@pytest.mark.parametrize(("name", "fraction"), [("low_25.dcm", 0.0), ("low 25pct.dcm", 0.25)])
def test_numbers_in_the_name_of_a_file_count_slices(name: str, fraction: float) -> None:
    assert dose_said(name, is_file=True) == DoseSaid("low", fraction, sure=True)
    assert dose_said("dose_25.dcm", is_file=True) is None


@pytest.mark.parametrize(("text", "fraction"), [("7", 0.07), ("12.5", 0.125), ("12,5", 0.125)])
def test_a_percentage_is_a_fraction_to_the_last_digit(text: str, fraction: float) -> None:
    assert of_percent(text) == DoseSaid("low", fraction, sure=True)
