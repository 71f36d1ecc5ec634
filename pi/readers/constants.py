"""One name over everything: what an anonymiser or a project wrote into every header."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pi.readers.carriers import Bundle
from pi.readers.contradictions import several
from pi.readers.portraits import Gallery, meeting, sit, verdict_across


def constant_sources(bundles: Sequence[Bundle], gallery: Gallery) -> frozenset[str]:
    """Return the sources that give every slice one name while something else shows several persons.

    Several persons are shown by names of the challenge, numbered folders of persons, birth
    dates, sexes, or by pictures of different bodies under different names. Different ids alone
    do not show them: one person may have two.
    """
    keys = several(voice for one in bundles for voice in one.voices)
    everywhere = set.intersection(*({v.source for v in one.voices} for one in bundles))
    constant = {source for source in everywhere if len(keys[source]) == 1}
    if not constant:
        return frozenset()
    others = [[voice for voice in one.voices if voice.source not in constant] for one in bundles]
    shown = (
        len({voice.key for voices in others for voice in voices if voice.token}) > 1
        or any(len(keys[one]) > 1 for one in keys if one.startswith("folder"))
        or len({one.born for one in bundles} - {""}) > 1
        or len({one.sex for one in bundles} - {""}) > 1
        or any(
            _bodies_differ(_by_key(bundles, source), gallery)
            for source in sorted(keys)
            if len(keys[source]) > 1
        )
    )
    return frozenset(constant) if shown else frozenset()


def _by_key(bundles: Sequence[Bundle], source: str) -> Mapping[str, Mapping[int, Sequence[int]]]:
    groups: defaultdict[str, dict[int, Sequence[int]]] = defaultdict(dict)
    for number, one in enumerate(bundles):
        for voice in one.voices:
            if voice.source == source:
                groups[voice.key][number] = one.slices
    return groups


def _bodies_differ(
    groups: Mapping[str, Mapping[int, Sequence[int]]], gallery: Gallery
) -> bool:
    """Tell whether every group is seen to be another body than some other, and none the same."""
    sittings = sit(gallery, groups)
    told = {pair: verdict_across(gallery, sittings, *pair) for pair in meeting(sittings)}
    apart: Iterable[str] = {
        name for pair, verdict in told.items() if verdict == "different" for name in pair
    }
    return "same" not in told.values() and set(apart) == set(groups)
