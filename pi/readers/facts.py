"""What one file says of one slice, before anybody decides whose it is."""

from dataclasses import dataclass, field
from pathlib import PurePath

from pi.readers.geometry import Frame, Vector
from pi.readers.told import NOTHING_TOLD, Told
from pi.readers.values import Seen


@dataclass(frozen=True, slots=True)
class HeaderText:
    """What a header tells in words and numbers of its own; empty or None where it does not.

    Attributes:
        patient_id: PatientID (0010,0020).
        patient_name: PatientName (0010,0010).
        birth_date: PatientBirthDate (0010,0030).
        sex: PatientSex (0010,0040).
        series_description: SeriesDescription (0008,103E).
        kernel: the values of ConvolutionKernel (0018,1210).
        thickness: SliceThickness (0018,0050) in mm.
        tube_current: XRayTubeCurrent (0018,1151) in mA.
        exposure: Exposure (0018,1152) in mAs.
        voltage: KVP (0018,0060) in kV.
        scanner: ManufacturerModelName (0008,1090) as `pi.readers.scanners` lets it pass.
    """

    patient_id: str = field(default="", repr=False)
    patient_name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    series_description: str = field(default="", repr=False)
    kernel: tuple[str, ...] = ()
    thickness: float | None = None
    tube_current: float | None = None
    exposure: float | None = None
    voltage: float | None = None
    scanner: str = ""


@dataclass(frozen=True, slots=True)
class SliceFacts:
    """One slice as its file tells it.

    Attributes:
        file: path below the source folder; a member of an archive lies below the archive.
        index: which slice of the file, from 0.
        frame: grid and direction.
        origin: centre of the first pixel in mm (ImagePositionPatient).
        text: what the header says.
        instance: SOPInstanceUID, or empty.
        sources: of which images it was made (SourceImageSequence), their SOPInstanceUIDs.
        series: SeriesInstanceUID, or empty.
        study: StudyInstanceUID, or empty.
        frame_of_reference: FrameOfReferenceUID, or empty.
        acquisition: AcquisitionNumber, or empty.
        series_number: SeriesNumber, or empty.
        instance_number: InstanceNumber, or empty.
        simulated: Manufacturer is ``SIMULATED``.
        lossy: the pixels went through a lossy codec (LossyImageCompression 01).
        inside: which array of the file, such as ``low``; one more level of the path, the nearest.
        placed: the file tells the origin; else the number in its name does, once that is known.
        seen: what the values look like; None where the file itself tells HU.
        unit: how the values relate to HU, in the grammar of `pi.readers.units`; empty where
            nobody told it yet, or the file itself does.
        format: name of the reader of a file without a header, such as ``NIfTI``; empty of DICOM.
        told: what the user's mapping says of it; `NOTHING_TOLD` without one.
    """

    file: str = field(repr=False)
    index: int
    frame: Frame
    origin: Vector
    text: HeaderText
    instance: str = field(default="", repr=False)
    series: str = field(default="", repr=False)
    study: str = field(default="", repr=False)
    frame_of_reference: str = field(default="", repr=False)
    acquisition: str = ""
    series_number: str = ""
    instance_number: str = ""
    simulated: bool = False
    lossy: bool = False
    inside: str = field(default="", repr=False)
    placed: bool = True
    seen: Seen | None = None
    unit: str = ""
    format: str = ""
    told: Told = NOTHING_TOLD
    sources: tuple[str, ...] = field(default=(), repr=False)

    @property
    def path(self) -> PurePath:
        """All names around the slice: those of its path, then that of the array within the file."""
        return PurePath(self.file, self.inside)
