"""A derived series on disk: the same HU by our reader, and the source's header."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from ct_files import ct_dataset, write_ct, write_stack
from derived.derived_series import BY, derive, hu_of, read_all, same
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from pi.derived.chosen_series import choose_series
from pi.derived.dicom_slices import require_calibrated
from pi.derived.found_scan import ScanError, find_scan
from pi.derived.streaming import OutputError
from pi.readers.dicom.pixels import read_hounsfield


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_stack(tmp_path / "source")
    return tmp_path / "source"


def test_the_identity_gives_the_same_hu_bit_for_bit_in_order(source: Path, tmp_path: Path) -> None:
    derive(source, tmp_path / "out")
    assert [file.name for file in sorted((tmp_path / "out").iterdir())] == [
        "000001.dcm", "000002.dcm", "000003.dcm",
    ]  # fmt: skip
    assert hu_of(tmp_path / "out") == hu_of(source)
    places = [float(one.ImagePositionPatient[2]) for one in read_all(tmp_path / "out")]
    assert places == [0, 2, 4]


def test_a_pixel_by_hand(source: Path, tmp_path: Path) -> None:
    derive(source, tmp_path / "out", lambda hu: hu + np.float32(2.6))
    assert hu_of(tmp_path / "out") == (np.array(hu_of(source)) + 3).tolist()


def test_twice_gives_the_same_bytes_and_another_model_another_series(
    source: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        derive(source, tmp_path / name)
    for one, two in zip(
        sorted((tmp_path / "one").iterdir()), sorted((tmp_path / "two").iterdir()), strict=True
    ):
        assert one.read_bytes() == two.read_bytes()


def test_files_are_their_owner_s_alone(source: Path, tmp_path: Path) -> None:
    derive(source, tmp_path / "out")
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "out").iterdir()} == {0o600}


def test_what_is_not_of_the_image_stays(tmp_path: Path) -> None:
    ds = ct_dataset(PatientBirthDate="19010203", LossyImageCompression="01", WindowCenter=40)
    ds.LossyImageCompressionRatio, ds.LossyImageCompressionMethod = 4, "ISO_15444_1"
    block = ds.private_block(0x0029, "MINE", create=True)
    block.add_new(1, "LO", "theirs")
    (tmp_path / "source").mkdir()
    ds.save_as(tmp_path / "source" / "1.dcm", enforce_file_format=True)
    derive(tmp_path / "source", tmp_path / "out")
    (derived,) = read_all(tmp_path / "out")
    new = {
        "SOPInstanceUID", "SeriesInstanceUID", "ImageType", "SeriesDescription", "SeriesNumber",
        "InstanceNumber", "SourceImageSequence", "DerivationDescription",
        "ContributingEquipmentSequence",
    }  # fmt: skip
    before = pydicom.dcmread(tmp_path / "source" / "1.dcm")
    differs = {
        element.keyword
        for element in derived
        if element.tag not in before or before[element.tag] != element
    }
    assert differs == new
    assert {element.tag for element in before} - {element.tag for element in derived} == set()


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
def test_other_encodings_become_explicit_little_endian_with_the_same_hu(
    tmp_path: Path, syntax: str
) -> None:
    (tmp_path / "source").mkdir()
    ds = ct_dataset()
    ds.PatientComments = "kept"
    ds.RedPaletteColorLookupTableData = np.array([1, 258], "<u2").tobytes()  # of words: OW
    stored = ds.pixel_array.copy()
    if syntax == RLELossless:
        ds.compress(RLELossless)
    elif syntax == ExplicitVRBigEndian:
        ds.PixelData = stored.astype(">i2").tobytes()
        ds.RedPaletteColorLookupTableData = np.array([1, 258], ">u2").tobytes()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(tmp_path / "source" / "1.dcm", enforce_file_format=True)
    derive(tmp_path / "source", tmp_path / "out")
    (derived,) = read_all(tmp_path / "out")
    assert derived.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert derived.PatientComments == "kept"
    assert np.frombuffer(derived.RedPaletteColorLookupTableData, "<u2").tolist() == [1, 258]
    assert derived.pixel_array.tolist() == stored.tolist()
    assert hu_of(tmp_path / "out") == hu_of(tmp_path / "source")


@pytest.mark.parametrize(("bits", "signed"), [(8, False), (12, False), (12, True), (32, True)])
def test_every_bit_depth_is_kept(tmp_path: Path, bits: int, signed: bool) -> None:
    allocated = 8 if bits == 8 else 16 if bits < 17 else 32
    stored = np.arange(12).reshape(3, 4) * 20 - (90 if signed else 0)
    kind = f"<{'i' if signed else 'u'}{allocated // 8}"
    ds = ct_dataset(
        Rows=3, Columns=4, BitsAllocated=allocated, BitsStored=bits, HighBit=bits - 1,
        PixelRepresentation=int(signed), RescaleIntercept=0,
        PixelData=stored.astype(kind).tobytes(),
    )  # fmt: skip
    (tmp_path / "source").mkdir()
    ds.save_as(tmp_path / "source" / "1.dcm", enforce_file_format=True)
    derive(tmp_path / "source", tmp_path / "out", lambda hu: hu + 9000)
    (derived,) = read_all(tmp_path / "out")
    highest = (1 << (bits - signed)) - 1
    assert derived.pixel_array.tolist() == np.minimum(stored + 9000, highest).tolist()
    assert (derived.BitsStored, derived.HighBit) == (bits, bits - 1)


def test_padding_stays_and_nothing_else_becomes_padding(tmp_path: Path) -> None:
    hu = np.full((4, 4), -1000, np.int16)
    hu[0] = -1024
    write_ct(tmp_path / "source" / "1.dcm", hu=hu, PixelRepresentation=0, PixelPaddingValue=0)
    derive(tmp_path / "source", tmp_path / "out", lambda hu: hu - 500)
    (derived,) = read_all(tmp_path / "out")
    assert derived.pixel_array.tolist() == [[0] * 4, *[[1] * 4] * 3]
    assert derived.PixelPaddingValue == 0
    found = read_hounsfield(tmp_path / "out" / "000001.dcm")
    assert found.padding.tolist() == [[True] * 4, *[[False] * 4] * 3]


def test_slices_of_any_size_and_of_several_in_one_series(tmp_path: Path) -> None:
    for number, side in enumerate((5, 7, 7), start=1):
        hu = np.full((side, side + 2), side, np.int16)
        write_ct(tmp_path / "source" / f"{number}.dcm", hu=hu, z=number, InstanceNumber=number)
    assert len(derive(tmp_path / "source", tmp_path / "out")) == 3
    assert hu_of(tmp_path / "out") == hu_of(tmp_path / "source")


def test_a_table_in_the_place_of_slope_and_intercept_is_refused(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [2, 0, 16], "HU"
    table.LUTData = bytes(4)
    ds = ct_dataset(RescaleSlope=None, RescaleIntercept=None, RescaleType=None)
    ds.ModalityLUTSequence = [table]
    (tmp_path / "source").mkdir()
    ds.save_as(tmp_path / "source" / "1.dcm", enforce_file_format=True)
    with pytest.raises(ScanError, match="ModalityLUTSequence"):
        require_calibrated(
            tmp_path / "source", choose_series(find_scan(tmp_path / "source").slices, 0)
        )


def test_a_file_that_changed_after_it_was_looked_at_is_one_sentence(
    source: Path, tmp_path: Path
) -> None:
    def cut(hu: np.ndarray) -> np.ndarray:
        last = sorted(source.iterdir())[-1]
        last.write_bytes(last.read_bytes()[:-60])
        return hu

    with pytest.raises(ScanError, match=r"slice 3 of 3 must be readable .*\(truncated\)"):
        derive(source, tmp_path / "out", cut)


def test_nan_of_a_model_is_one_sentence(source: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="NaN or infinity in slice 1"):
        derive(source, tmp_path / "out", lambda hu: hu * np.float32(np.nan))


def test_what_the_derivation_says_stands_in_every_slice(source: Path, tmp_path: Path) -> None:
    derive(source, tmp_path / "out", same)
    for before, derived in zip(read_all(source), read_all(tmp_path / "out"), strict=True):
        assert derived.DerivationDescription == BY.description
        (referred,) = derived.SourceImageSequence
        assert referred.ReferencedSOPInstanceUID == before.SOPInstanceUID
