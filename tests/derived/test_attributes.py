"""Attributes of a derived slice, one by one."""

import pytest
from ct_files import ct_dataset
from pydicom.dataelem import DataElement
from pydicom.dataset import FileDataset

from pi.derived.attributes import derive_attributes
from pi.derived.derivation import Derivation
from pi.derived.uids import derived_uid

BY = Derivation("a run", "sha256 12ab")


def derived(number: int = 7, **tags: object) -> FileDataset:
    ds = ct_dataset()
    found = FileDataset(None, ds, file_meta=ds.file_meta)
    for keyword, value in tags.items():
        setattr(found, keyword, value)
    derive_attributes(found, BY, number)
    return found


def test_uids_are_new_and_refer_to_the_source() -> None:
    source, found = ct_dataset(), derived()
    assert found.SOPInstanceUID == derived_uid("instance", source.SOPInstanceUID, BY.digest)
    assert found.SeriesInstanceUID == derived_uid("series", source.SeriesInstanceUID, BY.digest)
    assert found.StudyInstanceUID == source.StudyInstanceUID
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    (referred,) = found.SourceImageSequence
    assert referred.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert referred.ReferencedSOPClassUID == source.SOPClassUID
    assert referred.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["ORIGINAL", "PRIMARY", "AXIAL"], ["DERIVED", "SECONDARY", "AXIAL"]),
        (["ORIGINAL", "PRIMARY", "AXIAL", "X"], ["DERIVED", "SECONDARY", "AXIAL", "X"]),
        ([], ["DERIVED", "SECONDARY"]),
    ],
)
def test_the_image_is_derived_and_secondary(before: list[str], after: list[str]) -> None:
    assert list(derived(ImageType=before).ImageType) == after


@pytest.mark.parametrize(
    ("before", "after"), [("4", 1004), ("", 1000), ("2147483000", 1000), (None, 1000)]
)
def test_the_series_stands_behind_those_of_the_scanner(before: str | None, after: int) -> None:
    assert derived(SeriesNumber=before).SeriesNumber == after


def test_the_series_is_described_within_64_characters() -> None:
    assert derived(SeriesDescription="Abdomen").SeriesDescription == "Abdomen denoised"
    long = derived(SeriesDescription="x" * 64).SeriesDescription
    assert (len(long), long[-9:]) == (64, " denoised")


def test_the_number_of_a_slice_stays_where_there_is_one() -> None:
    assert derived(InstanceNumber=3).InstanceNumber == 3
    assert derived().InstanceNumber == 7


def test_an_earlier_derivation_and_its_equipment_stay() -> None:
    first = derived()
    second = derived(
        DerivationDescription="MIP",
        ContributingEquipmentSequence=first.ContributingEquipmentSequence,
    )
    assert second.DerivationDescription == f"MIP; {BY.description}"
    assert len(second.ContributingEquipmentSequence) == 2


def test_what_speaks_of_the_old_pixels_goes() -> None:
    found = derived(InstanceCreationDate="20200101", WindowCenter=40)
    assert "InstanceCreationDate" not in found
    assert found.WindowCenter == 40
    ds = ct_dataset()
    file = FileDataset(None, ds, file_meta=ds.file_meta)
    file[0x00280107] = DataElement(0x00280107, "SS", 9)
    file[0x60000102] = DataElement(0x60000102, "US", 13)  # in a spare bit, no OverlayData
    file[0x60020102] = DataElement(0x60020102, "US", 0)
    file[0x60023000] = DataElement(0x60023000, "OW", b"\0\0")
    derive_attributes(file, BY, 1)
    assert 0x00280107 not in file
    assert 0x60000102 not in file
    assert 0x60023000 in file
