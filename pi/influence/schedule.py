"""Lambda while training: what every schedule does, what it has seen, what it asks of a step.

A schedule is a few numbers and no state. What it has seen travels in a `ScheduleState`, which a
checkpoint keeps; what it asks of the next step is a `WeightRule`, which the step applies to its
own losses, so that even a lambda made of the batch at hand is one pass of the network.

Here is the paper's, which never moves. Those that aim at a Psi are in
`pi.influence.calibrated_schedules`, the rules of the literature in `pi.influence.adaptive_rules`.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import Protocol

from pi.influence.psi import checked_weight

DECAY = 0.99
"""Of the moving averages of M and P, a step (method, 2.5)."""

EVERY = 50
"""Steps between two updates of lambda where they are made of moving averages (method, 2.5)."""

CLIP = 100.0
"""No schedule moves lambda farther than this from where it began, either way (method, 2.5)."""


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

    def near(self, weight: float) -> "WeightRule":
        """Return the rule cut to a `CLIP`-fold of ``weight`` either way."""
        return replace(self, low=weight / CLIP, high=weight * CLIP)


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """What a schedule has seen.

    Attributes:
        weight: lambda in force.
        image: moving average of M, not yet corrected for its start.
        perceptual: moving average of P, likewise.
        steps: steps seen.
        clips: updates whose lambda was cut.
        memory: what else a rule remembers; each says what, and in which order.
    """

    weight: float
    image: float = 0.0
    perceptual: float = 0.0
    steps: int = 0
    clips: int = 0
    memory: tuple[float, ...] = ()

    def stepped(self) -> "ScheduleState":
        """Return the state a step later."""
        return replace(self, steps=self.steps + 1)

    def averaged(self, image: float, perceptual: float, decay: float) -> "ScheduleState":
        """Return the state a step later, with that step's losses in its averages."""
        return replace(
            self.stepped(),
            image=decay * self.image + (1 - decay) * image,
            perceptual=decay * self.perceptual + (1 - decay) * perceptual,
        )

    def moved(
        self, rule: WeightRule, image: float = 0.0, perceptual: float = 0.0
    ) -> "ScheduleState":
        """Return the state with the lambda of ``rule``; one that was cut is counted."""
        weight = rule(image, perceptual)
        cut = weight != rule.uncut(image, perceptual)
        return replace(self, weight=weight, clips=self.clips + cut)


class Schedule(Protocol):
    """What every schedule does."""

    def start(self) -> ScheduleState:
        """Return the state before the first step."""

    def rule(self, state: ScheduleState) -> WeightRule:
        """Return how the next step makes its lambda."""

    def looks_back(self, step: int) -> bool:
        """Tell whether the lambda of a step, counted from 0, rests on losses of steps before it.

        Between two such steps lambda is what it was, or made of the batch at hand alone, so that
        whoever keeps the losses on another device need not wait for them.
        """

    def asks_gradients(self, state: ScheduleState) -> bool:
        """Tell whether the next step must be told to `after_gradients` before it is made."""

    def after_gradients(
        self, state: ScheduleState, image: float, perceptual: float, dot: float
    ) -> ScheduleState:
        """Return the state once the gradients over the parameters are measured.

        Args:
            state: before the step.
            image: ||grad M||.
            perceptual: ||grad P||.
            dot: grad M . grad P.
        """

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:
        """Return the state after a step whose mean losses were these."""

    def after_epoch(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:
        """Return the state after an epoch whose summed losses were these."""


@dataclass(frozen=True)
class Fixed:
    """The paper's: one lambda throughout. The others replace what they do otherwise."""

    weight: float

    def start(self) -> ScheduleState:  # noqa: D102
        return ScheduleState(float(checked_weight(self.weight)))

    def rule(self, state: ScheduleState) -> WeightRule:  # noqa: D102
        return WeightRule(state.weight)

    def looks_back(self, step: int) -> bool:  # noqa: D102
        return False

    def asks_gradients(self, state: ScheduleState) -> bool:  # noqa: D102
        return False

    def after_gradients(  # noqa: D102
        self, state: ScheduleState, image: float, perceptual: float, dot: float
    ) -> ScheduleState:
        return state

    def after_step(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        return state.stepped()

    def after_epoch(self, state: ScheduleState, image: float, perceptual: float) -> ScheduleState:  # noqa: D102
        return state
