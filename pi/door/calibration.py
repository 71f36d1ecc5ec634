"""A lambda with its interval and its units: what every way of calibrating gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pi.choices import Estimator
from pi.digits import number
from pi.influence.interval import log_interval
from pi.influence.psi import Floats, InvalidLossError, checked_losses, psi
from pi.influence.sampling import Precision, exact_weight
from pi.influence.weight_units import Units, convert_weight, units_text


@dataclass(frozen=True, repr=False)
class Calibration:
    """The lambda that gives a Psi, and what it rests on.

    It prints as one line: lambda, its interval, what it is for and what it is valid for.

    >>> import pi
    >>> pi.calibrate(image=[0.02, 0.03], perceptual=[9.0, 11.0], target=0.9, population=2)
    Calibration: lambda 0.0225 for Psi 90 %, identity state, all 2 items; its units were not told

    Attributes:
        weight: lambda, not rounded.
        low: lower end of its 95 % interval.
        high: upper end.
        target: Psi that it gives.
        state: of the denoiser that was measured: ``identity`` is the input as it is, the regime of
            training; ``untrained`` is no regime of it.
        items: images or patches that were measured.
        population: of how many; None where they are a sample without an end.
        image: mean image loss.
        perceptual: mean perceptual loss.
        estimator: which Psi is meant.
        heavy_tailed: whether the interval was widened for heavy tails.
        units: what lambda is valid for; None where nobody told.
    """

    weight: float
    low: float
    high: float
    target: float
    state: str
    items: int
    population: int | None
    image: float
    perceptual: float
    estimator: Estimator = "ratio_of_sums"
    heavy_tailed: bool = False
    units: Units | None = None

    def __repr__(self) -> str:
        of = "" if self.population is None else f" of {self.population}"
        whole = self.items == self.population
        interval = "" if whole else f" (95 %: {number(self.low)} to {number(self.high)})"
        items = f"all {self.items} items" if whole else f"{self.items}{of} items"
        valid = "its units were not told" if self.units is None else f"for {self.units}"
        return (
            f"Calibration: lambda {number(self.weight)}{interval} for Psi {100 * self.target:g} %, "
            f"{self.state} state, {items}; {valid}"
        )

    def psi_at(self, weight: ArrayLike) -> Floats:
        """Return Psi, the ratio of sums, at lambdas of any shape.

        Raises:
            InvalidWeightError: one is negative or not finite.
        """
        return psi(self.image, self.perceptual, weight)

    def weight_in(self, units: Units) -> float:
        """Return lambda in other units.

        Raises:
            UnitsError: its own were not told, or see `convert_weight`.
        """
        return convert_weight(self.weight, self.units or Units(), units)

    @property
    def validity(self) -> str:
        """What lambda is valid for, and what it is in others' values, in one line."""
        return "" if self.units is None else units_text(self.weight, self.units)


def from_losses(
    image: ArrayLike,
    perceptual: ArrayLike,
    target: float,
    population: int | None,
    estimator: Estimator,
    state: str,
    units: Units | None,
) -> Calibration:
    """Return the calibration of per-item losses, both (n,): paper, Algorithm 2, for lambda.

    Raises:
        InvalidLossError: a loss is negative, NaN or infinite, or the two are of unlike length.
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    m, p = checked_losses(image, "`image`"), checked_losses(perceptual, "`perceptual`")
    if m.ndim != 1 or m.shape != p.shape:
        raise InvalidLossError(
            "`image` and `perceptual` must be two lists of one length, a number an item, but are "
            f"{m.shape} and {p.shape}."
        )
    if population is not None and population < m.size:
        raise InvalidLossError(
            f"`population` must be at least the {m.size} items measured but got {population}."
        )
    weight = exact_weight(m, p, Precision(target, estimator, 0.0, exhaustive=False))
    # Of a population without an end, no finite-population correction: see `log_interval`.
    endless = np.iinfo(np.int64).max
    interval = log_interval(m, p, weight, endless if population is None else population, estimator)
    low, high = interval.around(weight)
    return Calibration(
        weight, low, high, target, state, m.size, population, float(m.mean()), float(p.mean()),
        estimator, interval.heavy_tailed, units,
    )  # fmt: skip
