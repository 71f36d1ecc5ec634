"""What the names around a slice and its header claim of it, and how claims are weighed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.kernels import stated_kernel
from pi.readers.names import (
    Claim,
    Fact,
    agree,
    is_challenge_name,
    nearest,
    path_claims,
    text_claims,
    tokens,
)
from pi.readers.refusal import Reason, Refusal, RefusedError

_BY_FOLDER, _BY_FILE = "**/FOLDER/**", "**/BEGINNING*"
"""Globs of the lines that are named: of what lies in a folder, and of what has like file names."""
_WAY_OUT = {
    "patient": f"{_BY_FOLDER},WHO",
    "dose": f"{_BY_FOLDER},low",
    "thickness": f"{_BY_FOLDER},3",
    "kernel": f"{_BY_FOLDER},B30",
}
_UNKNOWN: dict[Fact, tuple[Reason, str]] = {
    "dose": ("unknown-dose", "neither the path nor the header tells full from low dose"),
    "thickness": ("unknown-thickness", "SliceThickness is absent and no name gives it"),
    "kernel": ("unknown-kernel", "ConvolutionKernel is absent and no name gives it"),
}
_CONFLICT: dict[Fact, Reason] = {
    "dose": "conflicting-dose",
    "thickness": "conflicting-thickness",
    "kernel": "conflicting-kernel",
}
_CURABLE = {reason for reason, _ in _UNKNOWN.values()} | {*_CONFLICT.values()}


@dataclass(frozen=True, slots=True)
class Claims:
    """What is claimed of one slice.

    Attributes:
        path: by the names of its path, the nearest to the file first.
        header: by its header.
    """

    path: tuple[Claim, ...]
    header: tuple[Claim, ...]

    def tell(self, fact: Fact) -> bool:
        """Tell whether anybody claims ``fact``."""
        return nearest(self.path, fact) is not None or nearest(self.header, fact) is not None


def claims_of(facts: SliceFacts) -> Claims:
    """Return what path and header of a slice claim."""
    inside = (
        claim
        for name in reversed(PurePath(facts.inside).parts)
        for claim in text_claims(name, "array name")
    )
    path = (*inside, *path_claims(PurePath(facts.file)))
    return Claims(path, tuple(_header_claims(facts.text)))


def settle(fact: Fact, claims: Claims) -> str:
    """Return the one value of ``fact``; the header's own where path and header tell it.

    Not of ``patient``: whose a slice is, is a question about the whole folder.

    Raises:
        RefusedError: nobody tells it, or path and header tell it differently.
    """
    told = [claim for claim in claims.header if claim.fact == fact]
    near = nearest(claims.path, fact)
    voices = [*told, near] if near else told
    if not voices:
        raise RefusedError(*_UNKNOWN[fact])
    for other in voices[1:]:
        if not agree(voices[0], other):
            _refuse_conflict(voices[0], other)
    return voices[0].value


def with_way_out(refusal: Refusal, *, by_file: bool = False) -> Refusal:
    """Return a refusal that a line of the user's mapping can cure with the words for that line.

    Args:
        refusal: of one slice.
        by_file: no folder holds the slice and its like alone, so that file names must tell.
    """
    _, _, fact = refusal.reason.partition("-")
    detail = refusal.detail
    if refusal.reason in _CURABLE and "mapping.csv" not in detail:
        detail = f"{detail}; {way_out(fact)}"
    return replace(refusal, detail=detail.replace(_BY_FOLDER, _BY_FILE) if by_file else detail)


def way_out(fact: str) -> str:
    """Return the line of the user's mapping that decides ``fact``, in words."""
    return f"a line such as `{_WAY_OUT[fact]}` under `glob,{fact}` in mapping.csv decides"


def _header_claims(text: HeaderText) -> Iterable[Claim]:
    if text.thickness is not None:
        yield Claim("thickness", f"{text.thickness:g}", "SliceThickness")
    if kernel := stated_kernel(text.kernel):
        yield Claim("kernel", kernel, "ConvolutionKernel")
    named = is_challenge_name(text.patient_name)  # a person may be called Low
    for claim in text_claims(text.patient_name, "PatientName"):
        if named or claim.fact != "dose":
            yield claim
    # "Full Dose Images" says which dose it is; "LOW DOSE CHEST" may be the name of a protocol.
    if tokens(text.series_description)[1:3] == ("dose", "images"):
        description = text_claims(text.series_description, "SeriesDescription")
        yield from (claim for claim in description if claim.fact == "dose")


def _refuse_conflict(one: Claim, other: Claim) -> None:
    values = (f"{one.source}: {one.value}", f"{other.source}: {other.value}")
    detail = f"{one.source} says {one.value} but {other.source} says {other.value}"
    raise RefusedError(_CONFLICT[one.fact], detail, values)
