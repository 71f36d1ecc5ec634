"""Whose slice it is, at which dose, how reconstructed: names and header must agree."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

from pi.dicom.layout import (
    Claim,
    Dose,
    Fact,
    agree,
    free_folder,
    is_patient_token,
    kernel_meant,
    nearest,
    text_claims,
    tokens,
)
from pi.dicom.refusal import Reason, RefusedError
from pi.identity import Reconstruction, short_kernel

_NOBODY = frozenset(
    {
        *("", "0", "na", "none", "noname", "unknown", "patient", "deidentified"),
        *("anon", "anonymous", "anonymized", "anonymised"),
    }
)
_UNKNOWN: dict[Fact, tuple[Reason, str]] = {
    "patient": ("unknown-patient", "neither the path nor the header names a patient"),
    "dose": ("unknown-dose", "neither the path nor the header tells full from low dose"),
    "thickness": ("unknown-thickness", "SliceThickness is absent and no name gives it"),
    "kernel": ("unknown-kernel", "ConvolutionKernel is absent and no name gives it"),
}
_CONFLICT: dict[Fact, Reason] = {
    "patient": "conflicting-patient",
    "dose": "conflicting-dose",
    "thickness": "conflicting-thickness",
    "kernel": "conflicting-kernel",
}


@dataclass(frozen=True, slots=True)
class HeaderText:
    """The header's texts that can tell what a slice is; empty where the tag is absent."""

    patient_id: str = field(default="", repr=False)
    patient_name: str = field(default="", repr=False)
    series_description: str = field(default="", repr=False)
    kernel: str = ""
    thickness: float | None = None


@dataclass(frozen=True, slots=True)
class Identification:
    """What a slice is.

    Attributes:
        patient: who, as the folder or the header says; never leaves the store's private folder.
        registered: PatientID, or empty where it names nobody; must not vary within a series.
        dose: ``low`` or ``normal``.
        reconstruction: thickness and kernel.
    """

    patient: str = field(repr=False)
    registered: str = field(repr=False)
    dose: Dose
    reconstruction: Reconstruction


def identify(path: tuple[Claim, ...], relative: PurePath, header: HeaderText) -> Identification:
    """Return what a slice is, from its path's claims (nearest first) and its header.

    Raises:
        RefusedError: a fact nobody tells, or one that path and header tell differently.
    """
    told = [*_header_claims(header)]
    thickness = _settle("thickness", path, told)
    kernel = kernel_meant(_settle("kernel", path, told))
    dose = _settle("dose", path, told) if _tells("dose", path, told) else _described(header)
    return Identification(
        patient=_patient(path, told, relative, header),
        registered=_somebody(header.patient_id),
        dose="low" if dose == "low" else "normal",
        reconstruction=Reconstruction(float(thickness), kernel),
    )


def _header_claims(header: HeaderText) -> Iterable[Claim]:
    if header.thickness is not None:
        yield Claim("thickness", f"{header.thickness:g}", "SliceThickness")
    if header.kernel:
        yield Claim("kernel", short_kernel(header.kernel), "ConvolutionKernel")
    yield from text_claims(header.patient_name, "PatientName")
    if is_patient_token(header.patient_id.strip()):
        yield Claim("patient", header.patient_id.strip().upper(), "PatientID")
    # "Full Dose Images" says which dose it is; "LOW DOSE CHEST" may be the name of a protocol.
    if tokens(header.series_description)[1:3] == ("dose", "images"):
        description = text_claims(header.series_description, "SeriesDescription")
        yield from (claim for claim in description if claim.fact == "dose")


def _settle(fact: Fact, path: Iterable[Claim], header: Iterable[Claim]) -> str:
    """Return the one value of ``fact``; the header's own where both tell it."""
    told = [claim for claim in header if claim.fact == fact]
    near = nearest(path, fact)
    voices = [*told, near] if near else told
    if not voices:
        raise RefusedError(*_UNKNOWN[fact])
    for other in voices[1:]:
        if not agree(voices[0], other):
            _refuse_conflict(voices[0], other)
    return voices[0].value


def _refuse_conflict(one: Claim, other: Claim) -> None:
    values = (f"{one.source}: {one.value}", f"{other.source}: {other.value}")
    if one.fact == "patient":
        detail = f"{one.source} and {other.source} name different patients"
        raise RefusedError(_CONFLICT[one.fact], detail, values)
    detail = f"{one.source} says {one.value} but {other.source} says {other.value}"
    raise RefusedError(_CONFLICT[one.fact], detail, values)


def _tells(fact: Fact, *claims: Iterable[Claim]) -> bool:
    return any(nearest(group, fact) is not None for group in claims)


def _described(header: HeaderText) -> str:
    claims = text_claims(header.series_description, "SeriesDescription")
    return _settle("dose", claims, ())


def _patient(
    path: tuple[Claim, ...], told: Iterable[Claim], relative: PurePath, header: HeaderText
) -> str:
    if _tells("patient", path, told):
        return _settle("patient", path, told)
    named = _somebody(header.patient_id) or _somebody(header.patient_name)
    patient = named or free_folder(relative)
    if not patient:
        raise RefusedError(*_UNKNOWN["patient"])
    return patient


def _somebody(name: str) -> str:
    name = name.strip()
    return "" if "".join(tokens(name)) in _NOBODY else name
