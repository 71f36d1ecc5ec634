"""What every job returns: a record with a line for a notebook and a text for a terminal."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi.tracking.address import farewell

if TYPE_CHECKING:  # MLflow, which what is wrong with the parameters does not wait for
    from pi.tracking.run import Run


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the run of a job is.

    Attributes:
        uri: of the tracking store; empty where nothing is kept.
        experiment_id: of its experiment.
        run_id: of it.
        view: key of the saved view that shows its curves; empty where there is none.
    """

    uri: str = ""
    experiment_id: str = ""
    run_id: str = ""
    view: str = ""

    @classmethod
    def of(cls, run: "Run", view: str = "") -> "Kept":
        """Return where a run is."""
        return cls(run.uri, run.experiment_id, run.run_id, view)

    def text(self) -> str:
        """Return the pages that show the run; empty where nothing is kept."""
        if not self.run_id:
            return ""
        return farewell(self.uri, self.experiment_id, self.run_id, self.view)


class Result(ABC):
    """What a job found or made."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """All of it in one line."""

    @abstractmethod
    def text(self) -> str:
        """Return what a terminal shows of it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline}>"


def joined(*parts: str) -> str:
    """Return the parts that say something, a line or more each."""
    return "\n".join(part for part in parts if part)
