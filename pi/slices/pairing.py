"""Full- and low-dose series to pairs of slices: by patient, reconstruction and position.

The two doses have different study, series and frame-of-reference UIDs, different file names
and often different slices missing, so nothing else can pair them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pi.identity import Reconstruction
from pi.readers.geometry import MILLIMETRE_TOLERANCE, distance, in_plane
from pi.readers.header import SliceHeader
from pi.readers.names import Dose
from pi.readers.refusal import Reason, Refusal, Refused
from pi.slices.series import Series, gaps, modal_step

SMALLEST_TOLERANCE = 0.01
TOLERANCE_OF_STEP = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """The same slice at two doses."""

    low: SliceHeader
    normal: SliceHeader


@dataclass(frozen=True, slots=True)
class PairedVolume:
    """One reconstruction of one patient, in pairs.

    Attributes:
        patient: as the source names it; private.
        reconstruction: thickness and kernel.
        pairs: ascending along the normal; empty where a dose is missing.
        low_left: low-dose slices without a partner.
        normal_left: full-dose slices without a partner.
        gaps: steps of more than 1.5 median steps between the paired slices.
        sheared: the stack leans against its normal (tilted gantry).
    """

    patient: str = field(repr=False)
    reconstruction: Reconstruction
    pairs: tuple[Pair, ...]
    low_left: int
    normal_left: int
    gaps: int
    sheared: bool


def pair_series(series: Iterable[Series]) -> tuple[tuple[PairedVolume, ...], tuple[Refused, ...]]:
    """Return the paired volumes, and every slice left without a partner."""
    by_dose: defaultdict[tuple[str, Reconstruction], dict[Dose, Series]] = defaultdict(dict)
    for one in series:
        by_dose[one.patient, one.reconstruction][one.dose] = one
    volumes: list[PairedVolume] = []
    refused: list[Refused] = []
    for (patient, reconstruction), doses in sorted(by_dose.items(), key=lambda item: item[0]):
        volume, out = _pair_doses(patient, reconstruction, doses)
        volumes.append(volume)
        refused += out
    return tuple(volumes), tuple(refused)


def tolerance(positions: Sequence[float]) -> float:
    """Return how far apart partners may lie: 0.01 mm, or 5 % of the modal step if more."""
    return max(SMALLEST_TOLERANCE, TOLERANCE_OF_STEP * modal_step(positions))


def match(
    one: Sequence[float], other: Sequence[float], within: float
) -> tuple[tuple[int, int], ...]:
    """Return the index pairs of two ascending position lists, one-to-one and ascending.

    Args:
        one: positions in mm.
        other: positions in mm.
        within: the largest distance of partners in mm.
    """
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(one) and j < len(other):
        if abs(one[i] - other[j]) <= within + 1e-9:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif one[i] < other[j]:
            i += 1
        else:
            j += 1
    return tuple(found)


def _pair_doses(
    patient: str, reconstruction: Reconstruction, doses: dict[Dose, Series]
) -> tuple[PairedVolume, list[Refused]]:
    low = doses["low"].slices if "low" in doses else ()
    normal = doses["normal"].slices if "normal" in doses else ()
    lows, normals = [h.position for h in low], [h.position for h in normal]
    matched = match(lows, normals, tolerance(normals or lows))
    candidates = [Pair(low[i], normal[j]) for i, j in matched]
    pairs = tuple(pair for pair in candidates if same_place(pair))
    refused = _leftovers(low, {i for i, _ in matched}, single=not normal)
    refused += _leftovers(normal, {j for _, j in matched}, single=not low)
    for pair in candidates:
        if not same_place(pair):
            detail = "full and low dose differ in matrix, pixel spacing, orientation or origin"
            refused += _refuse([pair.low, pair.normal], "geometry-differs", detail)
    volume = PairedVolume(
        patient=patient,
        reconstruction=reconstruction,
        pairs=pairs,
        low_left=len(low) - len(pairs),
        normal_left=len(normal) - len(pairs),
        gaps=gaps([pair.normal.position for pair in pairs]),
        sheared=any(one.sheared for one in doses.values()),
    )
    return volume, refused


def same_place(pair: Pair) -> bool:
    """Tell whether both doses show the same pixels of space, to 0.001 mm within the plane."""
    low, normal = pair.low, pair.normal
    axis = normal.frame.normal
    shift = distance(in_plane(low.origin, axis), in_plane(normal.origin, axis))
    return low.frame.matches(normal.frame) and shift <= MILLIMETRE_TOLERANCE


def _leftovers(slices: Sequence[SliceHeader], used: set[int], *, single: bool) -> list[Refused]:
    left = [header for index, header in enumerate(slices) if index not in used]
    if single:
        detail = "the other dose of this reconstruction is not there"
        return _refuse(left, "one-dose-only", detail)
    return _refuse(left, "unpaired-slice", "the other dose has no slice at this position")


def _refuse(headers: Iterable[SliceHeader], reason: Reason, detail: str) -> list[Refused]:
    return [Refused(header.file, Refusal(reason, detail)) for header in headers]
