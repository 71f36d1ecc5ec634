"""One name over several folders or places: one person scanned twice, or a value for all."""

from collections import defaultdict
from collections.abc import Sequence

from pi.readers.carriers import Bundle, Voice
from pi.readers.contradictions import CURE
from pi.readers.folders import folder_voices
from pi.readers.geometry import dot
from pi.readers.likenesses import one_body
from pi.readers.portraits import NEAR, Gallery
from pi.readers.refusal import Refusal
from pi.readers.ties import joined, sharing


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
            _holds_pairs(gallery, [bundles[n] for n in numbers if voices[n] == voice])
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
    ties = sharing((place, bundles[number].ties) for place, number in enumerate(numbers))
    ranges = [_range(gallery, bundles[number]) for number in numbers]
    scans = joined(len(numbers), [*ties, *_overlapping(ranges)])
    if len(scans) == 1:
        return list(patients)
    detail = f"one name over {len(scans)} scans of different places that nothing else joins; {CURE}"
    refusal = Refusal("conflicting-patient", detail, tuple(f"patient: {one}" for one in names))
    return [refusal if isinstance(one, str) else one for one in patients]


def _range(gallery: Gallery, bundle: Bundle) -> tuple[tuple[float, ...], float, float]:
    """Return the direction of a bundle's normal, and its first and last place along it in mm."""
    slices = [gallery.slices[index] for index in bundle.slices]
    places = [dot(one.origin, one.frame.normal) for one in slices]
    normal = tuple(round(value, 2) + 0.0 for value in bundle.first.frame.normal)
    return normal, min(places), max(places)


def _overlapping(ranges: Sequence[tuple[tuple[float, ...], float, float]]) -> list[list[int]]:
    """Return every two neighbours that cover a common place, in one direction."""
    order = sorted(range(len(ranges)), key=ranges.__getitem__)
    links: list[list[int]] = []
    reach: tuple[tuple[float, ...], float, int] | None = None
    for number in order:
        normal, first, last = ranges[number]
        if reach and reach[0] == normal and first <= reach[1] + NEAR:
            links.append([reach[2], number])
            last = max(last, reach[1])
        reach = (normal, last, number)
    return links


def _holds_pairs(gallery: Gallery, bundles: Sequence[Bundle]) -> bool:
    """Tell whether two slices lie at one place, as full and low dose do."""
    places = [
        round(dot(one.origin, one.frame.normal), 2)
        for bundle in bundles
        for one in (gallery.slices[index] for index in bundle.slices)
    ]
    return len(set(places)) < len(places)


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
