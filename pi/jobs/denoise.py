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
class _Chosen:
    """What is denoised: one series, or arrays and what their values mean."""

    source: Path
    slices: tuple[SliceFacts, ...]
    relation: Relation | None

    def waiting(self, derivation: Derivation, destination: Path) -> Iterator[Waiting]:
        if self.relation is None:
            return waiting_slices(self.source, self.slices, derivation, destination)
        return waiting_arrays(self.source, self.slices, self.relation, destination)


def denoise(parameters: DenoiseParameters, tracker: Tracker = UNTRACKED) -> DenoisingResult:
    """Denoise the scan that PI_DATA names into a new folder, which appears when all is there.

    Raises:
        PiError: the scan, the denoiser or the folder cannot be had, or is not what it must be.
    """
    p = parameters
    if not p.run:
        raise ScanError("`run` must be whose denoiser is used, such as a run's id, but is empty.")
    source = data_folder()
    destination = denoised_folder(source)
    require_new(destination, _VARIABLE)
    found = find_scan(source)
    chosen = _choose(source, found, p)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.subjects import fetch_subject

    subject = fetch_subject(p.run, p.denoiser, p.interface)
    network = subject.load() or np.asarray
    derivation = Derivation(p.run, _digest(subject))
    sums, kept, held, count = np.zeros((len(CLASSES), 3)), 0, 0, len(chosen.slices)
    with new_folder(destination, _VARIABLE) as partial:
        waiting = chosen.waiting(derivation, partial)
        work = denoise_all(waiting, network, subject.batch(p.batch_size))
        for done in progress(work, "denoising", total=count, unit="slice"):
            sums += shift_sums(done.start.hu, done.settled.hu, done.start.kept)
            kept += int(np.count_nonzero(done.start.kept))
            held += done.settled.held
    notes = (*_notes(found, chosen), *filter(None, [subject.remark]))
    return DenoisingResult(p.run, count, shifts_of(sums), kept, held, notes)


def _choose(source: Path, found: FoundScan, p: DenoiseParameters) -> _Chosen:
    if found.arrays:
        if p.series:
            raise ScanError(
                f"`series` must be 0 where the folder holds arrays, not DICOM, but got {p.series}."
            )
        return _Chosen(source, found.slices, find_relation(found.slices, p.values))
    series = choose_series(found.slices, p.series)
    require_calibrated(source, series)
    return _Chosen(source, series, None)


def _notes(found: FoundScan, chosen: _Chosen) -> tuple[str, ...]:
    notes = []
    if found.beside:
        count = found.beside.total()
        notes.append(f"{count} files of the folder are no part of a scan ({told(found.beside)}).")
    lossy = sum(one.lossy for one in chosen.slices)
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
