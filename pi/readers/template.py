"""A mapping filled in with what was understood of a folder, for the user to complete."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from pi.identity import UNKNOWN_THICKNESS
from pi.readers.dose_words import UNTOLD
from pi.readers.facts import SliceFacts
from pi.readers.globs import literal
from pi.readers.header import SliceHeader
from pi.readers.identification import Identified
from pi.readers.mapping_table import COLUMNS, UNKNOWN

Row = tuple[str, ...]


def template_rows(slices: Sequence[SliceFacts], identified: Identified) -> list[Row]:
    """Return the rows of a mapping, in the order of `COLUMNS`.

    A folder of one kind has one line; where a folder holds several kinds, every file has a line of
    its own. Slices that were refused have empty fields. Used as it is, such a mapping says what
    names and headers say: the same store comes of it.
    """
    known = {(header.file, header.facts.index): header for header in identified.headers}
    kinds: defaultdict[PurePath, dict[str, set[Row]]]
    kinds = defaultdict(lambda: defaultdict(set))
    for facts in slices:
        kinds[PurePath(facts.file).parent][facts.file].add(
            _kind(facts, known.get((facts.file, facts.index)))
        )
    rows: list[Row] = []
    for folder, files in sorted(kinds.items()):
        rows += _of_folder(folder, files)
    return rows


def _of_folder(folder: PurePath, files: Mapping[str, set[Row]]) -> Iterable[Row]:
    if len(set[Row]().union(*files.values())) == 1:
        (kind,) = next(iter(files.values()))
        return [(literal(str(folder / "ANY")).removesuffix("ANY") + "*", *kind)]
    # Slices of one file that differ cannot be told apart by its name.
    return [
        (literal(file), *(next(iter(kinds)) if len(kinds) == 1 else [""] * (len(COLUMNS) - 1)))
        for file, kinds in sorted(files.items())
    ]


def _kind(facts: SliceFacts, header: SliceHeader | None) -> Row:
    """Return all columns but the glob."""
    told = facts.told
    if header is None:
        return ("", "", "", "", told.pair_key, told.unit)
    how = header.reconstruction
    dose = "full" if header.dose == "normal" else "low"
    if how.dose != UNTOLD:
        dose = repr(how.dose)
    thickness = UNKNOWN if how.thickness == UNKNOWN_THICKNESS else repr(how.thickness)
    return (header.patient, dose, how.kernel, thickness, told.pair_key, told.unit)
