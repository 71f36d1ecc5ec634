"""Slice headers to ordered stacks: one per patient, dose, thickness and kernel."""

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pi.identity import Reconstruction
from pi.readers.geometry import Frame, is_sheared
from pi.readers.header import SliceHeader
from pi.readers.names import Dose
from pi.readers.reading import read_hounsfield
from pi.readers.refusal import Refusal, Refused, RefusedError
from pi.slices.copies import (
    SamePixels,
    Slices,
    Stage,
    order_in_space,
    refused_all,
    without_copies,
    without_duplicates,
)
from pi.slices.grid import frame_differences


@dataclass(frozen=True, slots=True)
class Series:
    """One dose of one reconstruction of one patient.

    Attributes:
        patient: as the source names it; private.
        dose: ``low`` or ``normal``.
        reconstruction: thickness and kernel.
        slices: ascending along the normal, one frame, no two at the same position.
    """

    patient: str = field(repr=False)
    dose: Dose
    reconstruction: Reconstruction
    slices: tuple[SliceHeader, ...]

    @property
    def positions(self) -> tuple[float, ...]:
        """Positions along the normal in mm, ascending."""
        return tuple(header.position for header in self.slices)

    @property
    def sheared(self) -> bool:
        """Whether the stack leans against its normal, as with a tilted gantry."""
        first, last = self.slices[0], self.slices[-1]
        return len(self.slices) > 1 and is_sheared(first.origin, last.origin, first.frame.normal)


def build_series(
    headers: Iterable[SliceHeader], same_pixels: SamePixels
) -> tuple[tuple[Series, ...], tuple[Refused, ...]]:
    """Return the series in ``headers`` and the slices that fit into none.

    Args:
        headers: in any order; the result does not depend on it.
        same_pixels: tells whether two slices hold the same image; asked of duplicates only.
    """
    stages: tuple[Stage, ...] = (
        _one_frame,
        without_copies(same_pixels),
        without_duplicates(same_pixels),
        _without_interleaving,
    )
    groups: defaultdict[tuple[str, Dose, Reconstruction], list[SliceHeader]] = defaultdict(list)
    for header in headers:
        groups[header.patient, header.dose, header.reconstruction].append(header)
    series: list[Series] = []
    refused: list[Refused] = []
    for key in sorted(groups):
        slices = sorted(groups[key], key=order_in_space)
        for stage in stages:
            slices, out = stage(slices)
            refused += out
        if slices:
            series.append(Series(*key, tuple(slices)))
    return tuple(series), tuple(refused)


def steps(positions: Sequence[float]) -> list[float]:
    """Return the distances between neighbours in mm."""
    return [b - a for a, b in itertools.pairwise(positions)]


def modal_step(positions: Sequence[float]) -> float:
    """Return the commonest step in mm, to 0.01 mm, the smallest if tied; 0 for one slice."""
    counts = Counter(round(step, 2) for step in steps(positions))
    return min(counts, key=lambda step: (-counts[step], step), default=0.0)


def gaps(positions: Sequence[float]) -> int:
    """Return how many steps exceed 1.5 times the median step (never SliceThickness)."""
    between = steps(positions)
    return sum(step > 1.5 * statistics.median(between) for step in between)


def same_pixels_in(folder: Path) -> SamePixels:
    """Return the comparison of two files' HU below ``folder``."""

    def same(one: SliceHeader, other: SliceHeader) -> bool:
        try:
            first = read_hounsfield(folder, one.facts)
            second = read_hounsfield(folder, other.facts)
        except RefusedError:
            return False
        return first.hu.tobytes() == second.hu.tobytes()

    return same


def _one_frame(slices: Slices) -> tuple[Slices, list[Refused]]:
    counts = Counter(header.frame for header in slices)
    common = max(counts, key=lambda frame: (counts[frame], repr(frame)))
    kept = [header for header in slices if header.frame.matches(common)]
    odd = (header for header in slices if not header.frame.matches(common))
    return kept, [_of_another_grid(header, common) for header in odd]


def _of_another_grid(header: SliceHeader, common: Frame) -> Refused:
    differs = ", ".join(frame_differences(header.frame, common))
    detail = f"the grid is not that of most slices of the series ({differs})"
    return Refused(header.file, Refusal("mixed-geometry", detail))


def _without_interleaving(slices: Slices) -> tuple[Slices, list[Refused]]:
    """Refuse stacks that are denser together than alone: two scans of one region."""
    acquisitions: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for header in slices:
        acquisitions[header.facts.series, header.facts.acquisition].append(header.position)
    own = [modal_step(positions) for positions in acquisitions.values() if len(positions) > 1]
    together = modal_step([header.position for header in slices])
    if len(own) < 2 or together >= 0.75 * min(own):
        return slices, []
    detail = f"{len(acquisitions)} acquisitions of the same thickness and kernel interleave"
    return [], refused_all(slices, "overlapping-series", detail)
