"""One name over everything: what an anonymiser or a project wrote into every header."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pi.readers.carriers import Bundle
from pi.readers.contradictions import several
from pi.readers.portraits import Gallery, meeting, sit, verdict_across


def constant_sources(bundles: Sequence[Bundle], gallery: Gallery) -> frozenset[str]:
    """Return the sources whose one name stands over several persons.

    Several persons are shown by names of the challenge, numbered folders of persons, birth
    dates, sexes, or by pictures of different bodies under different names. Different ids alone
    do not show them: one person may have two.
    """
    keys = several(voice for one in bundles for voice in one.voices)
    return frozenset(
        source
        for source in keys
        if len(keys[source]) == 1 and _several_persons(source, bundles, gallery)
    )


def _several_persons(source: str, bundles: Sequence[Bundle], gallery: Gallery) -> bool:
    """Tell whether several persons are shown among those to whom ``source`` gives its one name."""
    mine = [one for one in bundles if any(voice.source == source for voice in one.voices)]
    others = [voice for one in mine for voice in one.voices if voice.source != source]
    keys = {name: found for name, found in several(others).items() if len(found) > 1}
    return (
        len({voice.key for voice in others if voice.token}) > 1
        or any(name.startswith("folder") for name in keys)
        or len({one.born for one in mine} - {""}) > 1
        or len({one.sex for one in mine} - {""}) > 1
        or any(_bodies_differ(_by_key(mine, name), gallery) for name in sorted(keys))
    )


def _by_key(bundles: Sequence[Bundle], source: str) -> Mapping[str, Mapping[int, Sequence[int]]]:
    groups: defaultdict[str, dict[int, Sequence[int]]] = defaultdict(dict)
    for number, one in enumerate(bundles):
        for voice in one.voices:
            if voice.source == source:
                groups[voice.key][number] = one.slices
    return groups


def _bodies_differ(groups: Mapping[str, Mapping[int, Sequence[int]]], gallery: Gallery) -> bool:
    """Tell whether every group is seen to be another body than some other, and none the same."""
    sittings = sit(gallery, groups)
    told = {pair: verdict_across(gallery, sittings, *pair) for pair in meeting(sittings)}
    apart: Iterable[str] = {
        name for pair, verdict in told.items() if verdict == "different" for name in pair
    }
    return "same" not in told.values() and set(apart) == set(groups)
