"""Full- and low-dose series to pairs of slices: by patient, reconstruction and position.

The two doses have different study, series and frame-of-reference UIDs, different file names
and often different slices missing, so nothing else can pair them. Where a patient has several low
doses, each is paired with the full dose and makes a volume of its own.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pi.identity import Reconstruction
from pi.readers.header import SliceHeader
from pi.readers.refusal import Reason, Refusal, Refused
from pi.slices.grid import differences
from pi.slices.partners import partners, shifted_numbers
from pi.slices.series import Series, gaps

LowDose = Literal["scanned", "simulated"]
"""Whether a low dose is a reconstruction of the scanner's, or made from the normal dose."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same slice at two doses."""

    low: SliceHeader
    normal: SliceHeader


@dataclass(frozen=True, slots=True)
class PairedVolume:
    """One reconstruction of one patient at one low dose, in pairs.

    Attributes:
        patient: as the source names it; private.
        reconstruction: thickness, kernel and low dose.
        pairs: ascending along the normal; empty where a dose is missing.
        low_left: low-dose slices without a partner.
        normal_left: full-dose slices without a partner.
        gaps: steps of more than 1.5 median steps between the paired slices.
        sheared: the stack leans against its normal (tilted gantry).
        low_dose: whether it was scanned; a simulated one has the normal dose as its own partner.
    """

    patient: str = field(repr=False)
    reconstruction: Reconstruction
    pairs: tuple[Pair, ...]
    low_left: int
    normal_left: int
    gaps: int
    sheared: bool
    low_dose: LowDose = "scanned"


@dataclass(slots=True)
class _Scan:
    """The series of one patient that were reconstructed alike."""

    normal: Series | None = None
    lows: list[Series] = field(default_factory=list)


def pair_series(series: Iterable[Series]) -> tuple[tuple[PairedVolume, ...], tuple[Refused, ...]]:
    """Return the paired volumes, and every slice that is in no pair."""
    scans: defaultdict[tuple[str, float, str], _Scan] = defaultdict(_Scan)
    for one in series:
        scan = scans[one.patient, one.reconstruction.thickness, one.reconstruction.kernel]
        if one.dose == "low":
            scan.lows.append(one)
        else:
            scan.normal = one
    volumes: list[PairedVolume] = []
    refused: list[Refused] = []
    for _, scan in sorted(scans.items()):
        found, out = _pair_scan(scan)
        volumes += found
        refused += out
    return tuple(volumes), tuple(refused)


def _pair_scan(scan: _Scan) -> tuple[list[PairedVolume], list[Refused]]:
    """Pair every low dose with the full one; a full-dose slice is lost if no low dose has it."""
    if scan.normal is None or not scan.lows:
        alone = [*scan.lows, *([scan.normal] if scan.normal else [])]
        detail = "the other dose of this reconstruction is not there"
        lost = [_refused(header, "one-dose-only", detail) for one in alone for header in one.slices]
        return [_unpaired(one) for one in alone], lost
    volumes: list[PairedVolume] = []
    left: dict[SliceHeader, Refused] = {}
    for low in scan.lows:
        volume, out = _pair_doses(low, scan.normal)
        volumes.append(volume)
        left |= out
    paired = {pair.normal for volume in volumes for pair in volume.pairs}
    return volumes, [refused for header, refused in left.items() if header not in paired]


def _pair_doses(low: Series, normal: Series) -> tuple[PairedVolume, dict[SliceHeader, Refused]]:
    if shifted := shifted_numbers(low, normal):
        both = (*low.slices, *normal.slices)
        return _volume(low, (), normal), {
            header: _refused(header, "conflicting-numbers", shifted) for header in both
        }
    matched = partners(low, normal)
    pairs: list[Pair] = []
    left: dict[SliceHeader, Refused] = {}
    for i, j in matched:
        pair = Pair(low.slices[i], normal.slices[j])
        if differs := differences(pair.low, pair.normal):
            detail = f"low and full dose differ: {', '.join(differs)}"
            for header in (pair.low, pair.normal):
                left[header] = _refused(header, "geometry-differs", detail)
        else:
            pairs.append(pair)
    for one, used in ((low, {i for i, _ in matched}), (normal, {j for _, j in matched})):
        for index, header in enumerate(one.slices):
            if index not in used:
                detail = "the other dose has no slice at this position"
                left[header] = _refused(header, "unpaired-slice", detail)
    return _volume(low, tuple(pairs), normal), left


def _volume(low: Series, pairs: tuple[Pair, ...], normal: Series) -> PairedVolume:
    return PairedVolume(
        patient=low.patient,
        reconstruction=low.reconstruction,
        pairs=pairs,
        low_left=len(low.slices) - len(pairs),
        normal_left=len(normal.slices) - len(pairs),
        gaps=gaps([pair.normal.position for pair in pairs]),
        sheared=low.sheared or normal.sheared,
    )


def _unpaired(one: Series) -> PairedVolume:
    count = len(one.slices)
    low, normal = (count, 0) if one.dose == "low" else (0, count)
    return PairedVolume(one.patient, one.reconstruction, (), low, normal, 0, one.sheared)


def _refused(header: SliceHeader, reason: Reason, detail: str) -> Refused:
    return Refused(header.file, Refusal(reason, detail))
