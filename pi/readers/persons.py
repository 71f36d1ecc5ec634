"""Who shares UIDs, names or folders: the persons of a folder, before anybody looks at pictures."""

from collections.abc import Iterable, Sequence

from pi.readers.carriers import Bundle, Voice
from pi.readers.contradictions import CURE, contradiction
from pi.readers.facts import SliceFacts
from pi.readers.folders import folder_voices
from pi.readers.refusal import Refusal
from pi.readers.ties import Person, by_name, tied

_FOLDERS = Refusal(
    "unknown-patient", f"no header names a patient, and folders do not tell whose it is; {CURE}"
)


def persons_of(
    slices: Sequence[SliceFacts], bundles: Sequence[Bundle], unbelieved: frozenset[str]
) -> tuple[list[Person], dict[int, Refusal]]:
    """Return who shares UIDs or names, and the bundles that share UIDs but not their names."""

    def believed(number: int) -> Iterable[Voice]:
        return (voice for voice in bundles[number].voices if voice.source not in unbelieved)

    refused: dict[int, Refusal] = {}
    named: list[Person] = []
    nameless: list[Person] = []
    for person in tied(bundles, slices, believed):
        if against := contradiction(person, bundles):
            refused |= dict.fromkeys(person.bundles, against)
        else:
            (named if person.voices else nameless).append(person)
    persons = by_name(named)
    if not nameless:
        return persons, refused
    return _with_folders(bundles, persons, nameless, refused), refused


def _with_folders(
    bundles: Sequence[Bundle],
    named: list[Person],
    nameless: list[Person],
    refused: dict[int, Refusal],
) -> list[Person]:
    """Return all persons, those without a name by their folders.

    A folder in which somebody else is named is his if everything of his lies in it.
    """
    voices = folder_voices(bundles)
    folders = [{voices[one] for one in person.bundles} for person in named]
    found: list[Person] = []
    more: list[list[int]] = []
    for person in nameless:
        mine = {voices[one] for one in person.bundles}
        there = [number for number, his in enumerate(folders) if mine & his]
        voice = next(iter(mine))
        if (
            len(mine) > 1
            or voice is None
            or len(there) > 1
            or any(folders[n] != mine for n in there)
        ):
            refused |= dict.fromkeys(person.bundles, _FOLDERS)
            continue
        more += [[number, len(named) + len(found)] for number in there]
        found.append(Person(person.bundles, (voice,)))
    return by_name([*named, *found], more)
