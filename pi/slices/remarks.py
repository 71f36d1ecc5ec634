"""What a user should hear about a data set that was taken all the same."""

from collections.abc import Iterable, Iterator, Mapping

from pi.readers.identification import Identified
from pi.slices.series import reused_instances
from pi.slices.split import Split
from pi.slices.transfer import Transferred


def remarks_on(
    identified: Identified, volumes: Iterable[Transferred], names: Mapping[str, str], split: Split
) -> tuple[str, ...]:
    """Return the warnings, a sentence each; patients go by ``names``."""
    found = [
        f"warning: {count} paths contradict themselves: {what}; the nearer was believed."
        for what, count in sorted(identified.disagreements.items())
    ]
    if reused := reused_instances(identified.headers):
        found.append(
            f"warning: {reused} slices share a SOPInstanceUID with slices at other places, as some "
            "anonymisers write it; it was ignored."
        )
    found += [f"warning: {message}" for message in identified.messages]
    for one in volumes:
        label = f"{names[one.source.patient]} {one.source.reconstruction}"
        found += [f"warning: {label}: {text}" for text in _about_volume(one, split)]
    return tuple(found)


def _about_volume(one: Transferred, split: Split) -> Iterator[str]:
    if not one.pairs:
        missing = "low" if one.source.normal_left else "full"
        if not (one.source.low_left and one.source.normal_left) and not one.source.pairs:
            yield f"skipped, there is no {missing} dose."
        return
    if one.inverted > len(one.pairs) / 2:
        yield (
            f"low dose has no more noise than full dose in {one.inverted} of {len(one.pairs)} "
            "slices; the doses may be swapped."
        )
    for dose, said in sorted(one.doubts.items()):
        yield f"{'full' if dose == 'normal' else 'low'} dose: {said}."
    if one.source.sheared:
        yield "the stack leans against its normal (tilted gantry)."
    lossy = sum(pair.low.facts.lossy or pair.normal.facts.lossy for pair in one.pairs)
    if lossy:
        yield f"{lossy} slices went through a lossy codec."
    expected = _expected(one, split)
    if expected not in (None, len(one.pairs)):
        yield f"{len(one.pairs)} pairs of {expected} in a complete copy."


def _expected(one: Transferred, split: Split) -> int | None:
    thickness = f"{one.source.reconstruction.thickness:g}"
    return split.expected.get(split.known_as(one.source.patient), {}).get(thickness)
