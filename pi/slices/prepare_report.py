"""What `prepare` found, told without a name: a table, counts by reason code, warnings."""

from collections.abc import Mapping
from dataclasses import dataclass

from pi.errors import PiError
from pi.identity import Reconstruction
from pi.readers.refusal import HARMLESS
from pi.slices.split import Membership
from pi.text_table import aligned


class RefusalError(PiError):
    """Files were refused although ``strict`` allows none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reconstruction of one patient.

    Attributes:
        patient: pseudonym.
        reconstruction: thickness and kernel.
        split: part of the patient.
        pairs: slices in the store.
        low_left: low-dose slices left out.
        normal_left: full-dose slices left out.
        gaps: steps of more than 1.5 median steps between stored slices.
    """

    patient: str
    reconstruction: Reconstruction
    split: Membership
    pairs: int
    low_left: int
    normal_left: int
    gaps: int


@dataclass(frozen=True, slots=True)
class PrepareReport:
    """What became of every file.

    Attributes:
        files: files looked at; each is half of a pair or refused.
        rows: one per patient and reconstruction.
        refusals: reason code -> number of files.
        details: (reason code, what exactly) -> number of files; conflicts show both values.
        split: name of the split.
        messages: remarks and warnings in plain words.
        padded: pixels that were never measured.
        clipped: pixels above 3072 HU.
        digest: of the store.
    """

    files: int
    rows: tuple[Row, ...]
    refusals: Mapping[str, int]
    details: Mapping[tuple[str, str], int]
    split: str
    messages: tuple[str, ...]
    padded: int
    clipped: int
    digest: str

    @property
    def pairs(self) -> int:
        """Number of paired slices."""
        return sum(row.pairs for row in self.rows)

    @property
    def refused(self) -> int:
        """Number of files refused."""
        return sum(self.refusals.values())

    def text(self) -> str:
        """Return the report for a terminal."""
        head = ("patient", "reconstruction", "split", "pairs", "low left", "full left", "gaps")
        lines = [aligned([head, *map(_cells, self.rows)]), ""]
        lines.append(
            f"{self.pairs} pairs from {self.files} files, {self.refused} files refused, "
            f"{self.padded} pixels padded, {self.clipped} clipped"
        )
        lines += [
            f"  refused {count:6d}  {code}: {detail}"
            for (code, detail), count in sorted(self.details.items())
        ]
        lines += self.messages
        lines.append(f"digest {self.digest}")
        return "\n".join(lines)


def require_nothing_refused(report: PrepareReport) -> None:
    """Raise `RefusalError` if any file was refused, harmless ones apart."""
    lost = {code: n for code, n in sorted(report.refusals.items()) if code not in HARMLESS}
    if lost:
        counts = ", ".join(f"{code} {count}" for code, count in lost.items())
        raise RefusalError(
            f"`strict` must find every file usable but {sum(lost.values())} of {report.files} "
            f"were refused ({counts})."
        )


def _cells(row: Row) -> tuple[str, ...]:
    counts = (row.pairs, row.low_left, row.normal_left, row.gaps)
    return (row.patient, str(row.reconstruction), row.split, *map(str, counts))
