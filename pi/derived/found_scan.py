"""What a folder holds that can be denoised: series of DICOM slices, or arrays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pi.errors import PiError
from pi.progress import progress
from pi.readers.archives import list_files
from pi.readers.facts import SliceFacts
from pi.readers.reading import read_facts
from pi.readers.refusal import Reason, Refusal, Refused

_BESIDE: frozenset[Reason] = frozenset(
    {
        *("companion-file", "not-dicom", "image-without-hu", "packed-archive", "projections"),
        *("not-a-ct-image", "localizer", "unsupported-format"),
    }
)
"""Reasons of files that lie beside a scan and are no part of it. All others are of slices."""


class ScanError(PiError):
    """A folder that holds nothing to denoise, not one scan alone, or a damaged one."""


@dataclass(frozen=True, slots=True)
class FoundScan:
    """The slices of a folder.

    Attributes:
        slices: what the files say of their slices, DICOM or arrays.
        beside: how many files are no part of a scan, by reason.
    """

    slices: tuple[SliceFacts, ...] = field(repr=False)
    beside: Counter[Reason]

    @property
    def arrays(self) -> bool:
        """Whether the slices are those of files without a DICOM header."""
        return bool(self.slices[0].format)


def find_scan(source: Path) -> FoundScan:
    """Read what every file below ``source`` says of its slices.

    Raises:
        ScanError: there is no slice, or one that cannot be read, or DICOM beside arrays.
    """
    refused: list[Refused] = []
    slices: list[SliceFacts] = []
    files = list(list_files(source, refused))
    for relative in progress(files, "reading headers", total=len(files), unit="file"):
        found = read_facts(source, relative)
        if isinstance(found, Refusal):
            refused.append(Refused(str(relative), found))
        else:
            slices += found
    counts = Counter(one.refusal.reason for one in refused)
    _require_slices(slices, counts)
    return FoundScan(tuple(slices), counts)


def _require_slices(slices: Sequence[SliceFacts], counts: Counter[Reason]) -> None:
    damaged = Counter({why: n for why, n in counts.items() if why not in _BESIDE})
    if damaged:
        raise ScanError(
            f"the folder must hold whole slices but {damaged.total()} of "
            f"{len(slices) + counts.total()} files or slices cannot be read ({told(damaged)})."
        )
    if not slices:
        why = f"of {counts.total()} files ({told(counts)})" if counts else "it is empty"
        raise ScanError(f"the folder must hold CT slices but none was found: {why}.")
    arrays = sum(bool(one.format) for one in slices)
    if 0 < arrays < len(slices):
        raise ScanError(
            f"the folder must hold DICOM or arrays alone but got {len(slices) - arrays} slices of "
            f"DICOM and {arrays} of arrays."
        )


def told(counts: Counter[Reason]) -> str:
    """Return counts in words, the commonest first."""
    return ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
