"""Folders of scans at several doses, for tests to name, to measure and to map."""

import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from ct_files import noise, write_ct

from pi.readers.identification import Identified, identify
from pi.readers.noise import noise_in
from pi.readers.scan import scan

HU_SD = {"full": 10.0, "low": 20.0}
POSITIONS = (0.0, 2.0, 4.0)


def write_series(
    folder: Path,
    patient: str,
    sd: float,
    *,
    file: str = "{}.dcm",
    zs: tuple[float, ...] = POSITIONS,
    **tags: Any,
) -> None:
    """Write slices of which no name says a dose; ``folder`` may."""
    # Names that the challenge's own grammar would read are kept out of the header.
    study = f"1.3.{zlib.crc32(f'{folder} {patient}'.encode())}"
    told = {"PatientName": "", "PatientID": patient, "StudyInstanceUID": study}
    facts = told | {"SeriesInstanceUID": None} | tags
    for number, z in enumerate(zs):
        # Not by the whole path, another at each run: then noise would be apart by chance in some.
        hu = noise(f"{patient} {folder.parent.name}/{folder.name}/{file} {z}", sd, size=32)
        instance = "1.2." + str(zlib.crc32(f"{folder}/{file} {z}".encode()))
        path = folder / file.format(number)
        write_ct(path, z=z, hu=hu, **({"SOPInstanceUID": instance} | facts))


def write_doses(root: Path, patient: str, full: str, low: str, **tags: Any) -> None:
    """Write a full and a low dose into folders of these names."""
    for name, dose in ((full, "full"), (low, "low")):
        write_series(root / name, patient, HU_SD[dose], **tags)


def understood(source: Path, *, by_noise: bool = True) -> Identified:
    """Return what the slices of a folder are."""
    return identify(scan(source).slices, noise_of=noise_in(source) if by_noise else None)


def levels(found: Identified) -> Counter[tuple[str, float]]:
    """Return how many slices there are of every dose and fraction."""
    return Counter((header.dose, header.reconstruction.dose) for header in found.headers)


def reasons(found: Identified) -> Counter[str]:
    """Return how many slices were refused for every reason."""
    return Counter(item.refusal.reason for item in found.refused)
