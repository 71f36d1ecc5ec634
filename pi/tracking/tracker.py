"""What a job is passed to keep its results with: in the tracking store, or nowhere."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pi.tracking.address import TrackingError, run_line

if TYPE_CHECKING:  # MLflow, which what is wrong with the parameters does not wait for
    from pi.tracking.run import Run

Say = Callable[[str], object]
"""Told what happens while a job works, a line each."""


Last = Callable[[], bool]
"""Whether this process is the last one at a run, which ends with it then."""


def always() -> bool:
    """Tell that a run has this one process."""
    return True


def in_silence(message: str) -> None:
    """Say nothing."""


class Tracker(Protocol):
    """Where the run of a job is kept, and who is told what happens on the way."""

    @property
    def kept(self) -> bool:
        """Whether anything is kept."""

    @property
    def say(self) -> Say:
        """Who is told what happens."""

    def open(
        self, stage: str, name: str, resumed: str = "", last: Last = always
    ) -> "AbstractContextManager[Run]":
        """Open the run of a job; it ends with the block.

        Args:
            stage: name of the entry point, kept as the tag ``pi.stage``.
            name: the run's name in the UI.
            resumed: id of an earlier run to be continued instead.
            last: asked at the end of a run that several processes share.
        """

    def below(self, parent: str, opened: Callable[[str], None]) -> "Tracker":
        """Return the tracker of a step of a longer job.

        Args:
            parent: id of the run of the whole job, in which the step's is nested.
            opened: told the id of the step's run, as soon as it is open.
        """

    def saying(self, say: Say) -> "Tracker":
        """Return the same one that tells another what happens."""


@dataclass(frozen=True)
class Untracked:
    """Keeps nothing."""

    say: Say = in_silence
    kept: bool = False

    @contextmanager
    def open(
        self, stage: str, name: str, resumed: str = "", last: Last = always
    ) -> "Iterator[Run]":
        """Yield a run of which nothing is kept.

        Raises:
            TrackingError: an earlier run is to be continued, of which nothing can be kept.
        """
        if resumed:
            raise TrackingError("`resume` must be empty where no tracker is given, but is not.")
        from pi.tracking.opened import UNKEPT

        yield UNKEPT

    def below(self, parent: str, opened: Callable[[str], None]) -> "Untracked":
        """Return itself."""
        return self

    def saying(self, say: Say) -> "Untracked":
        """Return the same one that tells another what happens."""
        return replace(self, say=say)


UNTRACKED = Untracked()


@dataclass(frozen=True)
class Tracked:
    """Keeps runs in the tracking store that MLFLOW_TRACKING_URI names.

    Attributes:
        say: who is told what happens.
        parent: id of the run in which all are nested; empty: of none.
        opened: told the id of each run, as soon as it is open.
    """

    say: Say = in_silence
    parent: str = ""
    opened: Callable[[str], None] = in_silence
    kept: bool = True

    def open(
        self, stage: str, name: str, resumed: str = "", last: Last = always
    ) -> "AbstractContextManager[Run]":
        """Open the run of a job: see `pi.tracking.opened.open_run`."""
        from pi.tracking.opened import open_run

        @contextmanager
        def opened() -> "Iterator[Run]":
            asked = stage, name, resumed, self.parent, self.opened, last, self.say
            with open_run(*asked) as run:
                self.say(run_line(run.uri, run.experiment_id, run.run_id))
                yield run

        return opened()

    def below(self, parent: str, opened: Callable[[str], None]) -> "Tracked":
        """Return the tracker of a step of a longer job."""
        return Tracked(self.say, parent, opened)

    def saying(self, say: Say) -> "Tracked":
        """Return the same one that tells another what happens."""
        return replace(self, say=say)
