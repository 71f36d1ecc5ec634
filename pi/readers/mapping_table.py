"""The table of a mapping: its lines, read with tolerance for spreadsheets, refused by number."""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pi.errors import PiError
from pi.readers.dose_words import UNTOLD, Dose, dose_said
from pi.readers.told import Told
from pi.readers.units import AUTO, GRAMMAR, is_grammatical

COLUMNS = ("glob", "patient", "dose", "kernel", "thickness", "pair", "unit")
UNKNOWN = "unknown"
"""Says of a kernel or a thickness that nobody knows it."""

_LARGEST_BYTES = 1 << 26
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


class MappingError(PiError):
    """The user's mapping cannot be understood, or does not fit the data."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a mapping.

    Attributes:
        number: of the line in its file, from 1.
        glob: which files it means; private.
        told: what it says of them.
    """

    number: int
    glob: str = field(repr=False)
    told: Told


def read_lines(file: Path) -> tuple[Line, ...]:
    """Return the lines of a mapping: CSV with ``,`` ``;`` or tabs, with or without a BOM.

    Raises:
        MappingError: with the number of the line, never with what it names.
    """
    rows = _rows(file)
    number, head = next(rows, (1, []))
    columns = [_column(cell, number) for cell in head]
    if "glob" not in columns or len(set(columns)) < len(columns):
        raise MappingError(
            f"line 1 of the mapping must name the column glob and any of {', '.join(COLUMNS[1:])}, "
            f"each once, but {'repeats one' if 'glob' in columns else 'glob is not there'}."
        )
    lines = tuple(_line(number, columns, cells) for number, cells in rows)
    if not lines:
        raise MappingError("the mapping must have a line below its head but has none.")
    return lines


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise MappingError("the mapping must be a table of at most 64 MB but is larger.")
        text = file.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise MappingError(f"the mapping must be readable but: {error.strerror}.") from None
    if "\0" in text:
        raise MappingError("the mapping must be text in UTF-8 but holds bytes that are no text.")
    head = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error:
        raise MappingError(
            f"the mapping must be a table of comma-separated values but line {reader.line_num} is "
            "none."
        ) from None


def _column(cell: str, number: int) -> str:
    name = re.sub(r"[ _-]+", "_", cell.lower())
    name = "pair" if name == "pair_key" else name
    if name not in COLUMNS:
        raise MappingError(
            f"line {number} of the mapping must name columns of {', '.join(COLUMNS)} but names "
            "another."
        )
    return name


def _line(number: int, columns: list[str], cells: list[str]) -> Line:
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        raise MappingError(
            f"line {number} of the mapping must have at most {len(columns)} values but has "
            f"{len(cells)}."
        )
    given = dict(zip(columns, cells, strict=False))
    glob = given.get("glob", "")
    if not glob:
        raise MappingError(f"line {number} of the mapping must have a glob but has none.")
    dose, fraction = _dose(given.get("dose", ""), number)
    told = Told(
        patient=given.get("patient", ""),
        dose=dose,
        fraction=fraction,
        kernel=given.get("kernel", ""),
        thickness=_thickness(given.get("thickness", ""), number),
        pair_key=given.get("pair", ""),
        unit=_unit(given.get("unit", ""), number),
    )
    return Line(number, glob.removeprefix("./"), told)


def _dose(text: str, number: int) -> tuple[Dose | None, float]:
    """Return dose and fraction: of a word, of ``0.25``, or of ``25%``."""
    if not text:
        return None, UNTOLD
    if (fraction := _number(text)) is not None:
        if not 0 < fraction < 1:
            raise MappingError(
                f"line {number} of the mapping must have a dose that is a word or a fraction in "
                f"(0, 1), such as low, full, 0.25 or 25%, but has {text}."
            )
        return "low", fraction
    said = dose_said(text)
    if said is None:
        raise MappingError(
            f"line {number} of the mapping must have a dose that is a word such as low or full, or "
            "a fraction such as 0.25, but has something else."
        )
    return said.dose, said.fraction


def _thickness(text: str, number: int) -> float | None:
    if not text:
        return None
    if text.lower() == UNKNOWN:
        return 0.0
    value = _number(text.lower().removesuffix("mm").strip())
    if value is None or not 0 < value < math.inf:
        raise MappingError(
            f"line {number} of the mapping must have a thickness in mm greater than 0, or the word "
            f"{UNKNOWN}, but has {'another number' if value is not None else 'something else'}."
        )
    return value


def _unit(text: str, number: int) -> str:
    unit = text.replace(" ", "").lower()
    if unit and (unit == AUTO or not is_grammatical(unit)):
        raise MappingError(
            f"line {number} of the mapping must have a unit of {GRAMMAR.removeprefix('auto, ')} "
            "but has something else."
        )
    return unit


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return float(text.replace(",", "."))
