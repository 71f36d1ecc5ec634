"""A mapping filled in with what was understood of a folder, for the user to complete."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from pi.identity import UNKNOWN_THICKNESS, Reconstruction
from pi.readers.dose_words import UNTOLD
from pi.readers.facts import SliceFacts
from pi.readers.folders import mixed_folders
from pi.readers.globs import literal
from pi.readers.identification import Identified, Partly
from pi.readers.mapping_table import COLUMNS, UNKNOWN
from pi.readers.measured_doses import Level

Row = tuple[str, ...]


def template_rows(slices: Sequence[SliceFacts], identified: Identified) -> list[Row]:
    """Return the rows of a mapping, in the order of `COLUMNS`.

    A folder of one kind has one line; where a folder holds several kinds, or several series of
    patients that are not known, every file has a line of its own. What is not known of a slice is
    an empty field. Used as it is, such a mapping says what names and headers say: the same store
    comes of it.
    """
    known = dict(identified.partly)
    for header in identified.headers:
        what = Level(header.dose, header.reconstruction.dose)
        known[header.file, header.facts.index] = Partly(header.patient, what, header.reconstruction)
    mixed = mixed_folders(slices, "patient")
    kinds: defaultdict[PurePath, dict[str, set[Row]]]
    kinds = defaultdict(lambda: defaultdict(set))
    for facts in slices:
        kinds[PurePath(facts.file).parent][facts.file].add(
            _kind(facts, known[facts.file, facts.index])
        )
    rows: list[Row] = []
    for folder, files in sorted(kinds.items()):
        rows += _of_folder(folder, files, apart=_place(folder) in mixed)
    return rows


def _of_folder(folder: PurePath, files: Mapping[str, set[Row]], *, apart: bool) -> Iterable[Row]:
    """Return the lines of a folder; ``apart``: several patients may lie in it."""
    kinds = set[Row]().union(*files.values())
    if len(kinds) == 1 and not (apart and any(not patient for patient, *_ in kinds)):
        (kind,) = kinds
        return [(literal(str(folder / "ANY")).removesuffix("ANY") + "*", *kind)]
    # Slices of one file that differ cannot be told apart by its name.
    return [
        (literal(file), *(next(iter(kinds)) if len(kinds) == 1 else [""] * (len(COLUMNS) - 1)))
        for file, kinds in sorted(files.items())
    ]


def _place(folder: PurePath) -> str:
    return "" if folder == PurePath() else str(folder)


def _kind(facts: SliceFacts, known: Partly) -> Row:
    """Return all columns but the glob."""
    return (
        known.patient or "",
        _dose(known.level),
        known.how.kernel if known.how else "",
        _thickness(known.how),
        facts.told.pair_key,
        facts.told.unit,
    )


def _dose(level: Level | None) -> str:
    if level is None:
        return ""
    if level.fraction != UNTOLD:
        return repr(level.fraction)
    return "full" if level.dose == "normal" else "low"


def _thickness(how: Reconstruction | None) -> str:
    if how is None:
        return ""
    return UNKNOWN if how.thickness == UNKNOWN_THICKNESS else repr(how.thickness)
