"""Simulated slices as DICOM files in the Mayo challenge's own tree, names and headers.

What a header says follows the challenge's real headers, traps included: patient, dose,
thickness and kernel stand together in PatientName; PatientID is `Anonymous` for everybody;
study, series and frame of reference differ between the doses of one patient; the tags of dose
do not. What marks the files as simulated is added: Manufacturer, ImageType, ImageComments.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    PYDICOM_IMPLEMENTATION_UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)
from pydicom.valuerep import DSfloat

from pi.identity import SIMULATED_MANUFACTURER

Dose = Literal["FD", "QD"]

TREE = "Training_Image_Data"
INTERCEPT = -1024
LARGEST = 4095
DATE = "20000101"


@dataclass(frozen=True, slots=True)
class ChallengeSeries:
    """One reconstruction of one patient at one dose.

    Attributes:
        patient: number of the patient, from 1.
        dose: ``FD`` full, ``QD`` quarter.
        thickness: SliceThickness, 1 or 3 mm.
        kernel: ``B30`` or ``D45``.
        seed: of the study; UIDs are made from it.
    """

    patient: int
    dose: Dose
    thickness: Literal[1, 3]
    kernel: str
    seed: int

    @property
    def patient_id(self) -> str:
        """``S001``."""
        return patient_id(self.patient)

    @property
    def label(self) -> str:
        """The PatientName: ``S001_FD_1_SHARP``."""
        sharp = "_SHARP" if self.kernel == "D45" else ""
        return f"{self.patient_id}_{self.dose}_{self.thickness}{sharp}"

    @property
    def number(self) -> int:
        """SeriesNumber 1 to 8: as in the challenge, another one for each dose and patient."""
        order = 4 * (self.dose == "QD") + 2 * (self.thickness == 3) + (self.kernel == "D45")
        return 1 + (order + 3 * self.patient) % 8

    def folder(self, root: Path) -> Path:
        """``3mm D45/QD_3mm_sharp/quarter_3mm_sharp/S001/quarter_3mm_sharp`` below the tree."""
        sharp = "_sharp" if self.kernel == "D45" else ""
        part = f"{self.thickness}mm{sharp}"
        named = f"{'full' if self.dose == 'FD' else 'quarter'}_{part}"
        reconstruction = f"{self.thickness}mm {self.kernel}"
        return (
            root / TREE / reconstruction / f"{self.dose}_{part}" / named / self.patient_id / named
        )

    def file_name(self, instance: int) -> str:
        """``S001_FD_1_SHARP_1.CT.0002.0001.2000.01.01.10.04.12.84035.358074219.IMA``.

        The fraction of the second has lost its leading zeros, as the real names have.
        """
        tick = 7919 * instance + 104_729 * self.number + 15_485_863 * self.patient
        clock = f"10.{tick // 60 % 60:02d}.{tick % 60:02d}.{tick * 613 % 1_000_000}"
        return (
            f"{self.label}_1.CT.{self.number:04d}.{instance:04d}"
            f".2000.01.01.{clock}.{358_000_000 + tick % 1_000_000}.IMA"
        )

    def uid(self, *names: str) -> str:
        """Return the UID of a thing of this series; the same names, the same UID."""
        return generate_uid(entropy_srcs=["perceptual-influence", str(self.seed), *names])


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a stack of slices lies.

    Attributes:
        pixel: PixelSpacing in mm.
        top: z of the first slice in mm; z falls as InstanceNumber rises.
        step: distance between slices in mm; not their thickness.
        current: XRayTubeCurrent in mA, the same for both doses.
    """

    pixel: float
    top: float
    step: float
    current: int


def patient_id(patient: int) -> str:
    """Return how patient number ``patient`` is called, ``S001``."""
    return f"S{patient:03d}"


def write_series(
    slices: NDArray[np.floating], series: ChallengeSeries, placement: Placement, root: Path
) -> int:
    """Write a stack as DICOM files below ``root`` and return how many.

    Args:
        slices: (slices, rows, columns), HU, from the highest z down. Rounded once, here, and
            clipped to 12 bits: -1024 to 3071 HU.
        series: what the stack is.
        placement: where it lies.
        root: folder of the study.

    Raises:
        OSError: the disk is full, or may not be written.
    """
    folder = series.folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    header = _header(series, placement, slices.shape[1:])
    for instance, hu in enumerate(slices, start=1):
        stored = np.clip(np.rint(hu) - INTERCEPT, 0, LARGEST).astype("<u2")
        _place(header, series, placement, instance)
        _fill(header, stored)
        # Through memory: pydicom replaces an error of the disk by one that lacks its reason.
        content = BytesIO()
        header.save_as(content, enforce_file_format=True)
        (folder / series.file_name(instance)).write_bytes(content.getbuffer())
    return len(slices)


def _header(series: ChallengeSeries, placement: Placement, shape: tuple[int, ...]) -> Dataset:
    """Return what all slices of a series share."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    ds.file_meta.ImplementationVersionName = "PI_SIMULATE"
    ds.SOPClassUID = CTImageStorage
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 SPI"]
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = DATE
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "100000"
    ds.AccessionNumber = ds.ReferringPhysicianName = ds.StudyID = ""
    ds.Modality = "CT"
    ds.Manufacturer = SIMULATED_MANUFACTURER
    ds.ManufacturerModelName = "parallel-beam phantom scanner"
    ds.PatientName = series.label
    ds.PatientID = "Anonymous"
    ds.PatientBirthDate = ds.PatientSex = ""
    ds.PatientIdentityRemoved = "YES"
    ds.BodyPartExamined = "ABDOMEN"
    ds.SliceThickness = DSfloat(float(series.thickness))
    ds.KVP = DSfloat(120.0)
    ds.XRayTubeCurrent = placement.current
    ds.ExposureTime = 500
    ds.Exposure = placement.current // 2
    ds.ConvolutionKernel = f"{series.kernel}f"
    ds.PatientPosition = "FFS"
    ds.GantryDetectorTilt = DSfloat(0.0)
    ds.StudyInstanceUID = series.uid("study", series.patient_id, series.dose)
    ds.SeriesInstanceUID = series.uid("series", series.label)
    ds.FrameOfReferenceUID = series.uid("frame", series.patient_id, series.dose)
    ds.SeriesNumber = series.number
    ds.AcquisitionNumber = 1
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImageComments = "simulated phantom, not a patient"
    ds.BurnedInAnnotation = "NO"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = shape
    ds.PixelSpacing = [DSfloat(placement.pixel, auto_format=True)] * 2
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope = DSfloat(INTERCEPT), DSfloat(1)
    ds.RescaleType = "HU"
    ds.WindowCenter, ds.WindowWidth = DSfloat(40), DSfloat(400)
    return ds


def _place(ds: Dataset, series: ChallengeSeries, placement: Placement, instance: int) -> None:
    """Set what tells one slice from the next."""
    z = placement.top - (instance - 1) * placement.step
    corner = -(ds.Columns - 1) / 2 * placement.pixel
    ds.SOPInstanceUID = series.uid("image", series.label, str(instance))
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.InstanceNumber = instance
    ds.ImagePositionPatient = [DSfloat(v, auto_format=True) for v in (corner, corner, z)]
    ds.SliceLocation = DSfloat(z, auto_format=True)


def _fill(ds: Dataset, stored: NDArray[np.uint16]) -> None:
    ds.SmallestImagePixelValue = int(stored.min())
    ds.LargestImagePixelValue = int(stored.max())
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
