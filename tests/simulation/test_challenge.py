"""The facts of real challenge headers, names and folders, held one by one."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from pi.simulation.challenge import ChallengeSeries, Placement, write_series

SERIES = ChallengeSeries(patient=3, dose="QD", thickness=3, kernel="D45", seed=5)
PLACEMENT = Placement(pixel=0.7421875, top=-100.5, step=2.0, current=234)
# HU that need rounding and both clips.
STACK = np.stack([np.linspace(-1100, 3200, 48 * 40).reshape(48, 40) + k for k in range(3)])
NAME = re.compile(
    r"S\d{3}_(FD|QD)_[13](_SHARP)?_\d+\.CT\.\d{4}\.\d{4}"
    r"\.\d{4}\.\d{2}\.\d{2}\.\d{2}\.\d{2}\.\d{2}\.\d{1,6}\.\d+\.IMA"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("study")
    assert write_series(STACK, SERIES, PLACEMENT, root) == 3
    return sorted(root.rglob("*.IMA"))


@pytest.fixture(scope="module")
def headers(files: list[Path]) -> list[Dataset]:
    return sorted((dcmread(file) for file in files), key=lambda ds: int(ds.InstanceNumber))


def test_files_lie_in_the_challenge_tree_under_names_of_its_grammar(files: list[Path]) -> None:
    for file in files:
        assert NAME.fullmatch(file.name)
        assert file.parent.as_posix().endswith(
            "Training_Image_Data/3mm D45/QD_3mm_sharp/quarter_3mm_sharp/S003/quarter_3mm_sharp"
        )


def test_soft_full_dose_has_no_kernel_in_its_names() -> None:
    soft = ChallengeSeries(1, "FD", 1, "B30", 5)
    assert soft.label == "S001_FD_1"
    assert soft.folder(Path()).as_posix() == (
        "Training_Image_Data/1mm B30/FD_1mm/full_1mm/S001/full_1mm"
    )


def test_series_number_differs_between_doses_and_patients() -> None:
    numbers = {
        (dose, thickness, kernel): replace(
            SERIES, dose=dose, thickness=thickness, kernel=kernel
        ).number
        for dose in ("FD", "QD")
        for thickness in (1, 3)
        for kernel in ("B30", "D45")
    }
    assert sorted(numbers.values()) == list(range(1, 9))
    assert replace(SERIES, patient=4).number != SERIES.number


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("SOPClassUID", CTImageStorage),
        ("Modality", "CT"),
        ("Rows", 48),
        ("Columns", 40),
        ("BitsAllocated", 16),
        ("BitsStored", 12),
        ("HighBit", 11),
        ("PixelRepresentation", 0),
        ("SamplesPerPixel", 1),
        ("PhotometricInterpretation", "MONOCHROME2"),
        ("RescaleSlope", 1),
        ("RescaleIntercept", -1024),
        ("RescaleType", "HU"),
        ("ImageOrientationPatient", [1, 0, 0, 0, 1, 0]),
        ("GantryDetectorTilt", 0),
        ("PatientPosition", "FFS"),
        ("ConvolutionKernel", "D45f"),
        ("SliceThickness", 3),
        ("PixelSpacing", [0.7421875, 0.7421875]),
        ("BodyPartExamined", "ABDOMEN"),
        ("KVP", 120),
        ("PatientID", "Anonymous"),
        ("PatientName", "S003_QD_3_SHARP"),
        ("Manufacturer", "SIMULATED"),
        ("ImageType", ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 SPI"]),
        ("BurnedInAnnotation", "NO"),
        ("ImageComments", "simulated phantom, not a patient"),
        ("SmallestImagePixelValue", 0),
        ("LargestImagePixelValue", 4095),
    ],
)
def test_header_states(headers: list[Dataset], tag: str, value: object) -> None:
    for ds in headers:
        assert ds[tag].value == value


@pytest.mark.parametrize(
    "tag", ["PixelPaddingValue", "SeriesDescription", "StudyDescription", "DeidentificationMethod"]
)
def test_header_lacks(headers: list[Dataset], tag: str) -> None:
    assert all(tag not in ds for ds in headers)


def test_transfer_syntax_is_explicit_little_endian(headers: list[Dataset]) -> None:
    for ds in headers:
        assert ds.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID


def test_z_falls_as_the_instance_rises(headers: list[Dataset]) -> None:
    assert [ds.InstanceNumber for ds in headers] == [1, 2, 3]
    assert [ds.ImagePositionPatient[2] for ds in headers] == [-100.5, -102.5, -104.5]


def test_stored_values_are_rounded_hu_clipped_to_twelve_bits(headers: list[Dataset]) -> None:
    for ds, hu in zip(headers, STACK, strict=True):
        assert ds.pixel_array.dtype == np.uint16
        np.testing.assert_array_equal(ds.pixel_array - 1024.0, np.clip(np.rint(hu), -1024, 3071))


def test_doses_share_no_uid_but_position_and_exposure(
    headers: list[Dataset], tmp_path: Path
) -> None:
    write_series(STACK, replace(SERIES, dose="FD"), PLACEMENT, tmp_path)
    for file in tmp_path.rglob("*.IMA"):
        full = dcmread(file)
        low = headers[full.InstanceNumber - 1]
        for tag in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
            assert full[tag].value != low[tag].value
        for tag in ("ImagePositionPatient", "Exposure", "XRayTubeCurrent"):
            assert full[tag].value == low[tag].value


def test_kernels_of_one_scan_share_study_and_frame() -> None:
    soft = replace(SERIES, kernel="B30")
    assert soft.uid("series", soft.label) != SERIES.uid("series", SERIES.label)
    assert replace(SERIES, seed=6).uid("series", SERIES.label) != SERIES.uid("series", SERIES.label)


def test_uids_are_unique_and_repeatable(headers: list[Dataset], tmp_path: Path) -> None:
    write_series(STACK, SERIES, PLACEMENT, tmp_path)
    again = {dcmread(file).SOPInstanceUID for file in tmp_path.rglob("*.IMA")}
    assert again == {ds.SOPInstanceUID for ds in headers}
    assert len(again) == 3
