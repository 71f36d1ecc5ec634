"""What names say: the tokens of a path or a header text, turned into claims.

No folder layout is known here. A name is cut into its alphanumeric tokens and each token that
means something claims it, whether it stands in the Mayo challenge's own tree, in a mirror's or
in somebody's copy. The name nearest to the file speaks first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Literal

from pi.readers.dose_words import Dose as Dose  # where the rooms downstream look for it
from pi.readers.dose_words import DoseSaid, dose_said
from pi.readers.kernels import base_kernel

Fact = Literal["patient", "dose", "thickness", "kernel"]
FILE_NAME = "file name"
FACTS: tuple[Fact, ...] = ("patient", "dose", "thickness", "kernel")

_TOKENS: dict[str, tuple[Fact, str]] = {
    "1mm": ("thickness", "1"),
    "3mm": ("thickness", "3"),
    **dict.fromkeys(("b30", "b30f"), ("kernel", "B30")),
    **dict.fromkeys(("d45", "d45f"), ("kernel", "D45")),
    "soft": ("kernel", "soft"),
    "sharp": ("kernel", "sharp"),
}
_PATIENT = re.compile(r"[lcn]\d{3}", re.IGNORECASE)
_NUMBERED = re.compile(r"[a-z]\d{3}", re.IGNORECASE)
# L506_QD_3_SHARP_1.CT.0003.0105....IMA, and the PatientName of the same file: L506_QD_3_SHARP
_GRAMMAR = re.compile(
    r"(?P<patient>[a-z0-9-]+)_(?P<dose>fd|qd)_(?P<thickness>\d+)(?P<sharp>_sharp)?(?![a-z0-9])",
    re.IGNORECASE,
)
_MEANT_BY = {"soft": "B30", "sharp": "D45"}


@dataclass(frozen=True, slots=True)
class Claim:
    """One fact as one name tells it.

    Attributes:
        fact: what it is about.
        value: ``L067``; ``low`` or ``normal``; ``1`` (mm); ``B30``, ``D45``, ``soft``, ``sharp``.
        source: who says so: ``file name``, ``folder 1`` (the nearest), ``PatientName``...
    """

    fact: Fact
    value: str
    source: str


def tokens(text: str) -> tuple[str, ...]:
    """Return the alphanumeric tokens of ``text`` in lower case."""
    return tuple(token for token in re.split(r"[^a-z0-9]+", text.lower()) if token)


@lru_cache(maxsize=1 << 12)
def text_claims(text: str, source: str) -> tuple[Claim, ...]:
    """Return what one name claims, at most one value a fact; two values claim nothing."""
    found: dict[Fact, set[str]] = {}
    for fact, value in _found(text):
        found.setdefault(fact, set()).add(value)
    dose = _dose(text, source)
    if dose and dose.sure:
        found["dose"] = {dose.dose}
    if len(kernels := found.get("kernel", set())) > 1:
        found["kernel"] = set(map(kernel_meant, kernels))  # "Sharp Kernel (D45)" says D45 twice
    return tuple(
        Claim(fact, found[fact].pop(), source) for fact in FACTS if len(found.get(fact, ())) == 1
    )


def path_claims(relative: PurePath) -> tuple[Claim, ...]:
    """Return what every level of a relative path claims, the nearest to the file first."""
    levels = path_levels(relative)
    return tuple(claim for name, source in levels for claim in text_claims(name, source))


def holds_projections(relative: PurePath) -> bool:
    """Tell whether a path names raw projections (DICOM-CT-PD), which are not images.

    ``projections`` counts and ``projection`` does not: the collection of The Cancer Imaging
    Archive is itself called LDCT-and-Projection-data.
    """
    names = [f" {' '.join(tokens(name))} " for name, _ in path_levels(relative)]
    return any(" dicom ct pd " in name or " projections " in name for name in names)


def nearest(claims: Iterable[Claim], fact: Fact) -> Claim | None:
    """Return the first claim about ``fact``."""
    return next((claim for claim in claims if claim.fact == fact), None)


def disagreements(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Yield the nearest claim with every farther one that contradicts it."""
    claims = tuple(claims)
    for fact in FACTS:
        first = nearest(claims, fact)
        for other in claims:
            if first and other.fact == fact and not agree(first, other):
                yield first, other


def agree(one: Claim, other: Claim) -> bool:
    """Tell whether two claims about the same fact can both be true."""
    if one.fact == "patient":
        return one.value.upper() == other.value.upper()
    if one.fact == "thickness":
        return abs(float(one.value) - float(other.value)) <= 0.05
    if one.fact == "kernel":
        return _kernels_agree(one.value, other.value)
    return one.value == other.value


def kernel_meant(value: str) -> str:
    """Return the kernel that a claim stands for when no header names one."""
    return _MEANT_BY.get(value, value)


def is_challenge_name(text: str) -> bool:
    """Tell whether ``text`` is of the challenge's grammar, such as ``L506_QD_3_SHARP``."""
    return _GRAMMAR.match(text.strip()) is not None


def is_patient_token(text: str) -> bool:
    """Tell whether ``text`` is a patient of the Mayo collections, such as ``L067``."""
    return _PATIENT.fullmatch(text) is not None


def _kernels_agree(one: str, other: str) -> bool:
    # soft and sharp are words: they contradict each other and the challenge's own two kernels,
    # but a folder called sharp may well hold a B70.
    words = {one, other} & _MEANT_BY.keys()
    if words and not {one, other} <= {"B30", "D45", *_MEANT_BY}:
        return True
    return base_kernel(kernel_meant(one)) == base_kernel(kernel_meant(other))


def path_levels(relative: PurePath) -> Iterator[tuple[str, str]]:
    """Yield every name of a path with what it is called, the nearest to the file first."""
    yield relative.name, FILE_NAME
    for index, name in enumerate(reversed(relative.parts[:-1]), start=1):
        yield name, f"folder {index}"


def _dose(text: str, source: str) -> DoseSaid | None:
    if named := _GRAMMAR.match(text.strip()):
        return dose_said(named["dose"])
    return dose_said(text, is_file=source == FILE_NAME)


def _found(text: str) -> Iterator[tuple[Fact, str]]:
    named = _GRAMMAR.match(text.strip())
    if named:
        patient = named["patient"]
        yield "patient", patient.upper() if _NUMBERED.fullmatch(patient) else patient
        yield "thickness", named["thickness"]
        yield "kernel", "D45" if named["sharp"] else "B30"
        return
    if is_patient_token(text.strip()) and text.strip()[0].isupper():
        # A whole name alone: c001.dcm is a slice, n512 a size, and a UUID may contain c123.
        yield "patient", text.strip().upper()
        return
    for token in tokens(text):
        if token in _TOKENS:
            yield _TOKENS[token]
