"""Steps of a longer job: each a run nested in it, done once, taken up again where it ended."""

from collections.abc import Callable
from dataclasses import dataclass

from pi.algorithm1 import EntryPoint
from pi.tracking.records import run_status
from pi.tracking.run import Run
from pi.tracking.tracker import Tracker

TAG = "pi.step."

RESUMABLE = ("train",)
"""Entry points whose interrupted run is gone on with; any other step starts anew."""

Take = Callable[[EntryPoint, list[str], Tracker], None]
"""Does the job of an entry point on a command line."""


@dataclass(frozen=True)
class Steps:
    """The steps of one parent run.

    Attributes:
        parent: the run of the whole job; it remembers its steps as tags.
        tracker: of the whole job; it is told what happens.
        take: takes a step.
    """

    parent: Run
    tracker: Tracker
    take: Take

    def do(self, name: str, entry_point: EntryPoint, arguments: list[str]) -> str:
        """Do a step unless it is done, and return the id of its run.

        Args:
            name: of the step, unique in the job.
            entry_point: what it is.
            arguments: its command line.
        """
        earlier = self.parent.tag(TAG + name)
        if earlier and run_status(earlier) == "FINISHED":
            self.tracker.say(f"== {name}: done before, run {earlier}")
            return earlier
        resumed = earlier if entry_point in RESUMABLE else ""
        self.tracker.say(f"== {name}: {'going on' if resumed else 'starting'}")
        opened: list[str] = []

        def remember(run_id: str) -> None:
            self.parent.tags({TAG + name: run_id})
            opened.append(run_id)

        more = ["--resume", resumed] if resumed else []
        self.take(entry_point, arguments + more, self.tracker.below(self.parent, remember))
        return opened[0] if opened else earlier
