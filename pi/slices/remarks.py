"""What a user should hear about a data set that was taken all the same."""

from collections.abc import Iterable, Iterator, Mapping

from pi.identity import dose_text
from pi.readers.identification import Identified
from pi.slices.pairing import PairedVolume
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
    found += [f"warning: {message}" for message in identified.messages]
    packed = sum(".zip/" in header.file.lower() for header in identified.headers)
    if packed:
        found.append(f"note: {packed} slices were read in place from zip archives.")
    volumes = tuple(volumes)
    found += _about_doses([one.source for one in volumes if one.pairs])
    for one in volumes:
        label = f"{names[one.source.patient]} {one.source.reconstruction}"
        found += [f"warning: {label}: {text}" for text in _about_volume(one, split)]
    return tuple(found)


def _about_doses(volumes: Iterable[PairedVolume]) -> Iterator[str]:
    doses = sorted({(one.reconstruction.dose, one.low_dose) for one in volumes})
    if len(doses) > 1:
        listed = ", ".join(dose_text(dose) for dose, _ in doses)
        yield (
            f"note: there are {len(doses)} low doses, {listed}, each paired with the full dose in "
            "a reconstruction of its own; all are used, or the one that `dose` picks."
        )
    simulated = [dose_text(dose) for dose, low_dose in doses if low_dose == "simulated"]
    if simulated:
        yield f"note: the low dose of {', '.join(simulated)} was simulated from the full dose."


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
    if one.likeness.doubtful:
        yield (
            "low and full dose differ in more than noise, as two bodies do, or one that moved "
            f"({one.likeness.shared / one.likeness.anatomy:.1%} of the anatomy; one body at two "
            "doses has 0.2%)."
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
