"""Which slice of a store a slice of somebody's files is: by table, by source, by place, by number.

Nothing is matched that could be two slices.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pi.identity import UNKNOWN_KERNEL, UNKNOWN_THICKNESS, dose_text, thickness_text
from pi.slices.manifest import Volume
from pi.slices.store import Store
from pi.subjects.keys_table import KeyedFile
from pi.subjects.planes import ENDINGS, Plane
from pi.subjects.references import Address, References
from pi.subjects.who import Patients

NEAR = 0.011
"""How far in mm a place may be from a slice's, which is rounded to 0.01 mm."""


@dataclass(frozen=True)
class Matched:
    """What was found of a store.

    Attributes:
        planes: of each slice.
        twice: slices of which there are several.
        ambiguous: slices in files that could be of several reconstructions of their patient.
        strange: slices in files that are none of the data.
        elsewhere: slices that name a source which lies at another place than they do.
    """

    planes: Mapping[Address, Plane] = field(repr=False)
    twice: frozenset[Address]
    ambiguous: int
    strange: int
    elsewhere: int = 0


def match_table(store: Store, planes: Sequence[Plane], rows: Sequence[KeyedFile]) -> Matched:
    """Match by a table of keys: see `pi.subjects.keys_table`.

    A file that lies under another ending, as of a slice that came as .npy and went as .nii, is the
    one of its table's name.
    """
    known = {
        volume.key(index): (number, index)
        for number, volume in enumerate(store.volumes)
        for index in range(len(volume.positions))
    }
    files: defaultdict[str, list[Plane]] = defaultdict(list)
    for plane in planes:
        for name in {plane.file, _stem(plane.file)}:
            files[name].append(plane)
    found: list[tuple[Address, Plane]] = []
    strange = 0
    for row in rows:
        if row.key not in known:
            strange += 1
            continue
        held = files.get(row.file) or files.get(_stem(row.file), [])
        found += [(known[row.key], p) for p in held if p.of == 1 or p.index == row.index]
    return _matched(found, 0, strange)


def match_places(store: Store, planes: Sequence[Plane]) -> Matched:
    """Match by what files and their names tell: source image; or patient, reconstruction, place.

    A source image (SourceImageSequence, or the unchanged SOPInstanceUID of the input) is the slice
    itself whatever else a file says, but for its place, which must be the slice's.
    """
    patients, references = Patients(store), References(store)
    volumes: defaultdict[str, list[int]] = defaultdict(list)
    for number, volume in enumerate(store.volumes):
        volumes[volume.patient].append(number)
    found: list[tuple[Address, Plane]] = []
    numbered: defaultdict[int, list[tuple[int, Plane]]] = defaultdict(list)
    ambiguous = strange = elsewhere = 0
    for plane in planes:
        if sources := references.named(plane.images):
            meant = {*_told(store, sorted({n for n, _ in sources}), plane)}
            addresses = [one for one in sorted(sources) if one[0] in meant]
            if len(addresses) > 1:
                ambiguous += 1
            elif not all(_lies_at(store, one, plane.position) for one in addresses):
                elsewhere += 1
            else:
                found += [(one, plane) for one in addresses]
                strange += not addresses
            continue
        named = patients.named(plane.words)
        those = _told(store, [n for one in named for n in volumes[one]], plane)
        if plane.position is not None:
            those = [n for n in those if _at(store.volumes[n], plane.position) is not None]
        elif plane.of > 1:
            those = [n for n in those if len(store.volumes[n].positions) == plane.of]
        if len(those) > 1:
            ambiguous += 1
        elif not those:
            strange += 1
        elif plane.position is not None:
            index = _at(store.volumes[those[0]], plane.position)
            found += [((those[0], index), plane)] if index is not None else []
        elif plane.of > 1:
            found.append(((those[0], plane.index), plane))
        elif (told := last_number(plane.file)) is not None:
            numbered[those[0]].append((told, plane))
        else:
            strange += 1
    for only, some in numbered.items():
        count = len(store.volumes[only].positions)
        first = first_number([number for number, _ in some], count)
        inside = [(n - first, plane) for n, plane in some if 0 <= n - first < count]
        strange += len(some) - len(inside)
        found += [((only, index), plane) for index, plane in inside]
    return replace(_matched(found, ambiguous, strange), elsewhere=elsewhere)


def first_number(numbers: Iterable[int], count: int) -> int:
    """Return from which number a volume of ``count`` slices is counted: 1 where 0 cannot be."""
    numbers = [*numbers]
    return 1 if 0 not in numbers and max(numbers, default=0) == count else 0


def last_number(name: str) -> int | None:
    """Return the last number in a file's name without its ending; None where there is none."""
    digits = re.findall(r"\d+", PurePosixPath(_stem(name)).name)
    return int(digits[-1]) if digits else None


def _matched(found: Sequence[tuple[Address, Plane]], ambiguous: int, strange: int) -> Matched:
    planes: dict[Address, Plane] = {}
    twice: set[Address] = set()
    for address, plane in found:
        if address in planes:
            twice.add(address)
        planes[address] = plane
    return Matched(planes, frozenset(twice), ambiguous, strange)


def _told(store: Store, numbers: Sequence[int], plane: Plane) -> list[int]:
    """Return the volumes that a header does not contradict and, if some are, that names mean."""
    those = [n for n in numbers if _agrees(store.volumes[n], plane)]
    words = {word.casefold() for word in plane.words}
    for meant in (_spelt, _kernel, _thickness, _dose):
        named = [n for n in those if words & {meant(store.volumes[n]).casefold()}]
        those = named or those
    return those


def _agrees(volume: Volume, plane: Plane) -> bool:
    thick = plane.thickness is None or volume.thickness in (UNKNOWN_THICKNESS, plane.thickness)
    sharp = not plane.kernel or volume.kernel in (UNKNOWN_KERNEL, plane.kernel)
    return thick and sharp


def _spelt(volume: Volume) -> str:
    return volume.reconstruction.spelt


def _kernel(volume: Volume) -> str:
    return volume.kernel


def _thickness(volume: Volume) -> str:
    return thickness_text(volume.thickness)


def _dose(volume: Volume) -> str:
    return dose_text(volume.dose).replace("%", "pct")


def _at(volume: Volume, position: float) -> int | None:
    """Return the slice of a volume at a place in mm; None where there is none, or two."""
    near = [i for i, own in enumerate(volume.positions) if abs(own - position) <= NEAR]
    return near[0] if len(near) == 1 else None


def _lies_at(store: Store, address: Address, position: float | None) -> bool:
    """Tell whether a slice lies at ``position`` in mm, or nobody told one."""
    number, index = address
    own = store.volumes[number].positions[index]
    return position is None or abs(own - position) <= NEAR


def _stem(file: str) -> str:
    """Return a file's path without the ending of its format."""
    return ENDINGS.sub("", file)
