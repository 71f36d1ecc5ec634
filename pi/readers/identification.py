"""Whose slice it is, at which dose, how reconstructed: names, headers and the user must agree."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from pi.identity import Reconstruction
from pi.readers.claims import Claims, claims_of, with_way_out
from pi.readers.dose_words import UNTOLD, Dose
from pi.readers.doses import settle_doses
from pi.readers.facts import SliceFacts
from pi.readers.folders import mixed_folders
from pi.readers.header import Identification, SliceHeader
from pi.readers.measured_doses import Level
from pi.readers.names import FACTS, Claim, Fact, agree, disagreements
from pi.readers.noise import NoiseOf
from pi.readers.patients import settle_patients
from pi.readers.portraits import PictureOf
from pi.readers.reconstructions import settle_reconstructions
from pi.readers.refusal import Refusal, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partly:
    """What is known of a slice that was refused; None is not known.

    Attributes:
        patient: as the source names it; private.
        level: its dose.
        how: its reconstruction, whatever its dose.
    """

    patient: str | None = field(default=None, repr=False)
    level: Level | None = None
    how: Reconstruction | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """The slices that are known, and the others.

    Attributes:
        headers: slices whose patient, dose and reconstruction are known.
        refused: every other slice.
        disagreements: "folder 1 says low but folder 4 says normal" -> number of slices, where
            the levels of a path contradict each other and the nearest was believed.
        messages: a sentence for everything that was not simply read off a name or a header;
            names nobody.
        partly: (file, index) of every other slice -> what is known of it.
    """

    headers: tuple[SliceHeader, ...]
    refused: tuple[Refused, ...]
    disagreements: Counter[str]
    messages: tuple[str, ...] = ()
    partly: Mapping[tuple[str, int], Partly] = field(default_factory=dict, repr=False)


def identify(
    slices: Sequence[SliceFacts],
    picture_of: PictureOf | None = None,
    noise_of: NoiseOf | None = None,
    untold: Dose | None = None,
) -> Identified:
    """Return what the slices of a folder are; the order of the slices does not matter.

    Args:
        slices: of the whole folder, with what the user's mapping tells of each.
        picture_of: reads the HU of a slice, of which few are compared; see `pi.readers.portraits`.
        noise_of: measures slices whose dose nothing else tells; None where that is not wanted.
        untold: what slices are taken for whose dose nothing tells; None: they are refused.
    """
    claims = [claims_of(one) for one in slices]
    people = settle_patients(slices, claims, [one.told.patient for one in slices], picture_of)
    how = settle_reconstructions(slices, claims)
    doses = settle_doses(slices, claims, people.patients, how.reconstructions, noise_of)
    levels, assumed = _assumed(doses.doses, untold)
    headers: list[SliceHeader] = []
    refused: list[Refused] = []
    differing: Counter[str] = Counter()
    shared: dict[Identification, Identification] = {}
    partly: dict[tuple[str, int], Partly] = {}
    mixed: dict[str, frozenset[str]] = {fact: mixed_folders(slices, fact) for fact in FACTS}
    for facts, claimed, reconstruction, dose, patient in zip(
        slices, claims, how.reconstructions, levels, people.patients, strict=True
    ):
        what = _identification(reconstruction, dose, patient)
        if isinstance(what, Refusal):
            about = what.reason.partition("-")[2]
            by_file = facts.file.rpartition("/")[0] in mixed.get(about, frozenset())
            refused.append(Refused(facts.file, with_way_out(what, by_file=by_file)))
            partly[facts.file, facts.index] = Partly(
                _known(patient), _known(dose), _known(reconstruction)
            )
            continue
        headers.append(SliceHeader(shared.setdefault(what, what), facts))
        differing.update(_differing(facts, claimed))
    messages = (*_overruled(slices, claims), *people.messages, *how.messages, *doses.messages)
    said = (*messages, *assumed)
    return Identified(tuple(headers), tuple(refused), differing, said, partly)


def _assumed(
    doses: Sequence[Level | Refusal], untold: Dose | None
) -> tuple[list[Level | Refusal], list[str]]:
    """Return the doses, those that nothing tells taken for ``untold``, and how many they are."""
    unknown = [isinstance(one, Refusal) and one.reason == "unknown-dose" for one in doses]
    if untold is None or not any(unknown):
        return list(doses), []
    dose = Level(untold, UNTOLD)
    said = f"{sum(unknown)} slices whose dose nothing tells are taken for the {untold} dose."
    return [dose if is_unknown else one for one, is_unknown in zip(doses, unknown, strict=True)], [
        said
    ]


def _known(one: T | Refusal) -> T | None:
    return None if isinstance(one, Refusal) else one


def _identification(
    reconstruction: Reconstruction | Refusal, dose: Level | Refusal, patient: str | Refusal
) -> Identification | Refusal:
    """Return the whole, or the first reason why it is not known."""
    for one in (reconstruction, dose, patient):
        if isinstance(one, Refusal):
            return one
    level = cast(Level, dose)
    how = replace(cast(Reconstruction, reconstruction), dose=level.fraction)
    return Identification(cast(str, patient), level.dose, how)


def _differing(facts: SliceFacts, claims: Claims) -> Iterator[str]:
    told = {claim.fact for claim in _told_claims(facts)}
    for near, far in disagreements(claims.path):
        if near.fact != "patient" and near.fact not in told:
            yield f"{near.source} says {near.value} but {far.source} says {far.value}"


def _overruled(slices: Sequence[SliceFacts], claims: Sequence[Claims]) -> Iterator[str]:
    """Say how often the mapping decided against a name or a header."""
    counts: Counter[Fact] = Counter()
    for facts, claimed in zip(slices, claims, strict=True):
        for told in _told_claims(facts):
            others = (one for one in (*claimed.path, *claimed.header) if one.fact == told.fact)
            counts[told.fact] += any(not agree(told, other) for other in others)
    for fact, count in sorted(counts.items()):
        if count:
            yield f"the mapping decides the {fact} of {count} slices against names or headers."


def _told_claims(facts: SliceFacts) -> Iterator[Claim]:
    told = facts.told
    if told.patient:
        yield Claim("patient", told.patient, "mapping")
    if told.dose:
        yield Claim("dose", told.dose, "mapping")
    if told.kernel:
        yield Claim("kernel", told.kernel.upper(), "mapping")
    if told.thickness is not None:
        yield Claim("thickness", f"{told.thickness:g}", "mapping")
