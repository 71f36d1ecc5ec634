import zipfile
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pydicom
import pytest
from ct_files import ct_dataset, read_header, write_ct
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    RLELossless,
)

from pi.identity import Reconstruction
from pi.readers.header import SliceHeader
from pi.readers.refusal import Refusal


def header_of(path: Path, relative: str | None = None) -> SliceHeader | Refusal:
    return read_header(path.parent, PurePath(relative or path.name))


def reason_of(path: Path) -> str:
    found = header_of(path)
    assert isinstance(found, Refusal)
    return found.reason


def bundled(name: str) -> Path:
    path = get_testdata_file(name, download=False)
    assert path is not None
    return Path(str(path))


def test_a_good_header_is_read(tmp_path: Path) -> None:
    found = header_of(write_ct(tmp_path / "a", patient="L096", dose="QD", kernel="D45f", z=-7.5))
    assert isinstance(found, SliceHeader)
    assert (found.patient, found.dose) == ("L096", "low")
    assert found.reconstruction == Reconstruction(3.0, "D45", 0.25)
    assert found.position == -7.5
    assert not found.facts.simulated


@pytest.mark.parametrize(
    ("reason", "tags"),
    [
        ("not-a-ct-image", {"Modality": "MR"}),
        ("not-a-ct-image", {"SOPClassUID": pydicom.uid.MRImageStorage}),
        ("localizer", {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}),
        ("multi-frame", {"SOPClassUID": pydicom.uid.EnhancedCTImageStorage}),
        ("multi-frame", {"NumberOfFrames": 3}),
        ("not-monochrome", {"PhotometricInterpretation": "MONOCHROME1"}),
        ("no-pixels", {"PixelData": None}),
        ("no-pixels", {"PixelData": None, "Rows": None}),
        ("projections", {"SeriesDescription": "Full dose projections"}),
        ("bad-geometry", {"ImagePositionPatient": None}),
        ("bad-geometry", {"ImagePositionPatient": [0, 0]}),
        ("bad-geometry", {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}),
        ("bad-geometry", {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]}),
        ("bad-geometry", {"PixelSpacing": [0.7, 0.8]}),
        ("bad-geometry", {"PixelSpacing": [0, 0]}),
        ("bad-rescale", {"RescaleSlope": None}),
        ("bad-rescale", {"RescaleIntercept": None}),
        ("bad-rescale", {"RescaleSlope": 0}),
        ("bad-rescale", {"RescaleType": "US"}),
        ("unknown-thickness", {"SliceThickness": -1}),
        ("unknown-dose", {"PatientName": "Anonymous"}),
        ("conflicting-kernel", {"PatientName": "L067_FD_3_SHARP"}),
        ("conflicting-thickness", {"PatientName": "L067_FD_1"}),
        ("conflicting-patient", {"PatientID": "L096"}),
        ("conflicting-dose", {"SeriesDescription": "Low Dose Images"}),
    ],
)
def test_a_trap_in_the_header_has_its_reason_code(
    tmp_path: Path, reason: str, tags: dict[str, Any]
) -> None:
    path = tmp_path / "a"
    write_ct(path, **tags)
    assert reason_of(path) == reason


def test_a_kernel_that_nobody_names_is_one_unknown_kernel(tmp_path: Path) -> None:
    write_ct(tmp_path / "full_3mm", PatientName="Muster", ConvolutionKernel=None)
    found = header_of(tmp_path / "full_3mm")
    assert isinstance(found, SliceHeader)
    assert found.reconstruction == Reconstruction(3.0, "unknown")


