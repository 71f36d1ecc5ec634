from pathlib import PurePosixPath

import pytest

from pi.readers.person_names import file_token, free_folders, person_folders, stack_name


def test_folders_without_a_meaning_may_be_patients() -> None:
    assert free_folders(PurePosixPath("study/Case 7/full_1mm/a.dcm")) == ("Case 7",)
    assert free_folders(PurePosixPath("first/session_a/full/a.dcm")) == ("first",)
    assert free_folders(PurePosixPath("full_1mm/a.dcm")) == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/patient_1/full/x.dcm", ("patient_1",)),
        ("sub-01/ses-1/x.dcm", ("sub-01",)),
        ("a/patients/x.dcm", ()),
    ],
)
def test_numbered_folders_of_persons(path: str, expected: tuple[str, ...]) -> None:
    assert person_folders(PurePosixPath(path)) == expected


def test_a_file_that_holds_a_series_is_called_by_what_claims_nothing() -> None:
    assert stack_name(PurePosixPath("a/case0_full.nii.gz")) == "case0"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("L067_000_input.npy", ("L067", "000_input.npy")),
        ("pat1_003_low.npy", ("pat1", "_003_low.npy")),
        ("000_input.npy", None),
    ],
)
def test_a_patient_may_begin_a_file_name(name: str, expected: tuple[str, str] | None) -> None:
    assert file_token(PurePosixPath(name)) == expected
