"""Steps of a longer job: each a run nested in it, done once, taken up again where it ended."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pi.algorithm1 import EntryPoint
from pi.jobs.planned.claims import Claimant
from pi.tracking.address import await_answer
from pi.tracking.records import SharedTags, catch_up, run_status
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
        parent: the run of the whole job, which remembers its steps as tags.
        tracker: of the whole job; it is told what happens.
        take: takes a step.
        claimant: this process, as others at the same job see it.
    """

    parent: SharedTags
    tracker: Tracker
    take: Take
    claimant: Claimant = field(default_factory=Claimant)

    def do(self, name: str, entry_point: EntryPoint, arguments: list[str]) -> str:
        """Do a step unless it is done; return the id of its run, or nothing if another is at it.

        A tracking store that went away meanwhile is waited for: the steps that rest on this one
        find its result there.

        Args:
            name: of the step, unique in the job.
            entry_point: what it is.
            arguments: its command line.

        Raises:
            WornOutError: it ended the processes that were at it, again and again.
        """
        if done := self._done(name):
            return done
        with self.claimant.holding(self.parent, as_tag(name)) as mine:
            # Between the first look and the claim another may have done it.
            done = self._done(name) or self._go(name, entry_point, arguments) if mine else ""
            await_answer(self.tracker.say)
            if done:
                catch_up(done)
            return done

    def _done(self, name: str) -> str:
        done = self.run_of(name)
        if done:
            self.tracker.say(f"== {name}: done before, run {done}")
        return done

    def run_of(self, name: str) -> str:
        """Return the run of a step that is done; of another nothing."""
        return finished(self.parent.read().get(tag_of(name), ""))

    def _go(self, name: str, entry_point: EntryPoint, arguments: list[str]) -> str:
        earlier = self.parent.read().get(tag_of(name), "")
        resumed = earlier if entry_point in RESUMABLE and run_status(earlier) else ""
        if earlier and not resumed:
            self.parent.close_gone(earlier)
        self.tracker.say(f"== {name}: {'going on' if resumed else 'starting'}")
        opened: list[str] = []

        def remember(run_id: str) -> None:
            self.parent.write(tag_of(name), run_id)
            opened.append(run_id)

        more = ["--resume", resumed] if resumed else []
        below = self.tracker.below(self.parent.run_id, remember)
        self.take(entry_point, arguments + more, below)
        return opened[0] if opened else earlier


def finished(run_id: str) -> str:
    """Return the id of a run that came to its end; of another one, and of none, nothing."""
    return run_id if run_id and run_status(run_id) == "FINISHED" else ""


def tag_of(name: str) -> str:
    """Return the tag that names the run of a step."""
    return f"{TAG}{as_tag(name)}"


def as_tag(name: str) -> str:
    """Return a step's name as MLflow takes it: an option of a loss may have what it does not."""
    kept = re.sub(r"[^\w/.\- :]", "_", name)[:160]
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return kept if kept == name else f"{kept}.{digest}"
