"""What the names around a slice and its header claim of it, and how claims are weighed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pi.identity import short_kernel
from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.names import (
    Claim,
    Fact,
    agree,
    nearest,
    path_claims,
    text_claims,
    tokens,
)
from pi.readers.refusal import Reason, RefusedError

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


def _header_claims(text: HeaderText) -> Iterable[Claim]:
    if text.thickness is not None:
        yield Claim("thickness", f"{text.thickness:g}", "SliceThickness")
    if text.kernel:
        yield Claim("kernel", short_kernel(text.kernel[0]), "ConvolutionKernel")
    yield from text_claims(text.patient_name, "PatientName")
    # "Full Dose Images" says which dose it is; "LOW DOSE CHEST" may be the name of a protocol.
    if tokens(text.series_description)[1:3] == ("dose", "images"):
        description = text_claims(text.series_description, "SeriesDescription")
        yield from (claim for claim in description if claim.fact == "dose")


def _refuse_conflict(one: Claim, other: Claim) -> None:
    values = (f"{one.source}: {one.value}", f"{other.source}: {other.value}")
    detail = f"{one.source} says {one.value} but {other.source} says {other.value}"
    raise RefusedError(_CONFLICT[one.fact], detail, values)
