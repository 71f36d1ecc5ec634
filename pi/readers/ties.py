"""What belongs together whoever it is: one series, one study, one frame of reference."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from pi.readers.carriers import Bundle, Voice
from pi.readers.facts import SliceFacts


@dataclass(frozen=True, slots=True)
class Person:
    """Bundles that are one person's, or contradict each other.

    Attributes:
        bundles: their indices, ascending.
        voices: all names that they carry.
    """

    bundles: tuple[int, ...]
    voices: tuple[Voice, ...] = field(repr=False)


def joined(count: int, links: Iterable[Iterable[int]]) -> list[tuple[int, ...]]:
    """Return the groups that ``links`` make of 0 ... ``count`` - 1, in order of their firsts."""
    parent = list(range(count))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for link in links:
        first, *others = link
        for other in others:
            low, high = sorted((root(first), root(other)))
            parent[high] = low
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for one in range(count):
        groups[root(one)].append(one)
    return [tuple(groups[one]) for one in sorted(groups)]


def sharing(items: Iterable[tuple[int, Iterable[Hashable]]]) -> list[list[int]]:
    """Return, for every key, the numbers that have it."""
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, keys in items:
        for key in keys:
            found[key].append(number)
    return list(found.values())


def false_instances(slices: Sequence[SliceFacts]) -> frozenset[str]:
    """Return the SOPInstanceUIDs that stand in slices at two places: one names one image."""
    places: dict[str, tuple[float, ...]] = {}
    false: set[str] = set()
    for one in slices:
        if places.setdefault(one.instance, one.origin) != one.origin:
            false.add(one.instance)
    return frozenset(false - {""})


def tied(
    bundles: Sequence[Bundle],
    slices: Sequence[SliceFacts],
    voices: Callable[[int], Iterable[Voice]],
) -> list[Person]:
    """Return the bundles joined by series, study, frame of reference and copies of an image.

    Args:
        bundles: of the whole folder.
        slices: of the whole folder.
        voices: the names of a bundle that are believed.
    """
    false = false_instances(slices)
    images = [
        (number, {slices[i].instance for i in bundle.slices} - false - {""})
        for number, bundle in enumerate(bundles)
    ]
    ties = [(number, bundle.ties) for number, bundle in enumerate(bundles)]
    groups = joined(len(bundles), [*sharing(ties), *sharing(images)])
    return [_person(group, voices) for group in groups]


def by_name(persons: Sequence[Person], more: Iterable[Iterable[int]] = ()) -> list[Person]:
    """Return the persons joined who share a name, and those that ``more`` joins."""
    names = [(number, {voice.key for voice in one.voices}) for number, one in enumerate(persons)]
    groups = joined(len(persons), [*sharing(names), *more])
    return [
        Person(
            tuple(sorted(bundle for one in group for bundle in persons[one].bundles)),
            tuple(dict.fromkeys(voice for one in group for voice in persons[one].voices)),
        )
        for group in groups
    ]


def _person(group: tuple[int, ...], voices: Callable[[int], Iterable[Voice]]) -> Person:
    return Person(group, tuple(dict.fromkeys(v for one in group for v in voices(one))))
