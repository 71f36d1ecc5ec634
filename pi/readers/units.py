"""The words for how the values of an array relate to Hounsfield units, a small closed grammar."""

from typing import NamedTuple

from pi.errors import PiError

AUTO = "auto"
HU = "hu"
GRAMMAR = (
    "auto, hu, unit:LOW:HIGH (0 to 1 means LOW to HIGH HU, such as unit:-1024:3072) or "
    "stored:INTERCEPT or stored:INTERCEPT:SLOPE (HU = SLOPE * value + INTERCEPT, such as "
    "stored:-1024)"
)

_LARGEST = 1e6


class UnitError(PiError):
    """The unit of values is told in words that mean nothing."""


class Relation(NamedTuple):
    """HU = slope * value + intercept."""

    slope: float
    intercept: float


def parse_unit(text: str) -> Relation | None:
    """Return the relation of values to HU, or None for ``auto``.

    Raises:
        UnitError: not of the grammar, or not finite, or without extent.
    """
    word, *numbers = text.strip().lower().split(":")
    try:
        given = [float(number) for number in numbers]
    except ValueError:
        raise _not_understood(text) from None
    if not all(abs(number) <= _LARGEST for number in given):  # nor is NaN
        raise _not_understood(text)
    if word == AUTO and not given:
        return None
    if word == HU and not given:
        return Relation(1, 0)
    if word == "unit" and len(given) == 2 and given[0] < given[1]:
        low, high = given
        return Relation(high - low, low)
    if word == "stored" and len(given) in {1, 2} and 0 not in given[1:]:
        intercept, slope = (*given, 1.0)[:2]
        return Relation(slope, intercept)
    raise _not_understood(text)


def is_grammatical(text: str) -> bool:
    """Tell whether `parse_unit` understands ``text``."""
    try:
        parse_unit(text)
    except UnitError:
        return False
    return True


def _not_understood(text: str) -> UnitError:
    # What was typed may be a path: it is not repeated.
    return UnitError(
        f"the unit of values must be {GRAMMAR} but is another text of {len(text)} characters."
    )
