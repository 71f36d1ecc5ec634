"""Sibling series: scans of one patient over the same place, reconstructed alike.

Of such series one is the full dose and the others are low doses, so what they differ in tells
their doses: the tube current, or the noise.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from pi.identity import Reconstruction
from pi.readers.facts import SliceFacts
from pi.readers.geometry import dot
from pi.readers.noise import NoiseOf
from pi.readers.refusal import Refusal, RefusedError

SAMPLES = (0.25, 0.5, 0.75)
"""Where along their common range siblings are looked at."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """One series among its siblings.

    Attributes:
        members: numbers of its slices in the folder, ascending in position.
        positions: of these slices along their normal in mm, ascending.
        folder: that holds them, below the source folder.
    """

    members: tuple[int, ...]
    positions: tuple[float, ...]
    folder: PurePath

    def overlaps(self, other: "Sibling") -> bool:
        """Tell whether two series cover a common place."""
        return self.positions[0] <= other.positions[-1] and other.positions[0] <= self.positions[-1]


def sibling_groups(
    slices: Sequence[SliceFacts],
    patients: Sequence[str | Refusal],
    reconstructions: Sequence[Reconstruction | Refusal],
) -> list[list[Sibling]]:
    """Return the groups of two and more siblings, in an order that no listing decides.

    A series is what shares a SeriesInstanceUID and a folder.
    """
    series: defaultdict[tuple[str, Reconstruction], dict[tuple[str, str], list[int]]]
    series = defaultdict(lambda: defaultdict(list))
    for number, (facts, who, how) in enumerate(zip(slices, patients, reconstructions, strict=True)):
        if not isinstance(who, Refusal) and not isinstance(how, Refusal):
            series[who, how][facts.file.rpartition("/")[0], facts.series].append(number)
    groups: list[list[Sibling]] = []
    for _, alike in sorted(series.items(), key=lambda item: item[0]):
        groups += _connected([_sibling(slices, alike[key]) for key in sorted(alike)])
    return [group for group in groups if len(group) > 1]


@dataclass(frozen=True, slots=True)
class Exposures:
    """What headers state of the dose of siblings.

    Attributes:
        tag: Exposure (0018,1152) in mAs or XRayTubeCurrent (0018,1151) in mA.
        values: the median of each sibling.
    """

    tag: str
    values: tuple[float, ...]


def exposures(group: Sequence[Sibling], slices: Sequence[SliceFacts]) -> Exposures | None:
    """Return Exposure of each sibling, or XRayTubeCurrent; None where one states neither.

    None, too, where they state several voltages (KVP): a current tells no dose between these.
    """
    voltages = {slices[n].text.voltage for one in group for n in one.members} - {None}
    if len(voltages) > 1:
        return None
    for name, tag in (("exposure", "Exposure"), ("tube_current", "XRayTubeCurrent")):
        values = [[getattr(slices[n].text, name) for n in one.members] for one in group]
        told = [[value for value in one if value is not None] for one in values]
        if all(told):
            return Exposures(tag, tuple(statistics.median(one) for one in told))
    return None


def noise_levels(
    group: Sequence[Sibling], slices: Sequence[SliceFacts], noise_of: NoiseOf
) -> list[float] | None:
    """Return the median noise (HU) of each sibling at three common places, or None."""
    low = max(one.positions[0] for one in group)
    high = min(one.positions[-1] for one in group)
    levels = []
    for one in group:
        found = [*_measured(one, slices, noise_of, [low + (high - low) * at for at in SAMPLES])]
        if not found:
            return None
        levels.append(statistics.median(found))
    return levels


def _measured(
    one: Sibling, slices: Sequence[SliceFacts], noise_of: NoiseOf, places: Sequence[float]
) -> Iterator[float]:
    for number in sorted({_nearest(one, place) for place in places}):
        try:
            yield noise_of(slices[number])
        except RefusedError:
            continue  # the slice is refused, with its reason, where it is read for the store


def _nearest(one: Sibling, place: float) -> int:
    return min(zip(one.positions, one.members, strict=True), key=lambda at: abs(at[0] - place))[1]


def _sibling(slices: Sequence[SliceFacts], members: Sequence[int]) -> Sibling:
    placed = sorted((dot(slices[n].origin, slices[n].frame.normal), n) for n in members)
    positions, numbers = zip(*placed, strict=True)
    return Sibling(numbers, positions, PurePath(slices[numbers[0]].file).parent)


def _connected(series: Sequence[Sibling]) -> list[list[Sibling]]:
    """Return series in groups that cover one stretch without a gap between them."""
    groups: list[list[Sibling]] = []
    end = 0.0
    for one in sorted(series, key=lambda one: (one.positions[0], str(one.folder))):
        if groups and one.positions[0] <= end:
            groups[-1].append(one)
            end = max(end, one.positions[-1])
        else:
            groups.append([one])
            end = one.positions[-1]
    return groups
