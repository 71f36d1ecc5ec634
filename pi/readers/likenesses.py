"""What the pictures say against the names: one body under two, two bodies under one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pi.readers.carriers import Bundle
from pi.readers.contradictions import CURE
from pi.readers.portraits import (
    Gallery,
    Sittings,
    meeting,
    sit,
    verdict_across,
    verdicts_within,
)
from pi.readers.refusal import Refusal
from pi.readers.ties import joined

Members = Mapping[str, Sequence[int]]
"""Patient -> its bundles."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What pictures tell of patients.

    Attributes:
        refused: patient -> why it is none.
        apart: pairs of patients that are seen to be two bodies.
    """

    refused: Mapping[str, Refusal] = field(repr=False)
    apart: frozenset[tuple[str, str]] = field(repr=False)


def look(gallery: Gallery, bundles: Sequence[Bundle], members: Members) -> Testimony:
    """Return the patients that the pictures speak against."""
    sittings = _sittings(gallery, bundles, members)
    refused = {name: _two_bodies(name) for name in members if _differs(gallery, sittings, name)}
    apart: set[tuple[str, str]] = set()
    for one, other in meeting(sittings):
        verdict = verdict_across(gallery, sittings, one, other)
        if verdict == "same":
            refused[one] = refused[other] = _one_body(one, other)
        elif verdict == "different":
            apart.add((one, other))
    return Testimony(refused, frozenset(apart))


def one_body(gallery: Gallery, bundles: Sequence[Bundle], numbers: Sequence[int]) -> bool:
    """Tell whether pictures show that these bundles are all of one body."""
    sittings = _sittings(gallery, bundles, {"": numbers})
    found = verdicts_within(gallery, sittings, "")
    at = {number: place for place, number in enumerate(numbers)}
    links = [[at[a], at[b]] for ((a, _), (b, _)), verdict in found.items() if verdict == "same"]
    return "different" not in found.values() and len(joined(len(numbers), links)) == 1


def _sittings(gallery: Gallery, bundles: Sequence[Bundle], members: Members) -> Sittings:
    groups = {
        name: {number: bundles[number].slices for number in numbers}
        for name, numbers in members.items()
    }
    return sit(gallery, groups)


def _differs(gallery: Gallery, sittings: Sittings, name: str) -> bool:
    return "different" in verdicts_within(gallery, sittings, name).values()


def _two_bodies(name: str) -> Refusal:
    detail = f"one name, but pictures of one place show different bodies; {CURE}"
    return Refusal("conflicting-patient", detail, (f"patient: {name}", "pictures: two bodies"))


def _one_body(one: str, other: str) -> Refusal:
    detail = f"two names, but pictures of one place show the same body; {CURE}"
    return Refusal("conflicting-patient", detail, (f"patient: {one}", f"patient: {other}"))
