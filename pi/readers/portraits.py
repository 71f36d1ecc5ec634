"""A few pictures of every patient, to see whether two names are one body or one name is two."""

import bisect
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pi.readers.bodies import Cells, Likeness, Verdict, cells, likeness
from pi.readers.facts import SliceFacts
from pi.readers.geometry import dot, in_plane
from pi.readers.spread import spread

PictureOf = Callable[[SliceFacts], NDArray[np.generic] | None]
"""Facts of a slice -> (rows, columns) HU, or None where they cannot be read."""

NEAR = 1.0
"""Slices closer than this (mm) show the same place."""
_PLACES = 3
_SEEN_AT = (0.5, 0.0, 1.0, 0.25, 0.75)
_AT_MOST = 12
_VOICES = 16
_SAME_PLACE = 0.01

Grid = tuple[object, ...]
Place = tuple[Grid, float]
Sitter = tuple[int, int]
"""A bundle, and which of its slices at one position."""
Sittings = Mapping[Place, Mapping[str, Mapping[Sitter, int]]]
"""Place -> group -> sitter -> slice."""


@dataclass(slots=True)
class Gallery:
    """Pictures of slices in cells, each read once.

    Attributes:
        slices: of the whole folder.
        picture_of: reads one.
        seen: index of a slice -> its cells, None where it cannot be read.
    """

    slices: Sequence[SliceFacts]
    picture_of: PictureOf | None
    seen: dict[int, Cells | None] = field(default_factory=dict)

    def compare(self, one: int, other: int) -> Likeness:
        """Return how alike two slices are; nothing is told where one cannot be read."""
        first, second = self._cells(one), self._cells(other)
        return Likeness() if first is None or second is None else likeness(first, second)

    def _cells(self, index: int) -> Cells | None:
        if index not in self.seen:
            facts = self.slices[index]
            picture = self.picture_of(facts) if self.picture_of else None
            self.seen[index] = None if picture is None else cells(picture, facts.frame.spacing)
        return self.seen[index]


