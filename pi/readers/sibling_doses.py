"""What sibling series tell of each other's dose, asked where names leave it open.

Where names tell it, tube currents are compared with them: a low dose at a higher current than the
full one is refused with both values, because either the folders are swapped or the header is not
true, and a training on swapped doses learns to make noise.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pi.readers.dose_words import UNTOLD
from pi.readers.facts import SliceFacts
from pi.readers.measured_doses import Level, by_exposure, by_noise, by_percentage, swapped
from pi.readers.noise import NoiseOf
from pi.readers.refusal import Refusal
from pi.readers.siblings import Sibling

Found = list[Level | Refusal | None]
"""The dose of every slice, why it has none, or None while nobody told it."""


def tell_by_siblings(
    groups: Sequence[Sequence[Sibling]],
    slices: Sequence[SliceFacts],
    found: Found,
    noise_of: NoiseOf | None,
) -> Iterator[str]:
    """Give siblings the doses that their tube currents, their noise and their numbers tell.

    Args:
        groups: of siblings, from `pi.readers.siblings.sibling_groups`.
        slices: of the whole folder.
        found: the dose of every slice as far as it is known; filled in place.
        noise_of: measures a slice; None where that is not wanted.

    Yields:
        A sentence for every way in which doses were told.
    """
    counts: defaultdict[str, int] = defaultdict(int)
    for group in groups:
        known = [_of_series(one, found) for one in group]
        if any(isinstance(one, Refusal) for one in known):
            continue
        levels = [one if isinstance(one, Level) else None for one in known]
        told = any(slices[one.members[0]].told.dose for one in group)
        if not told and (against := swapped(group, slices, levels)):
            for number in (number for one in group for number in one.members):
                found[number] = against
            continue
        for how, given in _asked(group, slices, levels, noise_of):
            if given:
                counts[how] += _give(group, given, found)
                break
    for how, count in sorted(counts.items()):
        if count:
            yield f"the dose of {count} slices is told by {how}."


def _asked(
    group: Sequence[Sibling],
    slices: Sequence[SliceFacts],
    known: Sequence[Level | None],
    noise_of: NoiseOf | None,
) -> Iterator[tuple[str, list[Level] | None]]:
    if Level("low", UNTOLD) in known or None in known:
        how = "the tube currents of sibling series alone, of which the highest is the normal dose"
        yield how, by_exposure(group, slices, known)
    if None in known and noise_of is not None:
        how = "the names of folders, taken as percentages of the normal dose, and by their noise"
        yield how, by_percentage(group, slices, known, noise_of)
        how = (
            "the noise of two sibling series alone, of which the noisier is the low dose; name the "
            "doses in mapping.csv to be sure"
        )
        yield how, by_noise(group, slices, known, noise_of)


def _of_series(one: Sibling, found: Found) -> Level | Refusal | None:
    """Return the dose that all slices of a series have; a refusal where they differ."""
    doses = {found[number] for number in one.members}
    if len(doses) > 1:
        return Refusal("unknown-dose", "the slices of one series are of several doses")
    return doses.pop()


def _give(group: Sequence[Sibling], told: Sequence[Level], found: Found) -> int:
    count = 0
    for one, level in zip(group, told, strict=True):
        for number in one.members:
            count += found[number] != level
            found[number] = level
    return count
