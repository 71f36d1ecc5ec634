"""Why a file is not in the store: one reason code, and words that name nobody."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Reason = Literal[
    "companion-file",
    "empty-file",
    "unreadable",
    "not-dicom",
    "image-without-hu",
    "packed-archive",
    "encrypted",
    "projections",
    "not-a-ct-image",
    "localizer",
    "multi-frame",
    "not-monochrome",
    "no-pixels",
    "truncated",
    "missing-codec",
    "undecodable",
    "bad-geometry",
    "bad-rescale",
    "unknown-patient",
    "unknown-dose",
    "unknown-thickness",
    "unknown-kernel",
    "conflicting-patient",
    "conflicting-dose",
    "conflicting-thickness",
    "conflicting-kernel",
    "duplicate",
    "conflicting-duplicate",
    "overlapping-series",
    "mixed-geometry",
    "one-dose-only",
    "unpaired-slice",
    "geometry-differs",
    "identical-doses",
    "not-a-regular-file",
    "takes-too-long",
    "unsupported-format",
    "array-type",
    "array-shape",
    "not-finite",
    "too-large",
    "unknown-values",
    "values-out-of-range",
    "low-dose-replaced",
    "unknown-noise",
    "conflicting-numbers",
]
REASONS: tuple[Reason, ...] = get_args(Reason)
HARMLESS: frozenset[Reason] = frozenset({"companion-file", "low-dose-replaced"})
"""What is left out without loss: tables of contents, licences, litter of an operating system, and
what the user asked to have replaced."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file left out, and why.

    Attributes:
        reason: the code that is counted, printed and logged.
        detail: a sentence for the user; never a path, a name, a UID or a date.
        values: what disagreed where that is an identity; kept in the store's private folder.
    """

    reason: Reason
    detail: str
    values: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A `Refusal` and the file it is about, relative to the source folder."""

    file: str = field(repr=False)
    refusal: Refusal


class RefusedError(Exception):
    """Carries a `Refusal` out of the depth of reading one file; never leaves `prepare`."""

    def __init__(self, reason: Reason, detail: str, values: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, detail, values)
