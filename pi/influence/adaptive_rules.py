"""Rules of the literature that weigh several losses while they fall, for the two of Eq. (4).

They are made for losses of like size. M and lambda_0 P are, and so are losses divided by their
first value; a rule gives each a weight of order one, and

    lambda = lambda_0 w_P / w_M,

which begins at lambda_0 and, where the rule has no aim, at its Psi. With raw losses a millionfold
apart SoftAdapt and ReLoBRaLo would leave Psi at 1 (method, 2.7). Lambda is cut and cuts are counted
as in constant Psi. All but GradNorm make the lambda of the step or epoch after the losses they saw.
"""

from dataclasses import dataclass, replace
from math import exp, log

import numpy as np

from pi.influence.psi import from_log_odds, weight_for_psi
from pi.influence.schedule import DECAY, EVERY, Fixed, ScheduleState, WeightRule

UNCERTAINTY_RATE = 1 - DECAY
"""Step length of s: near its optimum s follows ln L as a moving average of that decay would."""

GRADNORM_ASYMMETRY = 0.12
"""alpha of Chen et al. where the losses differ in scale alone (their example of regressions)."""

SOFTADAPT_BETA = 0.1
"""beta of Heydari et al.: the default of their code."""

RELOBRALO_TEMPERATURE, RELOBRALO_DECAY, RELOBRALO_LOOKBACK = 1.0, 0.999, 0.999
"""tau and alpha: the defaults of Bischof and Kraus's code; the mean of rho: that of its ports, for
the default of theirs, 1, never looks back."""


@dataclass(frozen=True)
class AdaptiveRule(Fixed):
    """What the rules share.

    Attributes:
        weight: lambda_0, greater than 0: lambda at the start and the middle of its bounds.
    """

    def weighed(self, state: ScheduleState, perceptual: float, image: float) -> ScheduleState:
        """Return the state with the lambda of the weights w_P and w_M, each 0 or greater."""
        return state.moved(WeightRule(self.weight * perceptual, by_one=image).near(self.weight))


@dataclass(frozen=True)
class Uncertainty(AdaptiveRule):
    """Homoscedastic uncertainty (Kendall et al. 2018): e^-s L + s, summed over L = M, lambda_0 P.

    s is learned beside the network, by gradient descent. At its optimum e^-s = 1 / L, so both terms
    are 1 and Psi is 1/2, whatever was asked for. The memory is s_M and s_P; they begin so that
    lambda is lambda_0 and M is at its optimum.
    """

    def looks_back(self, step: int) -> bool:  # noqa: D102
        return step > 0

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        losses = image, self.weight * perceptual
        before = state.memory or (log(_positive(image, perceptual)[0]),) * 2
        s_m, s_p = (
            s - UNCERTAINTY_RATE * (1 - exp(-s) * loss)
            for s, loss in zip(before, losses, strict=True)
        )
        seen = replace(state.stepped(), memory=(s_m, s_p))
        return self.weighed(seen, *from_log_odds([s_m - s_p, s_p - s_m]).tolist())


@dataclass(frozen=True)
class GradNorm(AdaptiveRule):
    """Gradients of equal length, but longer for the loss that lags behind (Chen et al. 2018).

    Their weights w are moved towards ||w_i grad L_i|| in proportion to r_i^alpha, with r_i the
    loss over its first value, relative to the mean of both. Of two losses that is, in closed form,

        lambda = ||grad M|| / ||grad P|| (r_P / r_M)^alpha,

    where their descent ends if alpha is 0 or 1, and between within some per cent. At alpha = 0 the
    gradient's Psi is 1/2, whatever was asked for. The gradients are over all parameters, and
    averaged over as many steps as the losses. The memory is the first P / M and the averages of
    ||grad M|| and ||grad P||, not yet corrected for their start.

    Attributes:
        every: steps between two measurements of the gradients.
    """

    every: int = EVERY

    def start(self) -> ScheduleState:  # noqa: D102
        return replace(super().start(), memory=(0.0, 0.0, 0.0))

    def looks_back(self, step: int) -> bool:  # noqa: D102
        return step > 0 and step % self.every == 0

    def asks_gradients(self, state: ScheduleState) -> bool:  # noqa: D102
        return state.steps % self.every == 0

    def after_gradients(  # noqa: D102
        self, state: ScheduleState, image: float, perceptual: float, dot: float
    ) -> ScheduleState:
        del dot  # which no length tells
        first, *lengths = state.memory
        kept = DECAY**self.every
        of_m, of_p = (
            kept * old + (1 - kept) * new
            for old, new in zip(lengths, (image, perceptual), strict=True)
        )
        lag = state.perceptual / state.image / first if state.steps else 1.0
        seen = replace(state, memory=(first, of_m, of_p))
        return self.weighed(seen, of_m * lag**GRADNORM_ASYMMETRY, self.weight * of_p)

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        seen = state.averaged(image, perceptual, DECAY)
        if state.steps:
            return seen
        first_m, first_p = _positive(image, perceptual)
        return replace(seen, memory=(first_p / first_m, *state.memory[1:]))


@dataclass(frozen=True)
class SoftAdapt(AdaptiveRule):
    """More weight for the loss that fell less since the epoch before (Heydari et al. 2019).

    w is the softmax of beta times the change of each loss, which is divided by that of the first
    epoch. The memory is the sums of M and P over the first epoch and over the last.
    """

    def after_epoch(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        first_m, first_p, last_m, last_p = state.memory or 2 * _positive(image, perceptual)
        rise = SOFTADAPT_BETA * ((perceptual - last_p) / first_p - (image - last_m) / first_m)
        seen = replace(state, memory=(first_m, first_p, image, perceptual))
        return self.weighed(seen, *from_log_odds([rise, -rise]).tolist())


@dataclass(frozen=True)
class ReLoBRaLo(AdaptiveRule):
    """Relative loss balancing with random lookback (Bischof and Kraus 2021).

        w(t) = alpha (rho w(t-1) + (1 - rho) b(t, 0)) + (1 - alpha) b(t, t-1)
        b_i(t, t') = 2 softmax of L_i(t) / (tau L_i(t'))

    with rho drawn anew each step, nearly always 1. The memory is the first M and P, those of the
    step before, and w_P; w_M is 2 - w_P.

    Attributes:
        seed: of rho; each step has a draw of its own, so that a resumed training draws the same.
    """

    seed: int

    def looks_back(self, step: int) -> bool:  # noqa: D102
        return step > 0

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        losses = _positive(image, perceptual)
        first_m, first_p, last_m, last_p, w_p = state.memory or (*losses, *losses, 1.0)
        rho = np.random.default_rng((self.seed, state.steps)).random() < RELOBRALO_LOOKBACK
        kept = w_p if rho else _balance(perceptual / first_p, image / first_m)
        new = _balance(perceptual / last_p, image / last_m)
        w_p = RELOBRALO_DECAY * kept + (1 - RELOBRALO_DECAY) * new
        seen = replace(state.stepped(), memory=(first_m, first_p, *losses, w_p))
        return self.weighed(seen, w_p, 2 - w_p)


def _balance(perceptual: float, image: float) -> float:
    """Return b_P of two losses over what they were."""
    return 2 * float(from_log_odds((perceptual - image) / RELOBRALO_TEMPERATURE))


def _positive(image: float, perceptual: float) -> tuple[float, float]:
    """Return M and P, once it is known that others can be measured by them.

    Raises:
        InfluenceError: one is 0.
    """
    weight_for_psi(image, perceptual, 0.5)
    return image, perceptual
