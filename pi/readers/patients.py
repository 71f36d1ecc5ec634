"""Whose slice it is: all that names a patient, weighed in one place over the whole folder.

In this order: the user's own mapping; what cannot be two persons' (series, study, frame of
reference, copies of an image); names in headers and paths, all of which must agree; numbered
folders of persons; other folders, where nothing else tells. Pictures only ever speak against a
patient, never for one that names tell apart. What stays ambiguous is refused, with its values.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pi.readers.alias_patients import refuse_alike, settle_aliases
from pi.readers.carriers import SURE_SOURCES, Bundle, bundles_of
from pi.readers.claims import Claims
from pi.readers.constants import constant_sources
from pi.readers.contradictions import CURE, contradiction, numbered_twice, several
from pi.readers.facts import SliceFacts
from pi.readers.likenesses import look, one_body
from pi.readers.over_folders import refused_over_folders, refused_over_places
from pi.readers.persons import persons_of
from pi.readers.placeholders import comparable
from pi.readers.portraits import Gallery, PictureOf
from pi.readers.refusal import Refusal
from pi.readers.ties import Person, false_instances

_NOBODY = Refusal("unknown-patient", f"nothing that can be believed names a patient; {CURE}")


@dataclass(frozen=True, slots=True)
class SettledPatients:
    """Whose the slices are.

    Attributes:
        patients: of every slice, or why it has none.
        messages: what the user should hear; names nobody.
    """

    patients: tuple[str | Refusal, ...] = field(repr=False)
    messages: tuple[str, ...] = ()


def settle_patients(
    slices: Sequence[SliceFacts],
    claims: Sequence[Claims],
    told: Sequence[str] = (),
    picture_of: PictureOf | None = None,
) -> SettledPatients:
    """Return the patient of every slice, or why it has none.

    Args:
        slices: of the whole folder: who somebody is, is a question about all of them.
        claims: of each slice.
        told: the user's own mapping: the patient of each slice, empty where it says nothing.
        picture_of: reads the HU of a slice; a few of every patient are looked at.
    """
    if not slices:
        return SettledPatients(())
    gallery = Gallery(slices, picture_of)
    bundles = bundles_of(slices, claims, told or [""] * len(slices))
    unbelieved = constant_sources(bundles, gallery)
    messages = [f"{one} is one value over everything and was not believed." for one in unbelieved]
    persons, refused = persons_of(slices, bundles, unbelieved)
    patients, resolved = _named(gallery, bundles, persons, refused)
    messages += resolved
    patients = refused_over_folders(gallery, bundles, patients)
    patients = refused_over_places(gallery, bundles, patients)
    messages += settle_aliases(gallery, bundles, patients)
    refuse_alike(gallery, bundles, patients)
    if false_instances(slices):
        messages.append(
            "one SOPInstanceUID stands in slices at different places, as an anonymiser leaves it, "
            "and was not believed."
        )
    found: list[str | Refusal] = [_NOBODY] * len(slices)
    for bundle, patient in zip(bundles, patients, strict=True):
        for index in bundle.slices:
            found[index] = bundle.told or patient
    return SettledPatients(tuple(_one_spelling(found, told)), tuple(sorted(messages)))


def _named(
    gallery: Gallery,
    bundles: Sequence[Bundle],
    persons: Sequence[Person],
    refused: Mapping[int, Refusal],
) -> tuple[list[str | Refusal], list[str]]:
    """Return the patient of every bundle as names and pictures agree on them."""
    patients: list[str | Refusal] = [refused.get(number, _NOBODY) for number in range(len(bundles))]
    members: dict[str, tuple[int, ...]] = {}
    messages: list[str] = []
    for person in persons:
        against = contradiction(person, bundles)
        if against and (told_apart := _named_series_by_series(gallery, bundles, person)):
            messages.append(
                f"{told_apart} differs from series to series of one person, as all else and "
                "pictures agree, and was not believed."
            )
            person = Person(
                person.bundles, tuple(one for one in person.voices if one.source != told_apart)
            )
            against = None
        twice = None if against else numbered_twice(person, bundles)
        if twice and not one_body(gallery, bundles, person.bundles):
            against = twice
        for number in person.bundles:
            patients[number] = against or _shown(person)
        if not against:
            members[_shown(person)] = person.bundles
    for name, refusal in (*_partly_told(bundles, members), *_pictured(gallery, bundles, members)):
        for number in members[name]:
            patients[number] = refusal
    return patients, sorted(set(messages))


def _pictured(
    gallery: Gallery, bundles: Sequence[Bundle], members: Mapping[str, Sequence[int]]
) -> list[tuple[str, Refusal]]:
    """Return what the pictures speak against; what the user told is not asked."""
    asked = {
        name: [number for number in numbers if not bundles[number].told]
        for name, numbers in members.items()
    }
    return list(look(gallery, bundles, {name: n for name, n in asked.items() if n}).refused.items())


def _partly_told(
    bundles: Sequence[Bundle], members: Mapping[str, Sequence[int]]
) -> list[tuple[str, Refusal]]:
    """Return the patients of whom the mapping calls some slices by another name."""
    found = []
    for name, numbers in members.items():
        others = {bundles[one].told for one in numbers if bundles[one].told}
        others = {one for one in others if comparable(one) != comparable(name)}
        if others and not all(bundles[one].told for one in numbers):
            detail = "mapping.csv names some slices of one person and not the others; name all"
            values = (f"patient: {name}", *(f"mapping: {one}" for one in sorted(others)))
            found.append((name, Refusal("conflicting-patient", detail, values)))
    return found


def _named_series_by_series(gallery: Gallery, bundles: Sequence[Bundle], person: Person) -> str:
    """Return PatientID or PatientName if it alone, given series by series, contradicts the rest.

    The rest must agree, pictures too; empty otherwise.
    """
    sources = several(person.voices)
    many = [source for source, keys in sources.items() if len(keys) > 1]
    if len(many) != 1 or many[0] not in ("PatientID", "PatientName") or len(sources) < 2:
        return ""
    told = [voice for voice in person.voices if voice.source == many[0]]
    series = Counter(
        voice.key
        for key, voice in {
            (bundles[number].first.series, voice)
            for number in person.bundles
            for voice in bundles[number].voices
            if voice in told
        }
    )
    single = not any(voice.token for voice in told) and set(series.values()) == {1}
    return many[0] if single and one_body(gallery, bundles, person.bundles) else ""


def _shown(person: Person) -> str:
    """Return the name under which a person is known."""
    order = {source: rank for rank, source in enumerate(SURE_SOURCES)}
    best = min(
        person.voices, key=lambda one: (not one.token, order.get(one.source, len(order)), one.name)
    )
    return best.name.strip()


def _one_spelling(found: Iterable[str | Refusal], told: Sequence[str]) -> list[str | Refusal]:
    """Return the patients with one spelling each, the mapping's if it names them."""
    spelling = {comparable(name): name for name in sorted(set(told)) if name}
    return [
        spelling.setdefault(comparable(one), one) if isinstance(one, str) else one for one in found
    ]
