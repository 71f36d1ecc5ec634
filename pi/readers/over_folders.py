"""One name over several folders: one person scanned twice, or an anonymiser's value for all."""

from collections import defaultdict
from collections.abc import Sequence

from pi.readers.carriers import Bundle, Voice
from pi.readers.contradictions import CURE
from pi.readers.folders import folder_voices
from pi.readers.geometry import dot
from pi.readers.likenesses import one_body
from pi.readers.portraits import Gallery
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
