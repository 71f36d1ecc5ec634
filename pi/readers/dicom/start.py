"""Whether the first bytes of a file are DICOM's, before anything is parsed (PS3.10 7.1)."""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

PREFIX = b"DICM"
_ORDERS = {b"\x02\0": "<", b"\x08\0": "<", b"\0\x02": ">", b"\0\x08": ">"}
"""The groups with which a data set begins, as bytes -> byte order."""
_SHORT = frozenset(vr.value.encode() for vr in STANDARD_VR - EXPLICIT_VR_LENGTH_32)
_LONG = frozenset(vr.value.encode() for vr in EXPLICIT_VR_LENGTH_32)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are encoded (PS3.5 7.1): with VR or without, in which byte order."""

    implicit: bool
    little: bool


@dataclass(frozen=True, slots=True)
class _Element:
    """The head of a data element: its tag, and where its value ends."""

    group: int
    number: int
    end: int


def has_prefix(start: bytes) -> bool:
    """Tell whether ``start`` is a preamble of 128 bytes and DICM."""
    return start[128:132] == PREFIX


def is_bare(start: bytes) -> bool:
    """Tell whether ``start`` is that of a data set that lost its preamble.

    It must begin with two elements or more of group 0002 or 0008 in rising order, in any of
    DICOM's three encodings (PS3.5 7.1), of which the first is short.
    """
    order = _ORDERS.get(start[:2])
    if order is None:
        return False
    return _is_chain(start, order, explicit=True) or (
        order == "<" and _is_chain(start, order, explicit=False)
    )


def encoding_of(syntax: str, start: bytes) -> Encoding:
    """Return how a data set is encoded whose transfer syntax and first 6 bytes are given."""
    if syntax:
        return Encoding(syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian)
    explicit = start[4:6] in _SHORT | _LONG
    return Encoding(not explicit, _ORDERS.get(start[:2]) != ">" or not explicit)


def _is_chain(start: bytes, order: str, *, explicit: bool) -> bool:
    elements = list(_elements(start, order, explicit))
    if elements and elements[0].group == 0x0002:  # behind it the encoding may be another
        elements = [element for element in elements if element.group == 0x0002]
    tags = [(element.group, element.number) for element in elements]
    return len(tags) > 1 and all(one < other for one, other in itertools.pairwise(tags))


def _elements(start: bytes, order: str, explicit: bool) -> Iterator[_Element]:
    """Yield the elements whose heads lie in ``start``, up to one that cannot be one."""
    at = 0
    while at + 8 <= len(start):
        element = _element(start, at, order, explicit)
        if element is None:
            return
        yield element
        at = element.end


def _element(start: bytes, at: int, order: str, explicit: bool) -> _Element | None:
    group, number, length = struct.unpack_from(f"{order}HHL", start, at)
    value = at + 8
    if explicit:
        vr = start[at + 4 : at + 6]
        if vr in _SHORT:
            (length,) = struct.unpack_from(f"{order}H", start, at + 6)
        elif vr in _LONG and len(start) >= at + 12:
            (length,) = struct.unpack_from(f"{order}L", start, at + 8)
            value = at + 12
        else:
            return None
    return _Element(group, number, value + length)
