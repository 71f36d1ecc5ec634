"""What processes left that are gone: runs that seem to be at work, half stores, old checkpoints."""

from dataclasses import dataclass

from pi.database import sqlite_file
from pi.jobs.result import Result
from pi.jobs.tidied.left_behind import Left, in_cache, in_checkpoints, in_scratch
from pi.parameters.making import TidyParameters
from pi.tracking.address import tracking_uri
from pi.tracking.opened import close_gone
from pi.tracking_place import former_folder, settle_here


@dataclass(frozen=True, repr=False)
class Tidied(Result):
    """What was found.

    Attributes:
        runs: that said they were at work, and whose process is gone.
        left: folders and files.
        done: whether runs were closed and the rest removed, or put back.
        moved: places of artifacts that the store now knows beside itself.
    """

    runs: tuple[str, ...]
    left: tuple[Left, ...]
    done: bool
    moved: int = 0

    @property
    def headline(self) -> str:
        """How many runs, and how many bytes."""
        freed = sum(one.size for one in self.left)
        verb = "closed and freed" if self.done else "to be closed and freed with --remove True"
        return f"{len(self.runs)} runs and {freed / 1e6:.1f} MB {verb}"

    def text(self) -> str:
        """Return a line for each, and the sum."""
        lines = [f"run {run_id}: its process is gone" for run_id in self.runs]
        places = [f"{self.moved} places of artifacts are written down anew"] if self.moved else []
        return "\n".join([*places, *lines, *(one.text for one in self.left), self.headline])


def tidy(parameters: TidyParameters) -> Tidied:
    """Find what was left behind; close, remove and put back where that was asked for.

    Raises:
        PiError: the tracking store does not answer, or a folder is not to be had.
    """
    p = parameters
    moved = _settled() if p.moved else 0
    runs = close_gone(p.remove)
    hours = 3600.0 * p.older_than
    left = (*in_cache(hours), *in_scratch(hours), *in_checkpoints(24 * 3600.0 * p.checkpoint_days))
    if p.remove:
        for one in left:
            one.clear()
    return Tidied(tuple(runs), left, p.remove, moved)


def _settled() -> int:
    """Write down where the artifacts of a moved store lie; return how many places were written."""
    file = sqlite_file(tracking_uri())
    former = former_folder(file) if file else None
    return settle_here(file, former) if file and former else 0
