"""Schedules that aim at a Psi: set once after a warm-up, set anew each epoch, or held.

With M and P the two losses and k = psi / (1 - psi), constant Psi means lambda = k M / P with no
gradient through it: the gradient is then M / (1 - psi) times that of

    (1 - psi) ln M + psi ln P,

so what is minimised is a weighted geometric mean, whatever the units (method, finding 6).
"""

from dataclasses import dataclass, replace
from math import exp

from pi.influence.psi import from_log_odds, log_odds, odds_of, weight_for_psi
from pi.influence.schedule import DECAY, EVERY, Fixed, ScheduleState, WeightRule

ESRGAN_DP = 2.0
"""mu of ESRGAN-DP (method, 2.7)."""


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

    def looks_back(self, step: int) -> bool:  # noqa: D102
        return step == self.steps

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        if state.steps >= self.steps:
            return state.stepped()
        seen = state.averaged(image, perceptual, DECAY)
        if seen.steps < self.steps:
            return seen
        return replace(seen, weight=weight_for_psi(seen.image, seen.perceptual, self.target))


@dataclass(frozen=True)
class RecalibrateEachEpoch(Fixed):
    """The lambda that the sums of the epoch before ask for; the first epoch has the given one.

    It is also how Marcos et al. (2022) is read here, whose formula is not known but in words:
    "lambda adapted based on epoch loss" (method, 2.7).
    """

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
        return super().start()

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
        ).near(self.weight)

    def looks_back(self, step: int) -> bool:  # noqa: D102
        updates = (step + 1) % self.every == 0 or (step > 0 and step % self.every == 0)
        return updates and self.decay > 0  # without, an update is made of the batch at hand

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        seen = state.averaged(image, perceptual, self.decay)
        return seen.moved(self.rule(state), image, perceptual)

    def _log_odds(self, step: int) -> float:
        done = min(step / max(self.total - 1, 1), 1.0)
        first, last = log_odds([self.target, self.final])
        return float(first + done * (last - first))


def esrgan_dp(weight: float) -> ConstantPsi:
    """Return ESRGAN-DP's rule, lambda = mu M / P of the batch at hand, detached.

    That is the exact constant Psi at mu / (1 + mu) = 2/3, whatever the losses (method, 2.7).

    Args:
        weight: the middle of lambda's bounds.
    """
    share = ESRGAN_DP / (1 + ESRGAN_DP)
    return ConstantPsi(weight, share, share, 1, every=1, decay=0.0)
