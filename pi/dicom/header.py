"""One DICOM header to a `SliceHeader`, or to the reason why it is none."""

from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO

from pydicom.dataset import Dataset, FileDataset

from pi.dicom import dataset as dicom
from pi.dicom import pixels
from pi.dicom.geometry import Frame, Vector, dot, is_frame
from pi.dicom.identification import HeaderText, Identification, identify
from pi.dicom.layout import Dose, holds_projections, path_claims
from pi.dicom.refusal import Reason, Refusal, RefusedError
from pi.identity import SIMULATED_MANUFACTURER, Reconstruction

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_ENHANCED_CT = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
_PROJECTION_GROUPS = range(0x7029, 0x7042, 2)  # DICOM-CT-PD keeps its geometry there
_MAGIC: tuple[tuple[bytes, Reason, str], ...] = (
    (b"\x89PNG", "image-without-hu", "a PNG is scaled for the screen; its HU are lost"),
    (b"\xff\xd8\xff", "image-without-hu", "a JPEG is scaled for the screen; its HU are lost"),
    (b"II*\0", "image-without-hu", "a TIFF does not say how its values relate to HU"),
    (b"MM\0*", "image-without-hu", "a TIFF does not say how its values relate to HU"),
    (b"\x93NUMPY", "preprocessed-array", "an array lacks position, kernel and rescale"),
    (b"\x89HDF", "preprocessed-array", "an array lacks position, kernel and rescale"),
    (b"PK\x03\x04", "packed-archive", "the archive must be unpacked first"),
    (b"\x1f\x8b", "packed-archive", "the archive must be unpacked first"),
    (b"7z\xbc\xaf", "packed-archive", "the archive must be unpacked first"),
)


@dataclass(frozen=True, slots=True)
class SliceHeader:
    """What must be known of one slice before its pixels are read.

    Attributes:
        file: path relative to the source folder.
        what: patient, dose and reconstruction.
        frame: grid and direction.
        origin: ImagePositionPatient in mm.
        instance: SOPInstanceUID.
        series: SeriesInstanceUID.
        acquisition: AcquisitionNumber, or empty.
        simulated: Manufacturer is ``SIMULATED``.
        lossy: the pixels went through a lossy codec (LossyImageCompression 01).
    """

    file: str = field(repr=False)
    what: Identification
    frame: Frame
    origin: Vector
    instance: str = field(repr=False)
    series: str = field(repr=False)
    acquisition: str
    simulated: bool
    lossy: bool

    @property
    def patient(self) -> str:
        """The patient as the source names it; private."""
        return self.what.patient

    @property
    def dose(self) -> Dose:
        """``low`` or ``normal``."""
        return self.what.dose

    @property
    def reconstruction(self) -> Reconstruction:
        """Thickness and kernel."""
        return self.what.reconstruction

    @property
    def position(self) -> float:
        """Position along the slice normal in mm."""
        return dot(self.origin, self.frame.normal)


_COMPANIONS = frozenset(
    {
        *("metadata.csv", "license", "license.txt", "readme.md", "readme.txt", "dicomdir"),
        *(".ds_store", "thumbs.db", "desktop.ini", "study.json"),
    }
)


def read_header(folder: Path, relative: PurePath) -> SliceHeader | Refusal:
    """Return the header of one file, or why the file is refused; raises nothing."""
    try:
        if relative.name.lower() in _COMPANIONS:
            raise RefusedError("companion-file", "the file accompanies images and is none")
        if holds_projections(relative):
            raise RefusedError("projections", "the folder holds projections, not images")
        with dicom.quiet(), (folder / relative).open("rb") as file:
            dataset = _read_or_say_what_it_is(file)
            _require_ct_image(dataset)
            _require_whole_pixels(dataset, file)
            return _slice_header(dataset, relative)
    except RefusedError as refused:
        return refused.refusal
    except OSError:
        return Refusal("unreadable", "the file cannot be opened or read")


def _read_or_say_what_it_is(file: BinaryIO) -> FileDataset:
    start = file.read(8)
    file.seek(0)
    if not start:
        raise RefusedError("empty-file", "the file is empty")
    try:
        return dicom.read(file, pixels=False)
    except RefusedError as refused:
        # Only now: a DICOM file may begin with the magic of a TIFF (PS3.10 7.1).
        for magic, reason, detail in _MAGIC:
            if refused.refusal.reason == "not-dicom" and start.startswith(magic):
                raise RefusedError(reason, detail) from None
        raise


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


def _slice_header(dataset: Dataset, relative: PurePath) -> SliceHeader:
    frame, origin = _geometry(dataset)
    if "ModalityLUTSequence" not in dataset:
        pixels.read_rescale(dataset)
    return SliceHeader(
        file=str(relative),
        what=identify(path_claims(relative), relative, _header_text(dataset)),
        frame=frame,
        origin=origin,
        instance=dicom.text(dataset, "SOPInstanceUID"),
        series=dicom.text(dataset, "SeriesInstanceUID"),
        acquisition=dicom.text(dataset, "AcquisitionNumber"),
        simulated=dicom.text(dataset, "Manufacturer").strip() == SIMULATED_MANUFACTURER,
        lossy=dicom.text(dataset, "LossyImageCompression").strip() == "01",
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
        patient_id=dicom.text(dataset, "PatientID"),
        patient_name=dicom.text(dataset, "PatientName"),
        series_description=dicom.text(dataset, "SeriesDescription"),
        kernel=dicom.text(dataset, "ConvolutionKernel"),
        thickness=thickness,
    )


def _require_whole_pixels(dataset: FileDataset, file: BinaryIO) -> None:
    """Native pixels must be there by size; compressed ones are decoded once to know."""
    (rows,) = dicom.numbers(dataset, "Rows", 1, "no-pixels")
    (columns,) = dicom.numbers(dataset, "Columns", 1, "no-pixels")
    syntax = dicom.transfer_syntax(dataset)
    if syntax not in dicom.NATIVE:
        _decode_once(file)
        return
    start = file.tell()
    size = file.seek(0, 2)
    if start == size:
        raise RefusedError("no-pixels", "the image has no PixelData")
    (bits,) = dicom.numbers(dataset, "BitsAllocated", 1, "undecodable")
    implicit, _ = dataset.original_encoding
    if size - start - (8 if implicit else 12) < rows * columns * bits / 8:
        raise RefusedError("truncated", "the file is shorter than its image")


def _decode_once(file: BinaryIO) -> None:
    file.seek(0)
    whole = dicom.read(file, pixels=True)
    if "Rows" in whole and "PixelData" not in whole:
        raise RefusedError("no-pixels", "the image has no PixelData")
    pixels.decode(whole)
