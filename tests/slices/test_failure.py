"""Why a folder gave no store: every sentence is true of the data."""

import csv
import stat
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ct_files import SECRET, write_ct, write_patient, write_stack

from pi.readers.refusal import Refusal, Refused
from pi.readers.scan import SourceError
from pi.slices.account import write_account
from pi.slices.failure import reason_lines
from pi.slices.preparing import prepare


def said(folder: Path) -> str:
    with pytest.raises(SourceError) as caught:
        prepare(
            folder / "in", folder / "stores" / "mine", split="auto", seed=0, secret=SECRET,
            account=folder / "private" / "mine",
        )  # fmt: skip
    assert not (folder / "stores").exists() or not any((folder / "stores").iterdir())
    return str(caught.value)


def kept(folder: Path) -> Counter[str]:
    with (folder / "private" / "mine" / "refusals.csv").open() as file:
        return Counter(row["reason"] for row in csv.DictReader(file))


def test_one_dose_alone_is_said_with_the_way_to_the_other(tmp_path: Path) -> None:
    write_stack(tmp_path / "in/L067/full_3mm", dose="FD")
    text = said(tmp_path)
    assert "all 3 slices are of the full dose (`prepare --low_dose simulated:0.25" in text
    assert kept(tmp_path) == {"one-dose-only": 3}


def test_all_is_not_said_where_others_were_refused(tmp_path: Path) -> None:
    write_stack(tmp_path / "in/L067/full_3mm", dose="FD")
    for z in (0.0, 2.0):
        write_ct(tmp_path / f"in/L067/quarter_3mm/{z}", dose="QD", z=z, RescaleSlope=None)
    text = said(tmp_path)
    assert "all " not in text
    assert "the 3 slices that are known are of the full dose" in text
    assert "2 other files or slices were refused" in text
    assert kept(tmp_path) == {"one-dose-only": 3, "bad-rescale": 2}


def test_kernels_that_differ_are_named_and_no_place_is_blamed(tmp_path: Path) -> None:
    write_stack(tmp_path / "in/L067/full", dose="FD", PatientName="", kernel="B30f")
    write_stack(tmp_path / "in/L067/quarter", dose="QD", PatientName="", kernel="B50f")
    text = said(tmp_path)
    assert "lies where" not in text
    assert "the low dose as 3mm B50, the full dose as 3mm B30" in text


def test_patients_that_differ_are_no_matter_of_place(tmp_path: Path) -> None:
    write_stack(tmp_path / "in/L067/full_3mm", dose="FD", patient="L067")
    write_stack(tmp_path / "in/L109/quarter_3mm", dose="QD", patient="L109")
    text = said(tmp_path)
    assert "lies where" not in text
    assert "are of different patients" in text
    assert "L067" not in text


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"PixelSpacing": [0.8, 0.8]}, "pixel spacing 0.8 mm and 0.7 mm"),
        ({"ImagePositionPatient": [-3, -3.5, 0]}, "origin (-3, -3.5, 0) and (-3.5, -3.5, 0) mm"),
    ],
)
def test_geometry_that_differs_says_which_with_both_values(
    tmp_path: Path, tags: dict[str, object], words: str
) -> None:
    write_stack(tmp_path / "in/L067/full_3mm", [0.0], dose="FD")
    write_stack(tmp_path / "in/L067/quarter_3mm", [0.0], dose="QD", **tags)
    text = said(tmp_path)
    assert f"2  geometry-differs: low and full dose differ: {words}" in text


def test_the_place_of_the_private_table_is_named_and_private(tmp_path: Path) -> None:
    write_patient(tmp_path / "in", "L067")
    for file in (tmp_path / "in").rglob("*.IMA"):
        file.write_bytes(b"text")
    text = said(tmp_path)
    assert "none of its 6 files is a usable one (not-dicom 6)" in text
    assert "private/mine/refusals.csv in the cache" in text
    assert str(tmp_path) not in text
    table = tmp_path / "private" / "mine" / "refusals.csv"
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert stat.S_IMODE(table.parent.stat().st_mode) == 0o700


def test_an_earlier_account_is_replaced(tmp_path: Path) -> None:
    for detail in ("first", "second"):
        write_account(tmp_path / "p" / "mine", [Refused("f", Refusal("not-dicom", detail))])
    (table,) = (tmp_path / "p" / "mine").iterdir()
    assert "second" in table.read_text()
    assert "first" not in table.read_text()


def test_every_reason_has_one_line_with_its_count_and_commonest_sentence() -> None:
    refused = [
        *[Refused(f"{n}", Refusal("not-dicom", "the file is not DICOM")) for n in range(3)],
        Refused("x", Refusal("geometry-differs", "matrix 1 x 1 and 2 x 2")),
        Refused("y", Refusal("geometry-differs", "matrix 1 x 1 and 3 x 3")),
        Refused("z", Refusal("geometry-differs", "matrix 1 x 1 and 3 x 3")),
        Refused("a", Refusal("empty-file", "the file is empty")),
    ]
    assert reason_lines(refused) == [
        "       3  geometry-differs: matrix 1 x 1 and 3 x 3 (and 1 more like it)",
        "       3  not-dicom: the file is not DICOM",
        "       1  empty-file: the file is empty",
    ]


def test_slice_numbers_are_no_millimetres(tmp_path: Path) -> None:
    for dose, size in (("full", 32), ("low", 24)):
        folder = tmp_path / "in/anna" / dose
        folder.mkdir(parents=True)
        for k in range(3):
            noise = np.random.default_rng(k).normal(-1000, 9, (size, size))
            np.save(folder / f"{k}.npy", noise)
    text = said(tmp_path)
    assert "from slice number 0 to 2 and" in text
    assert " mm" not in text
