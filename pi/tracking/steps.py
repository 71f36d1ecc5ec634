"""Steps of a longer job: each a run nested in it, done once, taken up again where it ended."""

from collections.abc import Callable
from dataclasses import dataclass

from pi.tracking.earlier import run_status
from pi.tracking.run import Run, nested_in

TAG = "pi.step."


@dataclass(frozen=True)
class Steps:
    """The steps of one parent run.

    Attributes:
        parent: the run of the whole job; it remembers its steps as tags.
        announce: told what happens.
    """

    parent: Run
    announce: Callable[[str], None]

    def do(self, name: str, step: Callable[[str], None], *, resumable: bool = False) -> str:
        """Do a step unless it is done, and return the id of its run.

        Args:
            name: of the step, unique in the job.
            step: runs an entry point; given the id of an interrupted run to resume, or "".
            resumable: whether an interrupted run can be resumed; else the step starts anew.
        """
        earlier = self.parent.tag(TAG + name)
        if earlier and run_status(earlier) == "FINISHED":
            self.announce(f"{name}: done before, run {earlier}")
            return earlier
        self.announce(f"{name}: {'going on' if earlier and resumable else 'starting'}")
        opened: list[str] = []

        def remember(run_id: str) -> None:
            if not opened:  # a step's own nested runs are its business
                self.parent.tags({TAG + name: run_id})
            opened.append(run_id)

        with nested_in(self.parent.run_id, remember):
            step(earlier if resumable else "")
        return opened[0] if opened else earlier
