"""One simulated patient: scanned, reconstructed eight ways, written as DICOM.

A patient is scanned in base slices of 1 mm. A 3 mm slice is the mean of three base slices,
every 2 mm, as on the scanner: the same measurement, so its noise agrees with the thin slices'.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from pi.simulation.anatomy import draw_anatomy
from pi.simulation.challenge import ChallengeSeries, Dose, Placement, patient_id, write_series
from pi.simulation.lesion import Lesion
from pi.simulation.lesion_places import draw_lesions, with_lesions
from pi.simulation.phantom import Phantom, draw_phantom
from pi.simulation.projector import Geometry
from pi.simulation.scanner import KERNELS, ScanSettings, scan

PROTOCOL = ScanSettings()


@dataclass(frozen=True, slots=True)
class StudySize:
    """How large a study is.

    Attributes:
        name: of the size.
        pixels: rows and columns of a slice.
        views: projections per slice.
        slices: base slices of 1 mm per patient, at least 3.
        patients: how many.
        with_lesions: numbers of the patients who have lesions, see `pi.simulation.lesion`. Of all
            others every byte is that of the study without.
    """

    name: str
    pixels: int
    views: int
    slices: int
    patients: int = 10
    with_lesions: tuple[int, ...] = ()

    @property
    def files(self) -> int:
        """Number of DICOM files of the study."""
        return self.patients * len(get_args(Dose)) * len(KERNELS) * (self.slices + self.thick)

    @property
    def thick(self) -> int:
        """Number of 3 mm slices per series."""
        return (self.slices - 1) // 2


SIZES: dict[str, StudySize] = {
    size.name: size
    for size in (
        StudySize("tiny", 128, 180, 6),
        StudySize("small", 256, 360, 16),
        StudySize("lesions", 256, 360, 16, with_lesions=(9, 10)),
        StudySize("full", 512, 720, 40),
        StudySize("some", 256, 360, 3, patients=24),
        StudySize("many", 256, 360, 3, patients=96),
    )
}


def scan_patient(
    size: StudySize,
    patient: int,
    seed: int,
    slices: range | None = None,
    protocol: ScanSettings = PROTOCOL,
) -> tuple[NDArray[np.float32], Placement]:
    """Scan one patient.

    Args:
        size: of the study.
        patient: number from 1.
        seed: of the study.
        slices: which base slices; all of them by default. A slice does not depend on the others.
        protocol: of a scanner with a 512 x 512 matrix.

    Returns:
        (slices, 2 doses, 2 kernels, size, size) float32 in HU, from the highest z down, and
        where the thin slices lie.
    """
    phantom = _phantom_of(size, patient, seed)
    anatomy = phantom.anatomy
    # As a header would store it, so that geometry and header agree to the last digit.
    pixel = round(anatomy.field_of_view / size.pixels, 6)
    geometry = Geometry(size.pixels, size.views, pixel)
    top = (size.slices - 1) / 2
    position = round(anatomy.level + top, 1)
    lesions = lesions_of(size, patient, seed, phantom)
    scans = [
        scan(
            with_lesions(phantom.slice(top - k, size.pixels), lesions, pixel, position - k),
            geometry,
            protocol.on(size.pixels),
            np.random.default_rng([seed, patient, k]),
        )
        for k in (range(size.slices) if slices is None else slices)
    ]
    current = round(200 * math.exp((anatomy.field_of_view - 350) / 150))
    return np.stack(scans), Placement(pixel, position, 1.0, current)


def lesions_of(
    size: StudySize, patient: int, seed: int, phantom: Phantom | None = None
) -> tuple[Lesion, ...]:
    """Return the lesions of a patient, none of most; ``phantom`` is drawn where nobody has it."""
    if patient not in size.with_lesions:
        return ()
    phantom = phantom or _phantom_of(size, patient, seed)
    top = round(phantom.anatomy.level + (size.slices - 1) / 2, 1)
    rng = np.random.default_rng([seed, patient, _LESIONS])  # the slices draw from numbers below it
    return draw_lesions(phantom, patient_id(patient), size.slices, top, rng)


_LESIONS = 2**20


def _phantom_of(size: StudySize, patient: int, seed: int) -> Phantom:
    rng = np.random.default_rng([seed, patient])
    return draw_phantom(draw_anatomy(rng), size.slices, rng)


def thick_slices(thin: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of three slices, every second slice, along the first axis."""
    result: NDArray[np.float32] = (thin[:-2:2] + thin[1:-1:2] + thin[2::2]) / np.float32(3)
    return result


def write_patient(size: StudySize, patient: int, seed: int, root: Path) -> int:
    """Scan one patient, write the eight series below ``root`` and return the number of files."""
    thin, placement = scan_patient(size, patient, seed)
    thick = thick_slices(thin)
    below = replace(placement, top=placement.top - 1.0, step=2.0)
    written = 0
    for d, dose in enumerate(get_args(Dose)):
        for k, kernel in enumerate(KERNELS):
            one = ChallengeSeries(patient, dose, 1, kernel.name, seed)
            three = replace(one, thickness=3)
            written += write_series(thin[:, d, k], one, placement, root)
            written += write_series(thick[:, d, k], three, below, root)
    return written
