"""The attributes of a derived CT slice, in the place of the source's (PS3.3 C.7.6.1, C.12.1).

What is of the patient, the study, the place and the calibration stays as it is; what is of this
image, or speaks of the old pixels, is new or goes.
"""

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ExplicitVRLittleEndian

from pi.derived.derivation import PROGRAM, Derivation, after
from pi.derived.uids import derived_uid
from pi.readers.dicom.dataset import text, texts
from pi.version import __version__

SERIES_STEP = 1000
"""What is added to SeriesNumber: derived series stand behind those of the scanner."""

_SUFFIX = " denoised"
_LONGEST_LO = 64
_LARGEST_IS = 2**31 - 1
_OF_OLD_PIXELS = (
    *(0x00280104, 0x00280105, 0x00280106, 0x00280107),  # smallest and largest values
    *(0x00280108, 0x00280109, 0x00280110, 0x00280111),
    0x00880200,  # IconImageSequence
    *(0x00080012, 0x00080013, 0x00080014),  # when and by whom the instance was created
    *(0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC),  # signatures, trailing padding
)
_OVERLAYS = range(0x6000, 0x6020, 2)


def derive_attributes(dataset: FileDataset, derivation: Derivation, number: int) -> None:
    """Make the attributes of ``dataset``, a source slice, those of the slice derived of it.

    Args:
        dataset: changed in place; its pixels are not.
        derivation: by what it is derived.
        number: of the slice in its series, where the source tells none.
    """
    source_class, source = text(dataset, "SOPClassUID"), text(dataset, "SOPInstanceUID")
    series = text(dataset, "SeriesInstanceUID")
    for tag in _OF_OLD_PIXELS:
        dataset.pop(tag, None)
    _drop_embedded_overlays(dataset)
    dataset.SOPInstanceUID = derived_uid("instance", source, derivation.digest)
    dataset.SeriesInstanceUID = derived_uid("series", series, derivation.digest)
    dataset.ImageType = ["DERIVED", "SECONDARY", *texts(dataset, "ImageType")[2:]]
    dataset.SourceImageSequence = Sequence([_source(source_class, source)])
    former = text(dataset, "DerivationDescription")
    dataset.DerivationDescription = after(former, derivation.description)
    _name_series(dataset)
    if not text(dataset, "InstanceNumber"):
        dataset.InstanceNumber = number
    equipment = list(dataset.get("ContributingEquipmentSequence") or ())
    dataset.ContributingEquipmentSequence = Sequence([*equipment, _equipment(derivation)])
    dataset.preamble = bytes(128)
    dataset.file_meta = _file_meta(dataset)


def _name_series(dataset: Dataset) -> None:
    described = text(dataset, "SeriesDescription").strip()
    dataset.SeriesDescription = f"{described[: _LONGEST_LO - len(_SUFFIX)]}{_SUFFIX}".strip()
    try:
        number = int(text(dataset, "SeriesNumber")) + SERIES_STEP
    except ValueError:
        number = SERIES_STEP
    dataset.SeriesNumber = number if number <= _LARGEST_IS else SERIES_STEP


def _source(source_class: str, source: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source_class
    item.ReferencedSOPInstanceUID = source
    purpose = _code("121322", "Source image for image processing operation")
    item.PurposeOfReferenceCodeSequence = Sequence([purpose])
    return item


def _equipment(derivation: Derivation) -> Dataset:
    item = Dataset()
    item.Manufacturer = item.ManufacturerModelName = PROGRAM
    item.SoftwareVersions = __version__
    item.ContributionDescription = derivation.description
    purpose = _code("109102", "Processing Equipment")
    item.PurposeOfReferenceCodeSequence = Sequence([purpose])
    return item


def _code(value: str, meaning: str) -> Dataset:
    """Return a code of DICOM's own (PS3.16 annex D)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _file_meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    meta.ImplementationVersionName = "PI_DENOISE"
    return meta


def _drop_embedded_overlays(dataset: Dataset) -> None:
    """Drop overlays that lay in spare bits of the old pixels (retired; PS3.5 8.1.2)."""
    groups = {tag.group for tag in dataset.keys() if tag.group in _OVERLAYS}  # noqa: SIM118
    embedded = {group for group in groups if (group, 0x3000) not in dataset}
    for tag in [tag for tag in dataset.keys() if tag.group in embedded]:  # noqa: SIM118
        del dataset[tag]
