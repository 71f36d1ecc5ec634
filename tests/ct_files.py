"""Small CT files as the challenge writes them, for tests to bend, and to be read alone."""

import zlib
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import DSfloat

from pi.readers.header import SliceHeader
from pi.readers.identification import identify
from pi.readers.reading import read_facts
from pi.readers.refusal import Refusal

SECRET = bytes(range(32))
SIZE = 8


def noise(seed: str, sd: float, size: int = SIZE) -> NDArray[np.int16]:
    """(size, size) int16 HU around 40, the same for the same seed."""
    generator = np.random.default_rng(zlib.crc32(seed.encode()))
    return np.rint(generator.normal(40, sd, (size, size))).astype(np.int16)


def ct_dataset(
    *,
    patient: str = "L067",
    dose: Literal["FD", "QD"] = "FD",
    thickness: float = 3,
    kernel: str = "B30f",
    z: float = 0.0,
    hu: NDArray[np.int16] | None = None,
    **tags: object,
) -> Dataset:
    """A CT image; ``tags`` replace its tags, None removes one."""
    sharp = "_SHARP" if kernel.startswith("D45") else ""
    label = f"{patient}_{dose}_{thickness:g}{sharp}"
    if hu is None:
        hu = noise(f"{label} {z}", 10 if dose == "FD" else 20)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPClassUID, ds.Modality = CTImageStorage, "CT"
    ds.SOPInstanceUID = generate_uid(entropy_srcs=[label, str(z)])
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=[label])
    ds.StudyInstanceUID = generate_uid(entropy_srcs=[patient, dose])
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.StudyDate = "20150713"
    ds.Manufacturer = "SIEMENS"
    ds.PatientName, ds.PatientID = label, "Anonymous"
    ds.SliceThickness, ds.ConvolutionKernel = DSfloat(float(thickness)), kernel
    ds.AcquisitionNumber = 3
    ds.ImagePositionPatient = [DSfloat(v, auto_format=True) for v in (-3.5, -3.5, z)]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [0.7, 0.7]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = hu.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
    ds.PixelData = (hu.astype(np.int32) + 1024).astype("<i2").tobytes()
    for keyword, value in tags.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def write_ct(path: Path, **facts: object) -> Path:
    """Write `ct_dataset` to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ct_dataset(**facts).save_as(path, enforce_file_format=True)
    return path


def write_stack(folder: Path, zs: Iterable[float] = (0.0, 2.0, 4.0), **facts: object) -> None:
    """Write slices at ``zs`` into ``folder``, named so that names never match between doses."""
    start = 1 if facts.get("dose", "FD") == "FD" else 500
    for number, z in enumerate(zs, start=start):
        write_ct(folder / f"{number:06d}.IMA", z=z, **facts)


def write_patient(root: Path, patient: str = "L067", **facts: object) -> None:
    """Write both doses of one patient as in the layout that RED-CNN reads."""
    for dose, name in (("FD", "full_3mm"), ("QD", "quarter_3mm")):
        write_stack(root / patient / name, patient=patient, dose=dose, **facts)


def read_header(folder: Path, relative: PurePath) -> SliceHeader | Refusal:
    """Read one file and identify its slice as if nothing else were in the folder."""
    found = read_facts(folder, relative)
    if isinstance(found, Refusal):
        return found
    identified = identify(found)
    return identified.headers[0] if identified.headers else identified.refused[0].refusal
