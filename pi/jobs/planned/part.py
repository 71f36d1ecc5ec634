"""Which steps of the plan are asked for: all, those of a fold, of a kind, or one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pi.algorithm1 import Plan, Step
from pi.errors import PiError, quoted

WRITTEN = "fold=NUMBER, step=ENTRY_POINT or step=ENTRY_POINT:EXPERIMENT, after a comma both"


class PartAskedError(PiError):
    """A part of the plan that there is not, or that cannot be done yet."""


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What the steps that are asked for have in common; empty of all.

    Attributes:
        fold: their fold, as it was typed.
        kind: their entry point.
        experiment: what they are of.
    """

    fold: str = ""
    kind: str = ""
    experiment: str = ""

    def has(self, step: Step) -> bool:
        """Tell whether a step is asked for."""
        return (
            (not self.fold or str(step.fold) == self.fold)
            and (not self.kind or step.entry_point == self.kind)
            and (not self.experiment or step.experiment == self.experiment)
        )


def part_named(text: str) -> PlanPart:
    """Return the part that a text means.

    Raises:
        PartAskedError: it means none.
    """
    found: dict[str, str] = {}
    for word in (word.strip() for word in text.split(",") if word.strip()):
        name, _, value = word.partition("=")
        if name not in ("fold", "step") or not value or name in found:
            raise PartAskedError(f"`only` must be {WRITTEN}, but got {quoted(text)}.")
        found[name] = value
    kind, _, experiment = found.get("step", "").partition(":")
    return PlanPart(found.get("fold", ""), kind, experiment)


def written(step: Step) -> str:
    """Return the text that means one step alone."""
    fold = [f"fold={step.fold}"] if step.fold else []
    of = f":{step.experiment}" if step.experiment else ""
    return ",".join([*fold, f"step={step.entry_point}{of}"])


def steps_in(plan: Plan, text: str) -> tuple[Step, ...]:
    """Return the steps that are asked for, in their order; of an empty text all.

    Raises:
        PartAskedError: the plan has none of them.
    """
    part = part_named(text)
    found = tuple(step for step in plan.steps if part.has(step))
    if not found:
        names = [written(step) for step in plan.steps]
        raise PartAskedError(
            f"`only` must name steps of the plan, such as {names[0]}, but got "
            f"{quoted(text, names)}; `--plan True` prints them all."
        )
    return found


def require_ready(steps: Sequence[Step], plan: Plan, done: Collection[str]) -> None:
    """Refuse steps that need others which are neither done nor asked for.

    Raises:
        PartAskedError: there is one.
    """
    known = {*done, *(step.name for step in steps)}
    by_name = {step.name: step for step in plan.steps}
    for step in steps:
        missing = [name for name in step.needs if name not in known and step.name not in done]
        if missing:
            raise PartAskedError(
                f"step {step.name} must have {missing[0]} done before it but has not: `--only "
                f"{written(by_name[missing[0]])}` does that."
            )
