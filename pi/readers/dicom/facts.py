"""One DICOM header to `SliceFacts`, or to the reason why it is none."""

import math
from pathlib import PurePath
from typing import BinaryIO

from pydicom.dataset import Dataset

from pi.identity import SIMULATED_MANUFACTURER
from pi.readers.dicom import dataset as dicom
from pi.readers.dicom import pixels
from pi.readers.dicom.header import read_header
from pi.readers.dicom.stored import require_pixels
from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.geometry import Frame, Vector, is_frame
from pi.readers.refusal import Reason, RefusedError
from pi.readers.scanners import stated_scanner

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_ENHANCED_CT = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
_PROJECTION_GROUPS = range(0x7029, 0x7042, 2)  # DICOM-CT-PD keeps its geometry there


def read_facts(file: BinaryIO, relative: PurePath) -> SliceFacts:
    """Return what one DICOM file says of its slice.

    Raises:
        RefusedError: not DICOM, no CT image, not whole, without geometry or rescale.
    """
    with dicom.quiet():
        header = read_header(file)
        _require_ct_image(header.dataset)
        require_pixels(header)
        return _slice_facts(header.dataset, relative)


def _require_ct_image(dataset: Dataset) -> None:
    """Let pass single-frame axial CT images only (PS3.3 A.3; an allow-list)."""
    if any(tag.group in _PROJECTION_GROUPS for tag in dataset.keys()):  # noqa: SIM118
        raise RefusedError("projections", "the header describes projections, not an image")
    if "projections" in dicom.text(dataset, "SeriesDescription").lower().split():
        raise RefusedError("projections", "SeriesDescription says projections")
    sop_class = dicom.text(dataset, "SOPClassUID")
    frames = dicom.text(dataset, "NumberOfFrames") or "1"
    if sop_class in _ENHANCED_CT or (sop_class == CT_IMAGE_STORAGE and frames != "1"):
        raise RefusedError("multi-frame", "several frames in one file are not supported")
    if sop_class != CT_IMAGE_STORAGE or dicom.text(dataset, "Modality") != "CT":
        raise RefusedError("not-a-ct-image", "SOP class and Modality must be those of a CT image")
    if "LOCALIZER" in (value.strip().upper() for value in dicom.texts(dataset, "ImageType")):
        raise RefusedError("localizer", "a localizer is not a slice")
    photometric = dicom.text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    if photometric != "MONOCHROME2" or dicom.text(dataset, "SamplesPerPixel") not in {"", "1"}:
        raise RefusedError("not-monochrome", "PhotometricInterpretation must be MONOCHROME2")


def _slice_facts(dataset: Dataset, relative: PurePath) -> SliceFacts:
    frame, origin = _geometry(dataset)
    if "ModalityLUTSequence" not in dataset:
        pixels.read_rescale(dataset)
    return SliceFacts(
        file=str(relative),
        index=0,
        frame=frame,
        origin=origin,
        text=_header_text(dataset),
        instance=dicom.text(dataset, "SOPInstanceUID"),
        series=dicom.text(dataset, "SeriesInstanceUID"),
        study=dicom.text(dataset, "StudyInstanceUID"),
        frame_of_reference=dicom.text(dataset, "FrameOfReferenceUID"),
        acquisition=dicom.text(dataset, "AcquisitionNumber"),
        series_number=dicom.text(dataset, "SeriesNumber"),
        instance_number=dicom.text(dataset, "InstanceNumber"),
        simulated=dicom.text(dataset, "Manufacturer").strip() == SIMULATED_MANUFACTURER,
        lossy=dicom.text(dataset, "LossyImageCompression").strip() == "01",
        sources=dicom.sources(dataset),
    )


def _geometry(dataset: Dataset) -> tuple[Frame, Vector]:
    bad: Reason = "bad-geometry"
    (rows,) = dicom.numbers(dataset, "Rows", 1, bad)
    (columns,) = dicom.numbers(dataset, "Columns", 1, bad)
    down_spacing, across_spacing = dicom.numbers(dataset, "PixelSpacing", 2, bad)
    x, y, z = dicom.numbers(dataset, "ImagePositionPatient", 3, bad)
    a, b, c, d, e, f = dicom.numbers(dataset, "ImageOrientationPatient", 6, bad)
    if rows < 1 or columns < 1:
        raise RefusedError(bad, "Rows and Columns must be greater than 0")
    if down_spacing <= 0 or abs(down_spacing - across_spacing) > 1e-3:
        raise RefusedError(bad, "PixelSpacing must be positive and equal in both directions")
    if not is_frame((a, b, c), (d, e, f)):
        raise RefusedError(bad, "ImageOrientationPatient must be two unit vectors at right angles")
    return Frame(int(rows), int(columns), down_spacing, (a, b, c), (d, e, f)), (x, y, z)


def _header_text(dataset: Dataset) -> HeaderText:
    thickness = None
    if dicom.text(dataset, "SliceThickness"):
        (thickness,) = dicom.numbers(dataset, "SliceThickness", 1, "unknown-thickness")
        if thickness <= 0:
            raise RefusedError("unknown-thickness", "SliceThickness must be greater than 0")
    return HeaderText(
        patient_id=dicom.text(dataset, "PatientID").strip(),
        patient_name=dicom.text(dataset, "PatientName").strip(),
        birth_date=dicom.text(dataset, "PatientBirthDate").strip(),
        sex=dicom.text(dataset, "PatientSex").strip(),
        series_description=dicom.text(dataset, "SeriesDescription"),
        kernel=dicom.texts(dataset, "ConvolutionKernel"),
        thickness=thickness,
        tube_current=_positive(dataset, "XRayTubeCurrent"),
        exposure=_positive(dataset, "Exposure"),
        voltage=_positive(dataset, "KVP"),
        scanner=stated_scanner(dicom.text(dataset, "ManufacturerModelName")),
    )


def _positive(dataset: Dataset, keyword: str) -> float | None:
    """Return a number that helps where it is there and is not missed where it is not."""
    try:
        value = float(dicom.text(dataset, keyword))
    except ValueError:
        return None
    return value if 0 < value < math.inf else None
