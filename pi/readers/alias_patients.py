"""Patients who go by another of their names, and what is done where both names are there."""

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pi.readers.aliases import ALIASES
from pi.readers.carriers import Bundle
from pi.readers.contradictions import CURE
from pi.readers.likenesses import look
from pi.readers.placeholders import comparable
from pi.readers.portraits import Gallery
from pi.readers.refusal import Refusal


def settle_aliases(
    gallery: Gallery, bundles: Sequence[Bundle], patients: list[str | Refusal]
) -> list[str]:
    """Resolve other names of the challenge's patients in place; return what is to be said."""
    messages = []
    for other, meant in ALIASES.items():
        one = [number for number, name in enumerate(patients) if name == other]
        both = [number for number, name in enumerate(patients) if name == meant]
        if one and not both:
            messages.append(
                "a patient goes by another name that the challenge's paper gives it; it is known "
                "by the challenge's own."
            )
            for number in one:
                patients[number] = meant
        elif one and (other, meant) not in _apart(gallery, bundles, {meant: both, other: one}):
            detail = f"two names that mean one patient of the challenge; {CURE}"
            values = (f"patient: {other}", f"patient: {meant}")
            for number in one + both:
                patients[number] = Refusal("conflicting-patient", detail, values)
    return messages


def refuse_alike(
    gallery: Gallery, bundles: Sequence[Bundle], patients: list[str | Refusal]
) -> None:
    """Refuse names in place that differ in leading zeros alone, unless pictures tell them apart.

    ``patient_1`` beside ``patient_001``, as two people write one patient, or one writes two.
    """
    members: defaultdict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(patients):
        if isinstance(name, str) and not bundles[number].told:
            members[name].append(number)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(members):
        alike[_without_zeros(name)].append(name)
    for names in alike.values():
        spelled = {comparable(name): name for name in names}
        if len(spelled) < 2:
            continue
        apart = _apart(gallery, bundles, {name: members[name] for name in spelled.values()})
        for pair in itertools.combinations(spelled.values(), 2):
            if pair in apart:
                continue
            detail = f"two names that differ in leading zeros alone; {CURE}"
            values = tuple(f"patient: {name}" for name in pair)
            for number in (number for name in pair for number in members[name]):
                patients[number] = Refusal("conflicting-patient", detail, values)


def _without_zeros(name: str) -> str:
    return re.sub(r"0*(\d+)", r"\1", comparable(name))


def _apart(
    gallery: Gallery, bundles: Sequence[Bundle], members: Mapping[str, Sequence[int]]
) -> set[tuple[str, str]]:
    apart = look(gallery, bundles, members).apart
    return {*apart, *((b, a) for a, b in apart)}
