"""One name over several folders or places: one person scanned twice, or a value for all."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pi.readers.carriers import Bundle, Voice
from pi.readers.contradictions import CURE
from pi.readers.folders import folder_voices
from pi.readers.geometry import dot
from pi.readers.likenesses import one_body
from pi.readers.portraits import Gallery
from pi.readers.refusal import Refusal
from pi.readers.ties import joined, sharing

APART = 20.0
"""mm without a slice that end a scan; slices are 10 mm apart at most."""


def refused_over_folders(
    gallery: Gallery, bundles: Sequence[Bundle], patients: Sequence[str | Refusal]
) -> list[str | Refusal]:
    """Refuse a name over folders of which nothing else shows that they are one person's.

    An anonymiser's one value for all looks like that, and so does a person scanned twice. Folders
    that do not hold both doses of a place are no persons' folders, but those of a dose.
    """
    voices = folder_voices(bundles)
    settled = list(patients)
    for name in {one for one in patients if isinstance(one, str)}:
        numbers = [number for number, one in enumerate(patients) if one == name]
        folders = {voices[number] for number in numbers}
        if len(folders) < 2 or None in folders or any(bundles[n].told for n in numbers):
            continue
        whole = all(
            _two_at_one_place(
                place
                for n in numbers
                if voices[n] == voice
                for place in _places(gallery, bundles[n])
            )
            for voice in folders
        )
        if whole and not _are_joined(gallery, bundles, numbers, voices):
            known = sorted(voice.name for voice in folders if voice)
            detail = f"one name over {len(known)} folders that nothing else joins; {CURE}"
            refusal = Refusal("conflicting-patient", detail, (name, *known))
            for number in numbers:
                settled[number] = refusal
    return settled


def refused_over_places(
    gallery: Gallery, bundles: Sequence[Bundle], patients: Sequence[str | Refusal]
) -> list[str | Refusal]:
    """Refuse the one name of a whole source whose scans lie apart with no UID in common.

    One value over everything names nobody by itself. Scans of one place are full and low dose, or
    pictures have told them apart; scans of other places may be anybody's.
    """
    numbers = [number for number, one in enumerate(patients) if isinstance(one, str)]
    names = {patients[number] for number in numbers}
    if len(names) != 1 or any(bundles[number].told for number in numbers):
        return list(patients)
    stretches = [one for number in numbers for one in _stretches(gallery, bundles[number])]
    ties = sharing((place, one.ties) for place, one in enumerate(stretches))
    scans = [
        scan
        for scan in joined(len(stretches), [*ties, *_meeting(stretches)])
        if _two_at_one_place(place for one in scan for place in stretches[one].places)
    ]
    if len(scans) < 2:
        return list(patients)
    detail = f"one name over {len(scans)} scans of different places that nothing else joins; {CURE}"
    refusal = Refusal("conflicting-patient", detail, tuple(f"patient: {one}" for one in names))
    return [refusal if isinstance(one, str) else one for one in patients]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Slices of one bundle without a gap, or all that a UID joins; places in mm, ascending."""

    normal: tuple[float, ...]
    places: tuple[float, ...]
    ties: tuple[tuple[str, str], ...]


def _stretches(gallery: Gallery, bundle: Bundle) -> list[_Stretch]:
    normal = tuple(round(value, 2) + 0.0 for value in bundle.first.frame.normal)
    places = sorted(_places(gallery, bundle))
    steps = enumerate(itertools.pairwise(places), start=1)
    cuts = [] if bundle.ties else [at for at, (one, next_) in steps if next_ - one > APART]
    ends = [0, *cuts, len(places)]
    return [
        _Stretch(normal, tuple(places[first:last]), bundle.ties)
        for first, last in itertools.pairwise(ends)
    ]


def _meeting(stretches: Sequence[_Stretch]) -> list[list[int]]:
    """Return every two neighbours in one direction that no gap of `APART` lies between."""
    order = sorted(range(len(stretches)), key=lambda n: (stretches[n].normal, stretches[n].places))
    links: list[list[int]] = []
    before, reach = -1, 0.0
    for number in order:
        one = stretches[number]
        alike = before >= 0 and stretches[before].normal == one.normal
        if alike and one.places[0] <= reach + APART:
            links.append([before, number])
            reach = max(reach, one.places[-1])
        else:
            reach = one.places[-1]
        before = number
    return links


def _places(gallery: Gallery, bundle: Bundle) -> list[float]:
    slices = (gallery.slices[index] for index in bundle.slices)
    return [round(dot(one.origin, one.frame.normal), 2) for one in slices]


def _two_at_one_place(places: Iterable[float]) -> bool:
    """Tell whether two slices lie at one place, as full and low dose do."""
    found = list(places)
    return len(set(found)) < len(found)


def _are_joined(
    gallery: Gallery,
    bundles: Sequence[Bundle],
    numbers: Sequence[int],
    voices: Sequence[Voice | None],
) -> bool:
    """Tell whether UIDs, shared folders or pictures show that bundles are of one person."""
    folders: defaultdict[Voice | None, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers):
        folders[voices[number]].append(place)
    ties = sharing((place, bundles[number].ties) for place, number in enumerate(numbers))
    together = len(joined(len(numbers), [*ties, *folders.values()])) == 1
    return together or one_body(gallery, bundles, numbers)
