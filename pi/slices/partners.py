"""Which slices of two series are partners: by the mapping's keys, else by place."""

from collections.abc import Sequence

from pi.slices.series import Series, modal_step

SMALLEST_TOLERANCE = 0.01
TOLERANCE_OF_STEP = 0.05


def tolerance(positions: Sequence[float]) -> float:
    """Return how far apart partners may lie: 0.01 mm, or 5 % of the modal step if more."""
    return max(SMALLEST_TOLERANCE, TOLERANCE_OF_STEP * modal_step(positions))


def match(
    one: Sequence[float], other: Sequence[float], within: float
) -> tuple[tuple[int, int], ...]:
    """Return the index pairs of two ascending position lists, one-to-one and ascending.

    Args:
        one: positions in mm.
        other: positions in mm.
        within: the largest distance of partners in mm.
    """
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(one) and j < len(other):
        if abs(one[i] - other[j]) <= within + 1e-9:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif one[i] < other[j]:
            i += 1
        else:
            j += 1
    return tuple(found)


def partners(low: Series, normal: Series) -> tuple[tuple[int, int], ...]:
    """Return the index pairs of two series: by the mapping's pair keys, else by place.

    In the order of ``normal``.
    """
    keyed = {one.pair_key: index for index, one in enumerate(normal.slices) if one.pair_key}
    told = {
        index: keyed[one.pair_key] for index, one in enumerate(low.slices) if one.pair_key in keyed
    }
    ours = [n for n, one in enumerate(low.slices) if not one.pair_key]
    theirs = [n for n, one in enumerate(normal.slices) if not one.pair_key]
    lows, normals = low.positions, normal.positions
    placed = match([lows[n] for n in ours], [normals[n] for n in theirs], tolerance(normals))
    found = [*told.items(), *((ours[i], theirs[j]) for i, j in placed)]
    return tuple(sorted(found, key=lambda pair: pair[1]))


def shifted_numbers(low: Series, normal: Series) -> str:
    """Return how slice numbers of two series differ by one and the same step, empty otherwise.

    Slices of arrays have no place but the number in their name: a series that counts from 0 and
    one that counts from 1 would be paired one off.
    """
    numbered = low.slices[0].numbered and normal.slices[0].numbered
    shifts = {round(a - b, 2) for a, b in zip(low.positions, normal.positions, strict=False)}
    told = any(one.pair_key for one in (*low.slices, *normal.slices))
    if told or not numbered or len(low.slices) != len(normal.slices) or shifts == {0.0}:
        return ""
    if len(shifts) > 1:
        return ""
    return (
        f"the slices are numbered from {low.positions[0]:g} to {low.positions[-1]:g} at the low "
        f"dose and from {normal.positions[0]:g} to {normal.positions[-1]:g} at the full dose; "
        "lines such as `GLOB,KEY` under `glob,pair` in mapping.csv say which are partners"
    )
