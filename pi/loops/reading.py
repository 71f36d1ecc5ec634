"""What a meter has seen of a loop: Psi of each term, lambda for a target, its interval, drift."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

from pi.digits import number, percent
from pi.door.calibration import Calibration
from pi.errors import PiError
from pi.influence.psi import psi, weight_for_psi
from pi.influence.weight_units import Units
from pi.loops.moments import interval_of_moments
from pi.training.sums import InfluenceSums


class MeterError(PiError):
    """A meter is asked what it cannot know, or told what is no loss."""


class UntrainedWarning(UserWarning):
    """A lambda is calibrated on a network that does worse than its own input."""


@dataclass(frozen=True)
class MeterReading:
    """What was seen since a meter was last reset.

    Attributes:
        sums: of the two losses; ``perceptual`` in the order of ``terms``.
        moments: sums of M^i P^j, see `pi.loops.moments.POWERS`.
        terms: names of the perceptual terms.
        weight: lambda of the last batch.
        batches: how many were seen.
        identity: the same with the input in the place of the output; None where it was not told.
        of_input: whether it is itself of the input in the place of the output.
    """

    sums: InfluenceSums
    moments: tuple[float, ...] = field(repr=False)
    terms: tuple[str, ...]
    weight: float
    batches: int
    identity: "MeterReading | None" = None
    of_input: bool = False

    @property
    def psi(self) -> float:
        """Share of the total that was perceptual, each batch with its own lambda."""
        return self.sums.metrics(())["psi"]

    @property
    def shares(self) -> dict[str, float]:
        """Share of the total of each term; ``image`` is the rest."""
        whole = self.psi
        of_terms = {
            name: whole * own / self.sums.perceptual_sum if self.sums.perceptual_sum else 0.0
            for name, own in zip(self.terms, self.sums.perceptual, strict=True)
        }
        return {"image": 1 - whole, **of_terms}

    def drift(self, target: float) -> float:
        """Return how far Psi lies from ``target``, in percentage points."""
        return 100 * (self.psi - target)

    def weight_for(self, target: float) -> float:
        """Return the lambda at which these losses would have had ``target``.

        Raises:
            InfluenceError: no lambda would do, or the target is not in (0, 1).
        """
        return weight_for_psi(self.sums.image, self.sums.perceptual_sum, target)

    def calibrate(
        self, target: float, population: int | None = None, units: Units | None = None
    ) -> Calibration:
        """Return the lambda for ``target`` with its 95 % interval, and warn where it misleads.

        Args:
            target: Psi asked for.
            population: items there are; None: those seen are a sample without an end.
            units: of the losses.

        Raises:
            InfluenceError: see `weight_for`.

        Warns:
            UntrainedWarning: the network did worse than its input, or nobody told how that does.
        """
        weight = self.weight_for(target)
        interval = interval_of_moments(self.moments, population)
        self._warn(weight, target)
        means = self.sums.metrics(())
        return Calibration(
            weight, *interval.around(weight), target, self.state, int(self.moments[0]), population,
            means["image_loss"], means["perceptual_loss"], heavy_tailed=interval.heavy_tailed,
            units=units,
        )  # fmt: skip

    @property
    def state(self) -> str:
        """Of the network: ``untrained`` where its image loss is above its input's."""
        if self.identity is None:
            return "identity" if self.of_input else "unknown"
        return "untrained" if self._mean > self.identity._mean else "trained"

    @property
    def _mean(self) -> float:
        return self.sums.image / self.sums.patches

    def _warn(self, weight: float, target: float) -> None:
        if self.of_input:
            return
        if self.identity is None:
            said = (
                f"lambda {number(weight)} is for the network as it was, and an untrained one asks "
                "for quite another than training does: tell the meter the losses of the pairs "
                "alone (identity=: the input in the place of the output) to have it say which "
                "this is."
            )
        elif self.state == "untrained":
            own = self.identity.weight_for(target)
            became = psi(self.identity.sums.image, self.identity.sums.perceptual_sum, weight)
            times = max(weight / own, own / weight)
            said = (
                f"this network is untrained: its image loss {number(self._mean)} is above the "
                f"{number(self.identity._mean)} of its own input. lambda {number(weight)} is for "
                f"that; in the regime of training it gives Psi {percent(float(became))} instead of "
                f"{100 * target:g} %. There it takes lambda {number(own)}, {number(times)} times "
                f"{'less' if own < weight else 'more'}: "
                "see `calibrate_identity`."
            )
        else:
            return
        warnings.warn(said, UntrainedWarning, stacklevel=4)


def reading_of(
    names: tuple[str, ...],
    sums: Mapping[str, float],
    terms: tuple[float, ...],
    moments: tuple[float, ...],
    weight: float,
    batches: int,
    identity: MeterReading | None,
    of_input: bool,
) -> MeterReading:
    """Return the reading of plain sums.

    Args:
        names: of the perceptual terms.
        sums: ``image``, ``weighted``, ``shares``, ``shared`` and ``items``, as `InfluenceSums` has
            them.
        terms: sum of each perceptual term.
        moments: see `MeterReading`.
        weight: lambda of the last batch.
        batches: how many were seen.
        identity: see `MeterReading`.
        of_input: see `MeterReading`.
    """
    found = InfluenceSums(
        sums["image"], terms, sums["weighted"], sums["shares"], round(sums["shared"]),
        round(sums["items"]),
    )  # fmt: skip
    return MeterReading(found, moments, names, weight, batches, identity, of_input)
