"""A scan through a denoiser into a derived one; nothing of it is tracked.

The scan is the user's own: of what it holds nothing is kept, printed or told in an error but
numbers of slices and pixels.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pi.derived.array_files import find_relation, waiting_arrays
from pi.derived.chosen_series import choose_series
from pi.derived.derivation import Derivation
from pi.derived.dicom_slices import require_calibrated, waiting_slices
from pi.derived.found_scan import FoundScan, ScanError, find_scan, told
from pi.derived.streaming import Waiting, denoise_all
from pi.evaluation.shift import CLASSES, TissueShift, shift_sums, shift_text, shifts_of
from pi.jobs.result import Result, joined
from pi.new_folder import new_folder, require_new
from pi.parameters import DenoiseParameters
from pi.places import data_folder, denoised_folder, file_digest
from pi.progress import progress
from pi.readers.facts import SliceFacts
from pi.readers.units import Relation
from pi.tracking.tracker import UNTRACKED, Tracker

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    from pi.subjects import Subject

_VARIABLE = "PI_DENOISED"


@dataclass(frozen=True, repr=False)
class DenoisingResult(Result):
    """A derived scan.

    Attributes:
        run: whose denoiser it was.
        slices: how many.
        shifts: mean change by tissue.
        kept: pixels that stayed as they were: padding, or above 3072 HU.
        held: pixels held at the ends of what can be stored.
        notes: what is to be known of the source.
    """

    run: str
    slices: int
    shifts: tuple[TissueShift, ...]
    kept: int
    held: int
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """How many slices."""
        return f"{self.slices} slices denoised by {self.run} in the folder that PI_DENOISED names"

    def text(self) -> str:
        """Return how many slices, what was kept, and how far HU moved."""
        kept = f"{self.kept:,} pixels stay as they are: padding, or above 3072 HU"
        held = f"{self.held:,} pixels were held at the ends of what the source's values can be"
        return joined(
            *self.notes,
            self.headline,
            kept if self.kept else "",
            held if self.held else "",
            shift_text(self.shifts),
        )


@dataclass(frozen=True)
class AskedScan:
    """What is denoised: one series, or arrays and what their values mean.

    Attributes:
        source: folder in which it lies.
        destination: new folder into which it goes.
        found: all that the folder holds.
        slices: what of it is denoised.
        relation: what the values of arrays mean; None of DICOM, which tells it.
    """

    source: Path
    destination: Path
    found: FoundScan
    slices: tuple[SliceFacts, ...]
    relation: Relation | None

    def waiting(self, derivation: Derivation, destination: Path) -> Iterator[Waiting]:
        """Yield the slices, each with where its derived one is written."""
        if self.relation is None:
            return waiting_slices(self.source, self.slices, derivation, destination)
        return waiting_arrays(self.source, self.slices, self.relation, destination)


def denoise(parameters: DenoiseParameters, tracker: Tracker = UNTRACKED) -> DenoisingResult:
    """Denoise the scan that PI_DATA names into a new folder, which appears when all is there.

    Raises:
        PiError: the scan, the denoiser or the folder cannot be had, or is not what it must be.
    """
    p = parameters
    scan = asked_scan(p)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.subjects import fetch_subject

    subject = fetch_subject(p.run, p.denoiser, p.interface)
    network = subject.load() or np.asarray
    derivation = Derivation(p.run, _digest(subject))
    sums, kept, held, count = np.zeros((len(CLASSES), 3)), 0, 0, len(scan.slices)
    with new_folder(scan.destination, _VARIABLE) as partial:
        waiting = scan.waiting(derivation, partial)
        work = denoise_all(waiting, network, subject.batch(p.batch_size))
        for done in progress(work, "denoising", total=count, unit="slice"):
            sums += shift_sums(done.start.hu, done.settled.hu, done.start.kept)
            kept += int(np.count_nonzero(done.start.kept))
            held += done.settled.held
    notes = (*_notes(scan), *filter(None, [subject.remark]))
    return DenoisingResult(p.run, count, shifts_of(sums), kept, held, notes)


def asked_scan(p: DenoiseParameters) -> AskedScan:
    """Return the scan that PI_DATA names, as `denoise` would take it.

    Raises:
        PiError: the scan or the folder is not what it must be.
    """
    if not p.run:
        raise ScanError("`run` must be whose denoiser is used, such as a run's id, but is empty.")
    source = data_folder()
    destination = denoised_folder(source)
    require_new(destination, _VARIABLE)
    found = find_scan(source)
    if found.arrays:
        if p.series:
            raise ScanError(
                f"`series` must be 0 where the folder holds arrays, not DICOM, but got {p.series}."
            )
        relation = find_relation(found.slices, p.values)
        return AskedScan(source, destination, found, found.slices, relation)
    series = choose_series(found.slices, p.series)
    require_calibrated(source, series)
    return AskedScan(source, destination, found, series, None)


def _notes(scan: AskedScan) -> tuple[str, ...]:
    notes = []
    if beside := scan.found.beside:
        notes.append(
            f"{beside.total()} files of the folder are no part of a scan ({told(beside)})."
        )
    lossy = sum(one.lossy for one in scan.slices)
    if lossy:
        notes.append(
            f"{lossy} slices were compressed with loss before, which the derived ones tell too."
        )
    return tuple(notes)


def _digest(subject: "Subject") -> str:
    """Return what the denoiser is, in the derived UIDs and descriptions.

    Of the user's own code that is the file which holds it, where there is one.
    """
    from pi.subjects.kinds.own import OwnCode

    if subject.model:
        return f"sha256 {subject.model}"
    if isinstance(subject, OwnCode) and inspect.isfunction(subject.function):
        return f"code sha256 {file_digest(Path(inspect.getfile(subject.function)))}"
    return subject.name
