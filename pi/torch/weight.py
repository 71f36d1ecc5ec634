"""Lambda while a loop trains: the schedules of `pi.influence`, as a module saved with it."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from pi.choices import ScheduleName
from pi.influence.named_schedules import ScheduleError, find_schedule
from pi.influence.schedule import ScheduleState
from pi.loops.reading import MeterError
from pi.torch.device import exact, over_all
from pi.torch.gradient import gradient_influence

QUEUE = 1000
"""Steps whose losses are kept on the device before they are read, where no rule asks for them."""


class PerceptualWeight(nn.Module):
    """Lambda of each step by any schedule that `train` has, as a detached tensor.

    Where a rule is made of the batch at hand, it is computed on the device; where it looks back,
    the losses of the steps before are read then: of ``constant_psi`` twice in 50 steps, of
    ``uncertainty`` and ``relobralo``, which are made so, in each. Steps whose losses are not finite
    (an overflow under AMP, which the scaler skips) are left out. Distributed processes see the
    losses of all. What was seen is in the ``state_dict``. Under `torch.compile` the graph breaks
    here, and nothing else changes.

    Args:
        schedule: its name, see `pi.influence.named_schedules`.
        weight: lambda that it begins with.
        target: Psi aimed at, of those that aim at one.
        warmup_steps: of ``warmup_then_calibrate``.
        final: Psi at the last step of ``constant_psi``; None: as at the first.
        total: steps of the whole training, where ``final`` is told.
        seed: of ``relobralo``.
        accumulate: batches whose gradients make one step.

    Raises:
        ScheduleError: an unknown schedule, or one without what it needs.
    """

    def __init__(
        self,
        schedule: ScheduleName = "fixed",
        weight: float = 1.0,
        *,
        target: float | None = None,
        warmup_steps: int = 0,
        final: float | None = None,
        total: int = 1,
        seed: int = 5,
        accumulate: int = 1,
    ) -> None:
        super().__init__()
        if accumulate < 1:
            raise ScheduleError(f"`accumulate` must be 1 or more but got {accumulate}.")
        self.schedule = find_schedule(
            schedule, weight, target=target, warmup_steps=warmup_steps, final=final, total=total,
            seed=seed,
        )  # fmt: skip
        self.accumulate = accumulate
        self._state = self.schedule.start()
        self._rule = self.schedule.rule(self._state)
        self._steps: list[Tensor] = []  # (3,) sums of M and P, and samples, of each not yet read
        self._batches: list[Tensor] = []  # likewise, of the step under way
        self._epoch = (0.0, 0.0)
        self._made: dict[tuple[float, torch.device], Tensor] = {}

    @property
    def state(self) -> ScheduleState:
        """What the schedule has seen; waits for the device."""
        self._settle()
        return self._state

    @torch.compiler.disable
    def forward(
        self,
        image: Tensor,
        perceptual: Tensor,
        parameters: Iterable[Tensor] | None = None,
    ) -> Tensor:
        """Return lambda, a float32 scalar without a gradient.

        Args:
            image: the image loss, a mean or one a sample.
            perceptual: likewise, of all perceptual terms together.
            parameters: that are trained, which ``gradnorm`` and its like measure gradients over.

        Raises:
            ScheduleError: a schedule that measures gradients, without parameters.
        """
        batch = over_all(_batch(image, perceptual))
        if self.training:
            self._begin(image, perceptual, parameters)
            self._batches.append(batch)
            if len(self._batches) == self.accumulate:
                self._steps.append(torch.stack(self._batches).sum(dim=0))
                self._batches = []
        return self._weight(batch)

    def end_epoch(self) -> None:
        """Tell the schedule that an epoch is over; some move lambda then alone.

        Raises:
            MeterError: it had no step.
        """
        self._settle()
        if not any(self._epoch):
            raise MeterError("an epoch must have a step with a loss before it ends but has none.")
        self._state = self.schedule.after_epoch(self._state, *self._epoch)
        self._epoch = (0.0, 0.0)
        self._rule = self.schedule.rule(self._state)

    def get_extra_state(self) -> dict[str, Any]:
        """Return what was seen, for ``state_dict``; ask between two steps."""
        self._settle()
        return {"schedule": asdict(self._state), "epoch": list(self._epoch)}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_extra_state` returned."""
        held = dict(state["schedule"])
        self._state = ScheduleState(**{**held, "memory": tuple(held["memory"])})
        self._epoch = (float(state["epoch"][0]), float(state["epoch"][1]))
        self._steps, self._batches = [], []
        self._rule = self.schedule.rule(self._state)

    def extra_repr(self) -> str:
        """Return the schedule for `print`."""
        return repr(self.schedule)

    def _begin(
        self, image: Tensor, perceptual: Tensor, parameters: Iterable[Tensor] | None
    ) -> None:
        """Have the rule of the step that begins with this batch."""
        if self._batches:
            return
        step = self._state.steps + len(self._steps)
        if self.schedule.looks_back(step) or len(self._steps) >= QUEUE:
            self._settle()
        # What is not read yet moves the count of steps alone: see `Schedule.looks_back`.
        state = replace(self._state, steps=self._state.steps + len(self._steps))
        if self.schedule.asks_gradients(state):
            if parameters is None:
                raise ScheduleError(
                    "`parameters` must be given with a schedule that measures the gradients over "
                    "them, as gradnorm, constant_psi_gradient, config and upgrad do."
                )
            pair = gradient_influence({"image": image, "perceptual": perceptual}, parameters)
            self._state = self.schedule.after_gradients(
                state, pair.image, pair.perceptual, pair.dot
            )
            state = self._state
        self._rule = self.schedule.rule(state)

    def _settle(self) -> None:
        """Read the losses of the steps not yet read, and tell the schedule of each in turn."""
        seen = torch.stack(self._steps).tolist() if self._steps else []
        self._steps = []
        for image, perceptual, count in seen:
            if isfinite(image) and isfinite(perceptual) and count:
                means = image / count, perceptual / count
                self._state = self.schedule.after_step(self._state, *means)
                self._epoch = (self._epoch[0] + image, self._epoch[1] + perceptual)

    def _weight(self, batch: Tensor) -> Tensor:
        rule = self._rule
        if rule.of_image or rule.by_perceptual:
            m, p = batch[0] / batch[2], batch[1] / batch[2]
            weight = (rule.of_one + rule.of_image * m) / (rule.by_one + rule.by_perceptual * p)
            return weight.clamp(rule.low, rule.high).float()
        key = rule(0.0, 0.0), batch.device
        if key not in self._made:
            self._made = {key: torch.full((), key[0], dtype=torch.float32, device=key[1])}
        return self._made[key]


@torch.no_grad()
def _batch(image: Tensor, perceptual: Tensor) -> Tensor:
    """Return the sums of M and P, and the samples, (3,)."""
    m, p = (x.detach().reshape(-1).to(exact(x)) for x in (image, perceptual))
    if m.shape != p.shape:
        raise MeterError(
            f"image and perceptual loss must be of one length but are {len(m)} and {len(p)}."
        )
    return torch.stack([m.sum(), p.sum(), m.new_full((), len(m))])
