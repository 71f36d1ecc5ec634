"""Lambda made of the gradients of both losses: a share of them, their bisector, or no conflict.

With g = grad M and p = grad P over the parameters, all that two gradients can say of a weight is in
their Gramian, (g.g, p.p, g.p). The training follows g + lambda p. A measurement every `every` steps
is averaged with those before it, as the losses of constant Psi are; a Gramian averaged with
Gramians is one. Every rule is of degree 0 in it, so that no correction of the average's start is
needed. Lambda is cut to a hundredfold of lambda_0 either way, and cuts are counted.
"""

from dataclasses import dataclass, replace
from math import sqrt

from pi.influence.psi import odds_of
from pi.influence.schedule import DECAY, EVERY, Fixed, ScheduleState, WeightRule


@dataclass(frozen=True)
class GradientRule(Fixed):
    """What the rules share. The memory is the averages of g.g, p.p and g.p.

    Attributes:
        weight: lambda_0, greater than 0: the middle of lambda's bounds.
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
        kept = DECAY**self.every
        measured = image**2, perceptual**2, dot
        gg, pp, gp = (
            kept * old + (1 - kept) * new for old, new in zip(state.memory, measured, strict=True)
        )
        above, below = self.fraction(gg, pp, gp)
        seen = replace(state, memory=(gg, pp, gp))
        return seen.moved(WeightRule(above, by_one=below).near(self.weight))

    def fraction(self, gg: float, pp: float, gp: float) -> tuple[float, float]:
        """Return lambda of a Gramian as a fraction, each part 0 or greater."""
        raise NotImplementedError


@dataclass(frozen=True)
class ConstantPsiGradient(GradientRule):
    """The share of the gradient held: ||lambda p|| / (||g|| + ||lambda p||) = psi.

    Equal shares of the loss are not equal shares of what moves the weights (method, finding 5).

    Attributes:
        target: the share asked for.
    """

    target: float = 0.5

    def start(self) -> ScheduleState:  # noqa: D102
        odds_of(self.target)
        return super().start()

    def fraction(self, gg: float, pp: float, gp: float) -> tuple[float, float]:  # noqa: D102
        return odds_of(self.target) * sqrt(gg), sqrt(pp)


@dataclass(frozen=True)
class ConFIG(GradientRule):
    """The bisector of both gradients, which has a like angle with each (Liu et al., ConFIG, 2024).

    Their direction pinv(unit gradients) (1, 1) is, of two, that of g / ||g|| + p / ||p||, hence of
    lambda = ||g|| / ||p||; unless the gradients are opposite, both losses fall along it. ConFIG's
    length of the step, the sum of both projections, is left to the optimizer: Adam divides by a
    gradient's size.
    """

    def fraction(self, gg: float, pp: float, gp: float) -> tuple[float, float]:  # noqa: D102
        return sqrt(gg), sqrt(pp)


@dataclass(frozen=True)
class UPGrad(GradientRule):
    """lambda_0 while the gradients agree; where they conflict, neither loss rises.

    UPGrad (Quinton and Rey, Jacobian descent for multi-objective optimization, 2024) projects each
    gradient onto the cone of directions along which no loss rises, and takes the mean. Of two, g
    and q = lambda_0 p with g.q < 0, the projections are g - (g.q / q.q) q and q - (g.q / g.g) g,
    whose sum weighs q over g by (1 - g.q / q.q) / (1 - g.q / g.g).
    """

    def fraction(self, gg: float, pp: float, gp: float) -> tuple[float, float]:  # noqa: D102
        against = max(-gp * self.weight, 0.0)
        qq = pp * self.weight**2
        if against == 0:  # as is a gradient that vanishes
            return self.weight, 1.0
        return self.weight * (1 + against / qq), 1 + against / gg
