from pathlib import PurePosixPath

import pytest

from pi.readers.names import (
    Claim,
    agree,
    disagreements,
    holds_projections,
    kernel_meant,
    nearest,
    path_claims,
    text_claims,
)


def claimed(path: str) -> tuple[str | None, ...]:
    claims = path_claims(PurePosixPath(path))
    found = [nearest(claims, fact) for fact in ("patient", "dose", "thickness", "kernel")]
    return tuple(claim.value if claim else None for claim in found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "Training_Image_Data/1mm B30/FD_1mm/full_1mm/L067/full_1mm/x.IMA",
            ("L067", "normal", "1", "B30"),
        ),
        (
            "Training_Image_Data/Training_Image_Data/3mm D45/QD_3mm_sharp/quarter_3mm_sharp/L506/"
            "quarter_3mm_sharp/x.ima",
            ("L506", "low", "3", "sharp"),
        ),
        ("1mm B30/full_1mm/L067/full_1mm/1.IMA", ("L067", "normal", "1", "B30")),
        ("1mm B30/L067/L067_QD_1_1.CT.0003.0105.2015.IMA", ("L067", "low", "1", "B30")),
        ("1mm B30/QD_1mm/L067/quarter_1mm/1.IMA", ("L067", "low", "1", "B30")),
        ("3mm D45/L067/full_3mm_sharp/1.IMA", ("L067", "normal", "3", "sharp")),
        ("L067/quarter_3mm/1.dcm", ("L067", "low", "3", None)),
        ("L067/full_3mm_sharp_sorted/000164.IMA", ("L067", "normal", "3", "sharp")),
        ("Training Cases/L067/full_1mm_sharp/000001.IMA", ("L067", "normal", "1", "sharp")),
        (
            "Original Data/Quarter Dose/3mm Slice Thickness/Sharp Kernel (D45)/L067/1.IMA",
            ("L067", "low", "3", "D45"),
        ),
        (
            "manifest-1/LDCT-and-Projection-data/L004/08-21-2018-NA-NA-84608/"
            "1.000000-Full Dose Images-15477/1-001.dcm",
            ("L004", "normal", None, None),
        ),
        (
            "LDCT-and-Projection-data/C030/08-21-2018-84608/2.000000-Low dose images-1/1-1.dcm",
            ("C030", "low", None, None),
        ),
        ("somebody/elses/folder/a.dcm", (None, None, None, None)),
    ],
)
def test_tokens_of_every_layout_claim_what_they_mean(
    path: str, expected: tuple[str | None, ...]
) -> None:
    assert claimed(path) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("L067_FD_1_1.CT.0001.0001.2015.12.22.18.09.40.840353.358074219.IMA", "L067 normal 1 B30"),
        ("L506_FD_1_SHARP_1.CT.0002.0001.2016.01.21.7.3.IMA", "L506 normal 1 D45"),
        ("L506_QD_3_1.CT.0003.0105.2016.IMA", "L506 low 3 B30"),
        ("L096_QD_3_SHARP", "L096 low 3 D45"),
        ("S001_FD_1", "S001 normal 1 B30"),
    ],
)
def test_the_names_of_the_challenge_say_four_things(name: str, expected: str) -> None:
    assert " ".join(claim.value for claim in text_claims(name, "file name")).split() == [
        expected.split()[i] for i in range(4)
    ]


def test_the_nearest_name_wins_and_the_contradiction_is_told() -> None:
    claims = path_claims(PurePosixPath("quarter dose/L067/full_1mm/a.IMA"))
    assert nearest(claims, "dose") == Claim("dose", "normal", "folder 1")
    assert list(disagreements(claims)) == [
        (Claim("dose", "normal", "folder 1"), Claim("dose", "low", "folder 3"))
    ]


def test_a_name_that_says_both_doses_says_none() -> None:
    assert text_claims("full and quarter dose", "folder 1") == ()


def test_projections_are_told_from_a_collection_that_has_projection_in_its_name() -> None:
    assert holds_projections(PurePosixPath("L067/full_DICOM-CT-PD/1.dcm"))
    assert holds_projections(PurePosixPath("L004/x/1.0-Full dose projections-3/1.dcm"))
    assert not holds_projections(PurePosixPath("LDCT-and-Projection-data/L004/1.dcm"))


def test_sharp_contradicts_b30_but_not_a_kernel_of_another_scanner() -> None:
    def says(value: str) -> Claim:
        return Claim("kernel", value, "x")

    assert agree(says("sharp"), says("D45"))
    assert agree(says("sharp"), says("B70"))
    assert not agree(says("sharp"), says("B30"))
    assert not agree(says("soft"), says("sharp"))
    assert not agree(says("D45"), says("B70"))
    assert (kernel_meant("sharp"), kernel_meant("B70")) == ("D45", "B70")
