"""The same image twice, and different images at one place: what of a series is left out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from pi.readers.header import SliceHeader
from pi.readers.refusal import Reason, Refusal, Refused

SAME_POSITION = 0.01
"""Two slices closer than this (mm) are at the same place."""

Slices = list[SliceHeader]
Stage = Callable[[Slices], tuple[Slices, list[Refused]]]
"""From the slices of a series to those that stay, and those that do not."""
SamePixels = Callable[[SliceHeader, SliceHeader], bool]


def without_copies(same_pixels: SamePixels) -> Stage:
    """Drop what has the SOPInstanceUID and the pixels of another slice, but lies elsewhere.

    A SOPInstanceUID belongs to one image (DICOM PS3.3 C.12.1.1.1.2), but some anonymisers write
    one over many: other pixels under it are other images.
    """

    def stage(slices: Slices) -> tuple[Slices, list[Refused]]:
        kept: Slices = []
        refused: list[Refused] = []
        for first, *others in _by_instance(slices):
            copies = [other for other in others if same_pixels(first, other)]
            kept += [first, *(other for other in others if other not in copies)]
            refused += refused_all(copies, "duplicate", "the same image is there already")
        return sorted(kept, key=order_in_space), refused

    return stage


def without_duplicates(same_pixels: SamePixels) -> Stage:
    """Of copies at one place one is kept; slices that contradict each other go all."""

    def stage(slices: Slices) -> tuple[Slices, list[Refused]]:
        kept: Slices = []
        refused: list[Refused] = []
        for cluster in _by_position(slices):
            first, *others = cluster
            if all(same_pixels(first, other) for other in others):
                kept.append(first)
                refused += refused_all(others, "duplicate", "the same image is there already")
            else:
                refused += refused_all(cluster, "conflicting-duplicate", _contradiction(cluster))
        return kept, refused

    return stage


def order_in_space(header: SliceHeader) -> tuple[float, str, str, str]:
    """Return what slices are sorted by: their place, and where that is one, who they are."""
    return (header.position, header.facts.series, header.facts.instance, header.file)


def refused_all(headers: Iterable[SliceHeader], reason: Reason, detail: str) -> list[Refused]:
    """Return all these slices as refused for one reason."""
    return [Refused(header.file, Refusal(reason, detail)) for header in headers]


def _contradiction(cluster: Slices) -> str:
    acquisitions = len({header.facts.acquisition for header in cluster})
    return (
        f"{len(cluster)} different images ({acquisitions} acquisition numbers) claim the same "
        "position"
    )


def _by_instance(slices: Slices) -> Iterable[Slices]:
    clusters: defaultdict[str, Slices] = defaultdict(list)
    for index, header in enumerate(slices):
        clusters[header.facts.instance or f"nameless {index}"].append(header)
    return clusters.values()


def _by_position(slices: Slices) -> Iterator[Slices]:
    cluster: Slices = []
    for header in slices:
        if cluster and header.position - cluster[-1].position > SAME_POSITION:
            yield cluster
            cluster = []
        cluster.append(header)
    if cluster:
        yield cluster
