"""``mapping.csv``: what the user says of the files of a folder, before names and headers.

A table with the column ``glob`` and any of ``patient``, ``dose`` (a word such as ``low``, or a
fraction of the normal dose such as ``0.25`` or ``25%``), ``kernel``, ``thickness`` (mm), ``pair``
(slices of the same key are partners) and ``unit`` (of values: ``hu`` or ``unit:LOW:HIGH``). A glob
is matched against the path below the data folder, see `pi.readers.globs`. A file may be meant by
several lines, which may complement each other and must not contradict each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from pi.places import mapping_file
from pi.readers.facts import SliceFacts
from pi.readers.globs import composed, matches
from pi.readers.mapping_table import Line, MappingError, read_lines
from pi.readers.told import NOTHING_TOLD, Told

MAPPING = "mapping.csv"

_FIELDS = ("patient", "dose", "fraction", "kernel", "thickness", "pair_key", "unit")


@dataclass(frozen=True, slots=True)
class Mapping:
    """The lines of a mapping.

    Attributes:
        lines: as the table has them.
    """

    lines: tuple[Line, ...] = field(repr=False)

    def told_of(self, file: str) -> Told:
        """Return what the lines say of one file, a path below the data folder.

        Raises:
            MappingError: two of them contradict each other.
        """
        return combined([line for line in self.lines if matches(line.glob, file)])


def find_mapping(source: Path) -> Mapping | None:
    """Return the mapping of a data folder: the file named by PI_MAPPING, or its `MAPPING`.

    Raises:
        PlaceError: PI_MAPPING names no file.
        MappingError: both are there, or the table cannot be understood.
    """
    own, named = source / MAPPING, mapping_file(source)
    if named is not None and own.is_file() and not own.samefile(named):
        raise MappingError(
            f"one mapping must be told but PI_MAPPING names one and the data folder holds a "
            f"{MAPPING} of its own; remove one of them."
        )
    file = named or (own if own.is_file() else None)
    return Mapping(read_lines(file)) if file else None


def apply_mapping(
    mapping: Mapping | None, slices: Sequence[SliceFacts], files: Iterable[PurePath]
) -> tuple[SliceFacts, ...]:
    """Return ``slices`` with what the mapping says of each.

    Args:
        mapping: None leaves the slices as they are.
        slices: of the whole folder.
        files: all files of the folder, of which some may hold no slice.

    Raises:
        MappingError: a line means no file at all, or two lines contradict each other.
    """
    if mapping is None:
        return tuple(slices)
    meant = _by_file(mapping, {*(one.file for one in slices), *map(str, files)})
    idle = [line.number for line in mapping.lines if not any(line in one for one in meant.values())]
    if idle:
        raise MappingError(
            f"every line of the mapping must mean a file below the data folder but line {idle[0]} "
            f"means none{f' (nor do {len(idle) - 1} others)' if len(idle) > 1 else ''}; `**/` "
            "stands for any folders, and upper and lower case differ."
        )
    told = {lines: combined(lines) for lines in set(meant.values())}
    return tuple(replace(one, told=told[meant[one.file]]) for one in slices)


def combined(lines: Sequence[Line]) -> Told:
    """Return what several lines say together.

    Raises:
        MappingError: two of them contradict each other.
    """
    told = NOTHING_TOLD
    by: dict[str, int] = {}
    for line in lines:
        for name in _FIELDS:
            value, before = getattr(line.told, name), getattr(told, name)
            if value == getattr(NOTHING_TOLD, name) or value == before:
                continue
            if name in by:
                raise MappingError(
                    f"lines {by[name]} and {line.number} of the mapping mean the same file and "
                    f"must agree but give it two values of `{name.removesuffix('_key')}`."
                )
            by[name] = line.number
            told = replace(told, **{name: value})
    return told


def _by_file(mapping: Mapping, files: Iterable[str]) -> dict[str, tuple[Line, ...]]:
    """Return the lines that mean each file; ``FOLDER/*`` is looked up, not tried on every file."""
    flat: defaultdict[str, list[Line]] = defaultdict(list)
    others: list[Line] = []
    for line in mapping.lines:
        folder, _, last = composed(line.glob).rpartition("/")
        simple = last == "*" and not set(folder) & set("*?")
        (flat[folder] if simple else others).append(line)
    found = {}
    for file in files:
        own = flat.get(composed(file).rpartition("/")[0], [])
        lines = own + [line for line in others if matches(line.glob, file)]
        found[file] = tuple(sorted(lines, key=lambda line: line.number))
    return found
