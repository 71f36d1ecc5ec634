"""Holm's correction over a declared family, in logarithms where p is too small for a float."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A p-value after Holm.

    Attributes:
        p: at most 1.
        log10_p: never -inf.
        family: how many tests were corrected together.
    """

    p: float
    log10_p: float
    family: int


def holm(log10_ps: Sequence[float]) -> tuple[Adjusted, ...]:
    """Return the adjusted p-values of a family, in its order (Holm, 1979).

    Args:
        log10_ps: log10 of each raw p, at most 0 and finite.

    Raises:
        ComparisonError: one is not.
    """
    raise NotImplementedError
