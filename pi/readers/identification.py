"""Whose slice it is, at which dose, how reconstructed: names, headers and the user must agree."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from pi.identity import Reconstruction
from pi.readers.claims import Claims, claims_of
from pi.readers.doses import settle_dose
from pi.readers.facts import SliceFacts
from pi.readers.header import Identification, SliceHeader
from pi.readers.names import Dose, disagreements
from pi.readers.patients import settle_patients
from pi.readers.portraits import PictureOf
from pi.readers.reconstructions import settle_reconstruction
from pi.readers.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Identified:
    """The slices that are known, and the others.

    Attributes:
        headers: slices whose patient, dose and reconstruction are known.
        refused: every other slice.
        disagreements: "folder 1 says low but folder 4 says normal" -> number of slices, where
            the levels of a path contradict each other and the nearest was believed.
        messages: what else the user should hear; names nobody.
    """

    headers: tuple[SliceHeader, ...]
    refused: tuple[Refused, ...]
    disagreements: Counter[str]
    messages: tuple[str, ...] = ()


def identify(
    slices: Sequence[SliceFacts],
    told: Sequence[str] = (),
    picture_of: PictureOf | None = None,
) -> Identified:
    """Return what the slices of a folder are; the order of the slices does not matter.

    Args:
        slices: of the whole folder.
        told: the user's own mapping: the patient of each slice, empty where it says nothing.
        picture_of: reads the HU of a slice; see `pi.readers.portraits`.
    """
    claims = [claims_of(one) for one in slices]
    settled = settle_patients(slices, claims, told, picture_of)
    headers: list[SliceHeader] = []
    refused: list[Refused] = []
    differing: Counter[str] = Counter()
    shared: dict[Identification, Identification] = {}
    for facts, claimed, patient in zip(slices, claims, settled.patients, strict=True):
        what = _identification(settle_reconstruction(claimed), settle_dose(facts, claimed), patient)
        if isinstance(what, Refusal):
            refused.append(Refused(facts.file, what))
            continue
        headers.append(SliceHeader(shared.setdefault(what, what), facts))
        differing.update(_differing(claimed))
    return Identified(tuple(headers), tuple(refused), differing, settled.messages)


def _identification(
    reconstruction: Reconstruction | Refusal, dose: Dose | Refusal, patient: str | Refusal
) -> Identification | Refusal:
    """Return the whole, or the first reason why it is not known."""
    for one in (reconstruction, dose, patient):
        if isinstance(one, Refusal):
            return one
    return Identification(
        cast(str, patient), cast(Dose, dose), cast(Reconstruction, reconstruction)
    )


def _differing(claims: Claims) -> Iterator[str]:
    for near, far in disagreements(claims.path):
        if near.fact != "patient":
            yield f"{near.source} says {near.value} but {far.source} says {far.value}"
