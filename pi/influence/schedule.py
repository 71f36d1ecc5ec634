"""Lambda while training: fixed as in the paper, set once, set anew, or held at a Psi.

A schedule is a few numbers and no state. What it has seen travels in a `ScheduleState`, which a
checkpoint keeps; what it asks of the next step is a `WeightRule`, which the step applies to its
own losses, so that even a lambda made of the batch at hand is one pass of the network.

With M and P the two losses and k = psi / (1 - psi), constant Psi means lambda = k M / P with no
gradient through it: the gradient is then M / (1 - psi) times that of

    (1 - psi) ln M + psi ln P,

so what is minimised is a weighted geometric mean, whatever the units (method, finding 6).
"""

from dataclasses import dataclass, replace
from math import exp, inf
from typing import Literal, Protocol

from pi.influence.psi import checked_weight, from_log_odds, log_odds, odds_of, weight_for_psi

ScheduleName = Literal["fixed", "warmup_then_calibrate", "recalibrate_each_epoch", "constant_psi"]

DECAY = 0.99
EVERY = 50
CLIP = 100.0
"""Constant Psi may move lambda this far from where it began, either way (method, 2.5)."""


@dataclass(frozen=True, slots=True)
class WeightRule:
    """Lambda of one step, from that step's mean losses M and P.

    lambda = (of_one + of_image M) / (by_one + by_perceptual P), cut to [low, high].
    """

    of_one: float
    of_image: float = 0.0
    by_one: float = 1.0
    by_perceptual: float = 0.0
    low: float = 0.0
    high: float = inf

    def __call__(self, image: float, perceptual: float) -> float:
        """Return lambda in float64."""
        return min(max(self.uncut(image, perceptual), self.low), self.high)

    def uncut(self, image: float, perceptual: float) -> float:
        """Return lambda before it is cut; infinite where nothing perceptual is there to weigh."""
        below = self.by_one + self.by_perceptual * perceptual
        return (self.of_one + self.of_image * image) / below if below > 0 else inf


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """What a schedule has seen.

    Attributes:
        weight: lambda in force.
        image: moving average of M, not yet corrected for its start.
        perceptual: moving average of P, likewise.
        steps: steps seen.
        clips: updates whose lambda was cut.
    """

    weight: float
    image: float = 0.0
    perceptual: float = 0.0
    steps: int = 0
    clips: int = 0


class Schedule(Protocol):
    """What every schedule does."""

    def start(self) -> ScheduleState:
        """Return the state before the first step."""

    def rule(self, state: ScheduleState) -> WeightRule:
        """Return how the next step makes its lambda."""

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:
        """Return the state after a step whose mean losses were these."""

    def after_epoch(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:
        """Return the state after an epoch whose summed losses were these."""


@dataclass(frozen=True)
class Fixed:
    """The paper's: one lambda throughout."""

    weight: float

    def start(self) -> ScheduleState:  # noqa: D102
        return ScheduleState(float(checked_weight(self.weight)))

    def rule(self, state: ScheduleState) -> WeightRule:  # noqa: D102
        return WeightRule(state.weight)

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        return replace(state, steps=state.steps + 1)

    def after_epoch(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        return state


@dataclass(frozen=True)
class WarmupThenCalibrate(Fixed):
    """MSE alone for some steps, then the lambda that their last losses ask for, for good.

    Attributes:
        weight: kept for the record; lambda is 0 until it is calibrated.
        target: Psi asked for.
        steps: of warm-up. The average over its last 1 / (1 - `DECAY`) steps calibrates.
    """

    target: float
    steps: int

    def start(self) -> ScheduleState:  # noqa: D102
        odds_of(self.target)
        return ScheduleState(0.0)

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        if state.steps >= self.steps:
            return replace(state, steps=state.steps + 1)
        seen = _averaged(state, image, perceptual, DECAY)
        if seen.steps < self.steps:
            return seen
        return replace(seen, weight=weight_for_psi(seen.image, seen.perceptual, self.target))


@dataclass(frozen=True)
class RecalibrateEachEpoch(Fixed):
    """The lambda that the sums of the epoch before ask for; the first epoch has the given one."""

    target: float

    def start(self) -> ScheduleState:  # noqa: D102
        odds_of(self.target)
        return super().start()

    def after_epoch(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        return replace(state, weight=weight_for_psi(image, perceptual, self.target))


@dataclass(frozen=True)
class ConstantPsi(Fixed):
    """Psi held at its target, or led along a straight line in log-odds.

    Attributes:
        weight: lambda until the first update, and the middle of its bounds.
        target: Psi at the first step.
        final: Psi at the last step; the target itself where it is to stay.
        total: steps of the whole training.
        every: steps between two updates of lambda.
        decay: of the moving averages; 0 with ``every`` 1 is the exact rule lambda = k M / P.
    """

    target: float
    final: float
    total: int
    every: int = EVERY
    decay: float = DECAY

    def start(self) -> ScheduleState:  # noqa: D102
        odds_of(self.target), odds_of(self.final)
        return ScheduleState(float(checked_weight(self.weight)))

    def target_at(self, step: int) -> float:
        """Return the Psi aimed at in a step."""
        return float(from_log_odds(self._log_odds(step)))

    def rule(self, state: ScheduleState) -> WeightRule:  # noqa: D102
        if (state.steps + 1) % self.every:
            return WeightRule(state.weight)
        # Both averages are corrected for their start by the same factor, which cancels.
        odds, new = exp(self._log_odds(state.steps)), 1 - self.decay
        return WeightRule(
            odds * self.decay * state.image,
            odds * new,
            self.decay * state.perceptual,
            new,
            self.weight / CLIP,
            self.weight * CLIP,
        )

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        rule = self.rule(state)
        weight = rule(image, perceptual)
        clipped = weight != rule.uncut(image, perceptual)
        seen = _averaged(state, image, perceptual, self.decay)
        return replace(seen, weight=weight, clips=state.clips + clipped)

    def _log_odds(self, step: int) -> float:
        done = min(step / max(self.total - 1, 1), 1.0)
        first, last = log_odds([self.target, self.final])
        return float(first + done * (last - first))


def _averaged(state: ScheduleState, image: float, perceptual: float, decay: float) -> ScheduleState:
    return replace(
        state,
        image=decay * state.image + (1 - decay) * image,
        perceptual=decay * state.perceptual + (1 - decay) * perceptual,
        steps=state.steps + 1,
    )
