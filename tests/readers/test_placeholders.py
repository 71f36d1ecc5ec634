import pytest

from pi.readers.placeholders import birth_told, comparable, is_placeholder, sex_told

NOBODY = ["", " ", "anonymous", "ANONYM^ANONYM", "Anonymized", "anonymised", "REMOVED", "0000", "0"]
NOBODY += ["000-00-0000", "XXXX", "xxx^xxx", "Test", "unknown", "de-identified", "None", "N/A"]
NOBODY += ["n.a.", "Patient", "Patient^Name", "no name", "NA", "***", "Unknown^Patient", "9999"]


@pytest.mark.parametrize("text", NOBODY)
def test_words_that_stand_for_nobody(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["L067", "PT-00", "Patient 1", "patient_0", "A", "No", "Xu", "Anna Nym", "anon_017", "42"],
)
def test_words_that_may_be_somebody(text: str) -> None:
    assert not is_placeholder(text)


def test_case_carets_and_spaces_make_no_other_person() -> None:
    assert comparable("Miller^Anna") == comparable(" MILLER anna") == "miller anna"
    assert comparable("1-2") != comparable("12")


def test_births_and_sexes_that_anonymisers_write_tell_nothing() -> None:
    assert [birth_told(x) for x in ("", "19000101", "00010101", "19631124")] == [
        *("", "", ""), "19631124",
    ]  # fmt: skip
    assert [sex_told(x) for x in ("O", "m", "", "F")] == ["", "M", "", "F"]
