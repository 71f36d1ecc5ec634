"""Who does steps, as the one who gives them out sees it: here in turn, or elsewhere at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pi.algorithm1 import Step

How = Literal["done", "busy", "lost", "failed", "refused"]
"""How it went with a step: done; another process is at it; whoever was at it died; it failed, and
may go better; it failed, and would again."""


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What became of a step that was given to somebody.

    Attributes:
        how: it went.
        run_id: of the run of a step that is done.
        why: it failed, in a sentence.
    """

    how: How
    run_id: str = ""
    why: str = ""


class Engine(Protocol):
    """Does steps."""

    @property
    def room(self) -> int:
        """How many steps may be given to it at once."""

    def start(self, step: Step) -> None:
        """Give it a step, all of whose needs are done."""

    def wait(self, seconds: float) -> list[tuple[str, StepOutcome]]:
        """Return the steps that ended, by their names; after so many seconds perhaps none."""


@dataclass
class Here:
    """Does a step at once in this process; what goes wrong ends the whole job.

    Attributes:
        do: does a step; returns its run, or nothing where another process is at it.
    """

    do: Callable[[Step], str]
    room: int = 1
    _ended: list[tuple[str, StepOutcome]] = field(default_factory=list)

    def start(self, step: Step) -> None:
        """Do a step."""
        run_id = self.do(step)
        self._ended.append((step.name, StepOutcome("done" if run_id else "busy", run_id)))

    def wait(self, seconds: float) -> list[tuple[str, StepOutcome]]:
        """Return the step that was done."""
        ended, self._ended = self._ended, []
        return ended
