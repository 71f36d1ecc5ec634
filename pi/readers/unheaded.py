"""What files without a header leave open, settled over their series: places, and units of values.

One file of a series cannot tell which number in its name counts the slices, nor what its values
mean; all of them together can.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from pi.readers.facts import SliceFacts
from pi.readers.header import SliceHeader
from pi.readers.refusal import Refusal, Refused
from pi.readers.units import AUTO, parse_unit
from pi.readers.values import Seen, contradiction, likely, recognise, together

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class SettledValues:
    """Slices of which place and unit are known, and the others.

    Attributes:
        headers: in the order they came in; those of files with a header as they were.
        refused: slices of which nobody knows what their values mean.
        messages: what was taken for granted, a sentence each.
    """

    headers: tuple[SliceHeader, ...]
    refused: tuple[Refused, ...]
    messages: tuple[str, ...]


def settle(headers: Sequence[SliceHeader], told: str = AUTO) -> SettledValues:
    """Return the slices with what their files leave open.

    Args:
        headers: all slices of a folder that are identified.
        told: unit of the values of every array of which nothing else tells it.

    Raises:
        UnitError: ``told``, or the unit that a mapping gives, is not of the grammar.
    """
    placed = _placed(headers)
    units = _units(placed, told)
    refusals = _refusals(placed, units)
    kept: list[SliceHeader] = []
    refused: list[Refused] = []
    for header, unit, refusal in zip(placed, units, refusals, strict=True):
        if refusal:
            refused.append(Refused(header.file, refusal))
        elif unit:
            kept.append(replace(header, facts=replace(header.facts, unit=unit)))
        else:
            kept.append(header)
    return SettledValues(tuple(kept), tuple(refused), tuple(_messages(kept)))


def slice_numbers(names: Sequence[str]) -> list[int]:
    """Return the number of each slice of a series: that which differs most among its names.

    Of numbers that differ equally, the last one counts; 0 where a name has none.
    """
    found = [[int(number) for number in _NUMBER.findall(name)] for name in names]
    width = min(map(len, found), default=0)
    if not width:
        return [0 for _ in names]
    different = [len({numbers[place] for numbers in found}) for place in range(width)]
    best = max(range(width), key=lambda place: (different[place], place))
    return [numbers[best] for numbers in found]


def _placed(headers: Sequence[SliceHeader]) -> list[SliceHeader]:
    series: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, header in enumerate(headers):
        if not header.facts.placed:
            series[header.what, _NUMBER.sub("#", _name(header.facts))].append(index)
    placed = list(headers)
    for members in series.values():
        numbers = slice_numbers([_name(headers[index].facts) for index in members])
        for index, number in zip(members, numbers, strict=True):
            facts = replace(headers[index].facts, origin=(0.0, 0.0, float(number)), placed=True)
            placed[index] = replace(headers[index], facts=facts)
    return placed


def _name(facts: SliceFacts) -> str:
    return f"{PurePath(facts.file).with_suffix('')}/{facts.inside}"  # .h5 counts no slice


def _units(headers: Sequence[SliceHeader], told: str) -> list[str]:
    """Return the unit of each slice, by a mapping, by ``told`` or by what is seen; or nothing."""
    parse_unit(told)
    seen: defaultdict[Hashable, list[Seen]] = defaultdict(list)
    for header in headers:
        if header.facts.seen:
            seen[header.what].append(header.facts.seen)
    recognised = {key: recognise(together(found)) for key, found in seen.items()}
    units = []
    for header in headers:
        mapped = header.facts.told.unit
        if not header.facts.seen:
            units.append("")
        elif mapped and parse_unit(mapped):
            units.append(mapped)
        elif told.strip().lower() != AUTO:
            units.append(told.strip().lower())
        else:
            units.append(recognised[header.what])
    return units


def _refusals(headers: Sequence[SliceHeader], units: Sequence[str]) -> list[Refusal | None]:
    """Return why the values of a slice cannot be read, the same words for all alike."""
    alike: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    kinds = [_kind(header, unit) for header, unit in zip(headers, units, strict=True)]
    for header, kind in zip(headers, kinds, strict=True):
        if kind and header.facts.seen:
            alike[kind].append(header.facts.seen)
    words = {kind: _refusal(kind, together(seen)) for kind, seen in alike.items()}
    return [words[kind] if kind else None for kind in kinds]


def _kind(header: SliceHeader, unit: str) -> tuple[str, str] | None:
    """Return (unit that is told, unit that is likely) of a slice to be refused, or None."""
    seen = header.facts.seen
    if seen is None:
        return None
    if unit:
        return (unit, "") if contradiction(unit, seen) else None
    return ("", likely(seen, header.frame.rows, header.frame.columns))


def _refusal(kind: tuple[str, str], seen: Seen) -> Refusal:
    unit, guess = kind
    if unit:
        return Refusal("values-out-of-range", contradiction(unit, seen))
    advice = f"--values {guess} if that is what they are" if guess else "--values"
    detail = (
        f"the values of arrays lie between {seen.lowest:g} and {seen.highest:g} and nothing tells "
        f"how they relate to HU; give {advice}, or the column `unit` in mapping.csv "
        "(hu, unit:LOW:HIGH, stored:INTERCEPT)"
    )
    return Refusal("unknown-values", detail)


def _messages(headers: Iterable[SliceHeader]) -> Iterable[str]:
    arrays = [header for header in headers if header.facts.seen]
    kinds = Counter((header.facts.unit, header.facts.format) for header in arrays)
    for (unit, name), count in sorted(kinds.items()):
        yield f"{count} slices of arrays ({name}) were read as `{unit}`."
    numbered = sum(header.numbered for header in arrays)
    if numbered:
        yield (
            f"the positions of {numbered} slices are slice numbers, because their files tell "
            "neither place nor pixel spacing."
        )
