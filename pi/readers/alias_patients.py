"""Patients who go by another of their names, and what is done where both names are there."""

from collections.abc import Mapping, Sequence

from pi.readers.aliases import ALIASES
from pi.readers.carriers import Bundle
from pi.readers.contradictions import CURE
from pi.readers.likenesses import look
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


def _apart(
    gallery: Gallery, bundles: Sequence[Bundle], members: Mapping[str, Sequence[int]]
) -> set[tuple[str, str]]:
    apart = look(gallery, bundles, members).apart
    return {*apart, *((b, a) for a, b in apart)}
