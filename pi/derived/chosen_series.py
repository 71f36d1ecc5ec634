"""Which series of a folder is denoised, and its slices in order."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from pi.derived.found_scan import ScanError
from pi.identity import short_kernel, thickness_text
from pi.readers.facts import SliceFacts
from pi.readers.geometry import dot

_MOST_LISTED = 12

Series = tuple[SliceFacts, ...]


def choose_series(slices: Sequence[SliceFacts], number: int) -> Series:
    """Return the slices of one series of DICOM, in order: by InstanceNumber, or else by place.

    Args:
        slices: of a folder.
        number: of the series, from 1 in the order of their SeriesNumbers; 0: the only one.

    Raises:
        ScanError: there are several and none is chosen, or there is none of that number; a slice
            lacks a UID that its derived slice must refer to, or lies there twice.
    """
    series = all_series(slices)
    if not 0 <= number <= len(series) or (number == 0 and len(series) > 1):
        got = f"got {number} of" if number else "the folder holds"
        raise ScanError(
            f"`series` must be the number of one series but {got} {len(series)}: {listed(series)}."
        )
    chosen = series[max(number, 1) - 1]
    _require_uids(chosen)
    return chosen


def all_series(slices: Sequence[SliceFacts]) -> list[Series]:
    """Return the series of a folder, by SeriesNumber and then by UID."""
    groups: defaultdict[tuple[str, str], list[SliceFacts]] = defaultdict(list)
    for one in slices:
        groups[one.study, one.series].append(one)
    keys = sorted(groups, key=lambda key: (_number(groups[key][0].series_number), key))
    return [_ordered(groups[key]) for key in keys]


def listed(series: Sequence[Series]) -> str:
    """Return what the series are, in words that name nobody."""
    words = [f"{number} ({_what(one)})" for number, one in enumerate(series, start=1)]
    more = len(words) - _MOST_LISTED
    return ", ".join(words[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _what(series: Series) -> str:
    first = series[0]
    words = [f"{len(series)} slices of {first.frame.rows} x {first.frame.columns}"]
    if first.text.thickness:
        words.append(thickness_text(first.text.thickness))
    if first.text.kernel:
        words.append(short_kernel(first.text.kernel[0]))
    return ", ".join(words)


def _ordered(slices: Sequence[SliceFacts]) -> Series:
    numbers = [_number(one.instance_number) for one in slices]
    if len(set(numbers)) == len(numbers):
        return tuple(sorted(slices, key=lambda one: _number(one.instance_number)))
    return tuple(sorted(slices, key=lambda one: (dot(one.origin, one.frame.normal), one.instance)))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def _require_uids(series: Series) -> None:
    missing = sum(not (one.instance and one.series) for one in series)
    if missing:
        raise ScanError(
            "each slice must have a SOPInstanceUID and a SeriesInstanceUID, which the derived one "
            f"refers to, but {missing} of {len(series)} have not."
        )
    repeated = len(series) - len(Counter(one.instance for one in series))
    if repeated:
        raise ScanError(
            f"the series must hold each slice once but {repeated} of its {len(series)} slices have "
            "the SOPInstanceUID of another."
        )
