"""The losses of the literature, and what is known of each; nothing of it is tracked."""

from dataclasses import dataclass

from pi.jobs.result import Result
from pi.losses.experiments import NAMED, Experiment
from pi.losses.literature import EVIDENCE, PRESETS
from pi.losses.preset_table import preset_table
from pi.parameters import PresetsParameters
from pi.text_table import aligned
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class PresetsResult(Result):
    """The presets as a table.

    Attributes:
        experiments: the presets.
        table: a row of cells each, below their headings.
    """

    experiments: tuple[Experiment, ...]
    table: list[list[str]]

    @property
    def headline(self) -> str:
        """How many there are."""
        return f"{len(self.experiments)} losses of the literature"

    def text(self) -> str:
        """Return the table, then what is assumed."""
        marks = [f"{mark}  {meaning}" for mark, meaning in EVIDENCE.items()]
        assumed = [f"{e.name}: {e.assumptions}" for e in self.experiments if e.assumptions]
        return "\n".join([aligned(self.table), "", *marks, "", *assumed])


def presets(parameters: PresetsParameters, tracker: Tracker = UNTRACKED) -> PresetsResult:
    """Return the table of all presets."""
    experiments = tuple(NAMED[name] for name in PRESETS)
    return PresetsResult(experiments, preset_table(experiments, parameters.patch_size))
