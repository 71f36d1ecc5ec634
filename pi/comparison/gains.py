"""Paired differences as numbers alone: what may enter a statistic, and what comes out of one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pi.errors import PiError

Floats = NDArray[np.float64]

ALPHA = 0.05
CONFIDENCE = 1 - ALPHA
"""Of every test and of every interval in this room, as in the paper (section 6.2)."""

Z_95 = 1.959963984540054
"""The normal deviate of such an interval."""


class ComparisonError(PiError):
    """Runs, tables or numbers that cannot be compared as asked."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval.

    Attributes:
        value: the estimate.
        low: lower end; -inf where so few data bound it from no side.
        high: upper end; inf likewise.
    """

    value: float
    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether the data bound the interval at all."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


def checked_gains(gains: ArrayLike) -> Floats:
    """Return paired differences (n,) as float64, after checking them.

    Raises:
        ComparisonError: there is none, they are no list, or one is not finite.
    """
    values = np.asarray(gains, np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ComparisonError(
            f"differences must be a list of at least one number but got shape {values.shape}."
        )
    wrong = values[~np.isfinite(values)]
    if wrong.size:
        raise ComparisonError(f"differences must be finite but one is {wrong[0]}.")
    return values