def sit(gallery: Gallery, groups: Mapping[str, Mapping[int, Sequence[int]]]) -> Sittings:
    """Return which slices of every group are to be looked at, and at which places.

    A group is looked at at three places or more, each of its bundles at one at least, at most 12
    places a group and grid. Groups on one grid are looked at at the same places where they can.

    Args:
        gallery: holds the slices.
        groups: name -> bundle -> its slices.
    """
    if gallery.picture_of is None:
        return {}
    stacks: defaultdict[Grid, defaultdict[str, list[tuple[float, int, int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for name, bundles in groups.items():
        for bundle, members in bundles.items():
            for index in members:
                facts = gallery.slices[index]
                position = dot(facts.origin, facts.frame.normal)
                stacks[_grid(facts)][name].append((position, bundle, index))
    found: defaultdict[Place, dict[str, Mapping[Sitter, int]]] = defaultdict(dict)
    for grid, on_grid in stacks.items():
        for stack in on_grid.values():
            stack.sort()
        for name, places in _places(on_grid).items():
            for place in places:
                found[grid, place][name] = _sitters(on_grid[name], place)
    return found


def verdicts_within(
    gallery: Gallery, sittings: Sittings, name: str
) -> dict[tuple[Sitter, Sitter], Verdict]:
    """Return the verdict on every two sitters of one group that were seen at one place."""
    pairs = (
        (pair, (sitters[pair[0]], sitters[pair[1]]))
        for groups in sittings.values()
        if (sitters := groups.get(name))
        for pair in itertools.combinations(sitters, 2)
    )
    return _pooled(gallery, pairs)


def verdict_across(gallery: Gallery, sittings: Sittings, one: str, other: str) -> Verdict:
    """Return ``same`` where any two sitters of two groups are one body.

    ``different`` where the first two are told apart; what they show elsewhere is not asked then.
    """
    common = [groups for groups in sittings.values() if one in groups and other in groups]
    if not common:
        return "unsure"
    first = gallery.compare(
        next(iter(common[0][one].values())), next(iter(common[0][other].values()))
    )
    if first.verdict == "different":
        return "different"
    pairs = (
        ((a, b), (groups[one][a], groups[other][b]))
        for groups in common
        for a, b in itertools.product(groups[one], groups[other])
    )
    found = set(_pooled(gallery, pairs).values())
    return "same" if "same" in found else "different" if found == {"different"} else "unsure"


def meeting(sittings: Sittings) -> list[tuple[str, str]]:
    """Return every two groups that are seen at one place."""
    return sorted(
        {pair for groups in sittings.values() for pair in itertools.combinations(sorted(groups), 2)}
    )


def _pooled(
    gallery: Gallery, pairs: Iterable[tuple[tuple[Sitter, Sitter], tuple[int, int]]]
) -> dict[tuple[Sitter, Sitter], Verdict]:
    sums: defaultdict[tuple[Sitter, Sitter], Likeness] = defaultdict(Likeness)
    for sitters, (one, other) in pairs:
        sums[sitters] += gallery.compare(one, other)
    return {sitters: found.verdict for sitters, found in sums.items()}


def _grid(facts: SliceFacts) -> Grid:
    frame = facts.frame
    corner = in_plane(facts.origin, frame.normal)
    directions = (round(value, 2) + 0.0 for value in (*frame.across, *frame.down, *corner))
    return (frame.rows, frame.columns, round(frame.spacing or 0.0, 3), *directions)


def _places(stacks: Mapping[str, list[tuple[float, int, int]]]) -> dict[str, list[float]]:
    """Return the places of every stack (ascending positions in mm); short ones choose first."""
    chosen: set[float] = set()
    places: dict[str, list[float]] = {}
    for name in sorted(stacks, key=lambda one: (stacks[one][-1][0] - stacks[one][0][0], one)):
        stack = stacks[name]
        positions = [position for position, _, _ in stack]
        mine = [place for place in sorted(chosen) if _near(positions, place)]
        mine = mine[:: max(1, len(mine) // (3 * _PLACES))]
        for place in (positions[at] for at in spread(len(positions), _SEEN_AT)):
            if len(mine) < _PLACES and not any(abs(place - one) <= NEAR for one in mine):
                mine.append(place)
        mine += _unseen(stack, mine)
        chosen.update(mine)
        places[name] = mine[:_AT_MOST]
    return places


def _unseen(stack: Sequence[tuple[float, int, int]], places: Sequence[float]) -> list[float]:
    """Return a place for every bundle of a stack that lies at none of ``places``."""
    seen = {bundle for place in places for bundle, _ in _sitters(stack, place, at_most=len(stack))}
    more: dict[int, float] = {}
    for position, bundle, _ in stack:
        if bundle not in seen:
            more.setdefault(bundle, position)
    return sorted(set(more.values()))


def _near(positions: Sequence[float], place: float) -> bool:
    at = bisect.bisect_left(positions, place - NEAR)
    return at < len(positions) and positions[at] <= place + NEAR


def _sitters(
    stack: Sequence[tuple[float, int, int]], place: float, at_most: int = _VOICES
) -> dict[Sitter, int]:
    """Return each bundle's nearest slices within `NEAR` of ``place``, copies of a place ranked."""
    low = bisect.bisect_left(stack, (place - NEAR, -1, -1))
    near: defaultdict[int, list[tuple[float, float, int]]] = defaultdict(list)
    for position, bundle, index in itertools.islice(stack, low, None):
        if position > place + NEAR:
            break
        near[bundle].append((abs(position - place), position, index))
    found: dict[Sitter, int] = {}
    for bundle in sorted(near)[:at_most]:
        _, best, _ = min(near[bundle])
        copies = [i for _, at, i in sorted(near[bundle]) if abs(at - best) <= _SAME_PLACE]
        found |= {(bundle, rank): index for rank, index in enumerate(copies[:4])}
    return found
