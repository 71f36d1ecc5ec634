"""The plan as commands, one a step, for whoever has a scheduler of their own."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pi.algorithm1 import Plan, Step
from pi.errors import GO_ON
from pi.jobs.planned.part import written
from pi.jobs.result import Kept, Result, joined

OUTCOME: Mapping[str, str] = {
    "train": "--perceptual_weight",
    "evaluate": "--run",
    "compare": "--runs",
}
"""By entry point, the parameter that only earlier steps can tell."""


def command_of(step: Step, run_id: str) -> str:
    """Return the command that does one step of a run, and finds what it needs there."""
    words = ["python", "-m", "entrypoints.main", "--resume", run_id, "--only", written(step)]
    return shlex.join(words)


def plan_text(plan: Plan, steps: Sequence[Step], run_id: str, done: Mapping[str, str]) -> str:
    """Return a shell script that does steps in turn; what is not a command is a comment.

    Args:
        plan: all steps.
        steps: those that are shown.
        run_id: of the run of the whole job.
        done: runs of the steps that are done, by their names.
    """
    places = {step.name: place for place, step in enumerate(plan.steps, start=1)}
    lines = [
        f"# {len(steps)} of the {len(places)} steps of run {run_id}. A step can be done once those "
        "are that it",
        "# comes after. A command does nothing where its step is done, and waits where another "
        "process is at it.",
    ]
    for step in steps:
        after = ", ".join(str(places[name]) for name in step.needs)
        state = f", done: run {done[step.name]}" if step.name in done else ""
        lines += [
            "",
            f"# {places[step.name]}: {step.name}{f', after {after}' if after else ''}{state}",
            f"# as: {_underlying(step)}",
            command_of(step, run_id),
        ]
    return "\n".join(lines)


def _underlying(step: Step) -> str:
    """Return the command of the entry point itself; what is not known yet is in angle brackets."""
    words = shlex.join(["python", "-m", f"entrypoints.{step.entry_point}", *step.arguments])
    if step.entry_point not in OUTCOME:
        return words
    told = f"<of {', '.join(step.needs)}>" if step.needs else "0"
    return f"{words} {OUTCOME[step.entry_point]} {told}"


@dataclass(frozen=True, repr=False)
class PlannedResult(Result):
    """The steps as commands.

    Attributes:
        steps: how many.
        script: see `plan_text`.
    """

    steps: int
    script: str = field(repr=False)

    @property
    def headline(self) -> str:
        """How many steps."""
        return f"{self.steps} steps"

    def text(self) -> str:
        """Return the script."""
        return self.script


@dataclass(frozen=True, repr=False)
class PartResult(Result):
    """Some steps of several.

    Attributes:
        done: steps that are done.
        steps: steps there are.
        kept: where the run of the whole job is.
    """

    done: int
    steps: int
    kept: Kept

    @property
    def headline(self) -> str:
        """How many are done."""
        return f"{self.done} of {self.steps} steps are done"

    def text(self) -> str:
        """Return how many are done, the command that does the rest, and where the run is."""
        rest = f"{GO_ON}python -m entrypoints.main --resume {self.kept.run_id}"
        return joined(self.headline, rest, self.kept.text())
