"""What cannot all be true of one person."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from pathlib import PurePath

from pi.readers.carriers import Bundle, Voice
from pi.readers.claims import way_out
from pi.readers.person_names import above_person
from pi.readers.refusal import Refusal
from pi.readers.ties import Person, joined, sharing

CURE = way_out("patient")
NUMBERED = "folder of a person"
"""Source of a voice: the highest folder of a path that numbers a person."""
_ORDER = ("path", "PatientName", "PatientID")


def contradiction(person: Person, bundles: Sequence[Bundle]) -> Refusal | None:
    """Return why ``person`` is not one person, or None."""
    values = _names(person.voices)
    if values:
        sources = sorted({value.partition(": ")[0] for value in values})
        tie = _tie(person, bundles)
        about = f"one {tie}, but several names" if tie else "one name that goes with several"
        return Refusal("conflicting-patient", f"{about} ({', '.join(sources)}); {CURE}", values)
    for source in ("PatientBirthDate", "PatientSex"):
        told = sorted({_body(bundles[one], source) for one in person.bundles} - {""})
        if len(told) > 1:
            values = tuple(f"{source}: {value}" for value in told)
            return Refusal("conflicting-patient", f"one name, but two {source}; {CURE}", values)
    return None


def numbered_twice(person: Person, bundles: Sequence[Bundle]) -> Refusal | None:
    """Return why a number in several places may be several persons', or None.

    ``clinic_a/patient_1`` and ``clinic_b/patient_1`` are one only if something else says so.
    """
    mine = [bundles[one] for one in person.bundles]
    keys: list[tuple[int, set[Hashable]]] = [
        (number, {*one.ties, *(v.key for v in one.voices if v in person.voices and _is_name(v))})
        for number, one in enumerate(mine)
    ]
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, one in enumerate(mine):
        if any(voice.source == NUMBERED for voice in one.voices):
            places[above_person(PurePath(one.first.file))].append(number)
    if len(places) < 2 or len(joined(len(mine), [*sharing(keys), *places.values()])) == 1:
        return None
    detail = f"one numbered folder of a person in {len(places)} folders; {CURE}"
    return Refusal(
        "conflicting-patient", detail, tuple(sorted(f"folder: {'/'.join(one)}" for one in places))
    )


def _is_name(voice: Voice) -> bool:
    return not voice.source.startswith("folder")


def several(voices: Iterable[Voice]) -> dict[str, set[str]]:
    """Return the keys that every source says."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for voice in voices:
        found[voice.source].add(voice.key)
    return found


def _names(voices: Sequence[Voice]) -> tuple[str, ...]:
    """Return what contradicts itself: one source with two names, or two names of the challenge."""
    for source, keys in several(voices).items():
        if len(keys) > 1:
            return _shown(voice for voice in voices if voice.source == source)
    tokens = [voice for voice in voices if voice.token]
    return _shown(tokens) if len({voice.key for voice in tokens}) > 1 else ()


def _shown(voices: Iterable[Voice]) -> tuple[str, ...]:
    order = {source: rank for rank, source in enumerate(_ORDER)}
    shown = {(order.get(one.source, len(order)), f"{one.source}: {one.name}") for one in voices}
    return tuple(text for _, text in sorted(shown))


def _body(bundle: Bundle, source: str) -> str:
    return bundle.born if source == "PatientBirthDate" else bundle.sex


def _tie(person: Person, bundles: Sequence[Bundle]) -> str:
    """Return which UID stands in bundles that are named differently, or empty."""
    for kind in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID"):
        named: defaultdict[str, list[Voice]] = defaultdict(list)
        for one in person.bundles:
            for tie, uid in bundles[one].ties:
                if tie == kind:
                    named[uid] += bundles[one].voices
        if any(_names(voices) for voices in named.values()):
            return kind
    return ""