def replace_text(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    return path


@pytest.mark.parametrize("text", [b"nan", b"inf", b"1,0", b"abc"])
def test_a_number_that_is_none_is_quarantined_not_sorted(tmp_path: Path, text: bytes) -> None:
    path = write_ct(tmp_path / "a", ImagePositionPatient=[1.25, 2.5, 7.75])
    replace_text(path, b"7.75", text.ljust(4))
    assert reason_of(path) == "bad-geometry"


def test_a_decimal_comma_is_refused_in_these_words(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a", PixelSpacing=[0.7, 0.7])
    replace_text(path, b"0.7\\0.7", b"0,7\\0,7")
    found = header_of(path)
    assert isinstance(found, Refusal)
    assert (found.reason, found.detail) == (
        "bad-geometry",
        "PixelSpacing must be 2 finite numbers but has a decimal comma, where DICOM has a point",
    )


def test_private_groups_of_projection_data_are_recognised(tmp_path: Path) -> None:
    ds = ct_dataset()
    ds.private_block(0x7029, "ACME", create=True).add_new(0x10, "US", 64)
    ds.save_as(tmp_path / "a", enforce_file_format=True)
    assert reason_of(tmp_path / "a") == "projections"


def test_a_folder_of_projections_is_not_even_opened(tmp_path: Path) -> None:
    write_ct(tmp_path / "full_DICOM-CT-PD" / "1.dcm")
    found = header_of(tmp_path / "x", "full_DICOM-CT-PD/1.dcm")
    assert isinstance(found, Refusal)
    assert found.reason == "projections"


def test_conflicts_show_both_values_but_no_patient_in_the_open_part(tmp_path: Path) -> None:
    kernel = header_of(write_ct(tmp_path / "a", PatientName="L067_FD_3_SHARP"))
    patient = header_of(write_ct(tmp_path / "b", PatientID="L096"))
    assert isinstance(kernel, Refusal)
    assert isinstance(patient, Refusal)
    assert kernel.detail.startswith("ConvolutionKernel says B30 but PatientName says D45; a line")
    assert "`glob,kernel` in mapping.csv" in kernel.detail
    assert "L0" not in repr(patient)
    assert patient.values == ("PatientName: L067", "PatientID: L096")


def test_path_and_header_must_agree_on_the_dose(tmp_path: Path) -> None:
    write_ct(tmp_path / "quarter_3mm" / "a.IMA", dose="FD")
    found = header_of(tmp_path / "x", "quarter_3mm/a.IMA")
    assert isinstance(found, Refusal)
    assert found.reason == "conflicting-dose"
    assert found.detail.startswith("PatientName says normal but folder 1 says low; a line such as")
    assert "`**/FOLDER/**,low` under `glob,dose` in mapping.csv" in found.detail


@pytest.mark.parametrize("cut", [1, 40, 127])
def test_a_file_that_breaks_off_in_its_pixels_is_truncated(tmp_path: Path, cut: int) -> None:
    path = write_ct(tmp_path / "a")
    path.write_bytes(path.read_bytes()[:-cut])
    assert reason_of(path) == "truncated"


def test_a_file_that_breaks_off_before_its_pixels_has_none(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a")
    path.write_bytes(path.read_bytes()[: -(8 * 8 * 2 + 12)])
    assert reason_of(path) == "no-pixels"


def rle(path: Path) -> bytes:
    ds = ct_dataset()
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.save_as(path, enforce_file_format=True)
    return path.read_bytes()


def test_rle_is_accepted_and_refused_without_its_end(tmp_path: Path) -> None:
    content = rle(tmp_path / "whole")
    assert isinstance(header_of(tmp_path / "whole"), SliceHeader)
    (tmp_path / "cut").write_bytes(content[:-8])
    (tmp_path / "half").write_bytes(content[:-90])
    assert reason_of(tmp_path / "cut") in {"truncated", "undecodable"}
    assert reason_of(tmp_path / "half") in {"truncated", "undecodable"}


def test_a_missing_codec_is_named_with_its_syntax(tmp_path: Path) -> None:
    rle(tmp_path / "a")
    ds = pydicom.dcmread(tmp_path / "a")
    ds.file_meta.TransferSyntaxUID = HTJ2KLossless
    ds.save_as(tmp_path / "b", enforce_file_format=True)
    found = header_of(tmp_path / "b")
    assert isinstance(found, Refusal)
    assert found.reason == "missing-codec"
    assert "High-Throughput JPEG 2000" in found.detail
    assert "pylibjpeg" in found.detail


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_native_syntaxes_are_read(tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    ds = ct_dataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(tmp_path / "a", enforce_file_format=True)
    assert isinstance(header_of(tmp_path / "a"), SliceHeader)


def test_a_file_without_preamble_is_read_if_it_says_what_it_is(tmp_path: Path) -> None:
    ds = ct_dataset()
    del ds.file_meta
    ds.save_as(tmp_path / "a", implicit_vr=True, little_endian=True)
    assert isinstance(header_of(tmp_path / "a"), SliceHeader)


def make_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")


@pytest.mark.parametrize(
    ("name", "reason", "make"),
    [
        ("empty", "empty-file", lambda path: path.write_bytes(b"")),
        ("notes.txt", "not-dicom", lambda path: path.write_text("no scan")),
        (".DS_Store", "companion-file", lambda path: path.write_bytes(b"\0\0\0\1Bud1")),
        ("metadata.csv", "companion-file", lambda path: path.write_text("Subject ID")),
        ("a.png", "image-without-hu", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" * 9)),
        ("L067_0_input.npy", "array-shape", lambda path: np.save(path, np.zeros(3))),
        ("FD_1mm.zip", "packed-archive", make_zip),
    ],
)
def test_what_is_no_dicom_says_what_it_is(
    tmp_path: Path, name: str, reason: str, make: Callable[[Path], object]
) -> None:
    make(tmp_path / name)
    assert reason_of(tmp_path / name) == reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("CT_small.dcm", "unknown-dose"),
        ("693_J2KI.dcm", "unknown-dose"),
        ("J2K_pixelrep_mismatch.dcm", "unknown-dose"),
        ("no_meta.dcm", "not-dicom"),
        ("MR_truncated.dcm", "not-a-ct-image"),
        ("rtdose.dcm", "not-a-ct-image"),
        ("test-SR.dcm", "not-a-ct-image"),
        ("dicomdirtests/98892001/CT2N/6293", "localizer"),
        ("dicomdirtests/77654033/CT2/17106", "unknown-dose"),
        ("DICOMDIR", "companion-file"),
    ],
)
def test_real_files_of_pydicom(name: str, reason: str) -> None:
    assert reason_of(bundled(name)) == reason


def test_a_ct_without_pixels_or_geometry_is_refused() -> None:
    folder = bundled("CT_small.dcm").parent / "dicomdirtests" / "TINY_ALPHA"
    files = [path for path in folder.rglob("IM*") if path.is_file()]
    assert files
    assert {reason_of(path) for path in files} == {"no-pixels"}


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_damage_anywhere_is_a_refusal_never_an_exception(
    tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(ct_bytes(tmp_path))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "damaged").write_bytes(content)
    assert isinstance(header_of(tmp_path / "damaged"), SliceHeader | Refusal)


def ct_bytes(folder: Path) -> bytes:
    path = folder / "sound"
    return path.read_bytes() if path.exists() else write_ct(path).read_bytes()


def test_an_invented_transfer_syntax_has_no_codec(tmp_path: Path) -> None:
    path = replace_text(
        write_ct(tmp_path / "a"), b"1.2.840.10008.1.2.1\0", b"9.2.840.10008.1.2.1\0"
    )
    found = header_of(path)
    assert isinstance(found, Refusal)
    assert (found.reason, found.detail) == (
        "missing-codec",
        "no plugin of pydicom decodes an unknown transfer syntax",
    )
