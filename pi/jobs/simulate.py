"""The simulated study, made once per size and seed and found again afterwards."""

from dataclasses import dataclass
from pathlib import Path

from pi.jobs.result import Result
from pi.parameters import SimulateParameters
from pi.places import simulated_folder
from pi.simulation.dataset import SIZES, StudySize
from pi.simulation.dataset import simulate as make_study
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class SimulationResult(Result):
    """A simulated study.

    Attributes:
        size: how many patients, slices and pixels.
        seed: of it.
        folder: where its files lie.
    """

    size: StudySize
    seed: int
    folder: Path

    @property
    def headline(self) -> str:
        """Which study, and what is in it."""
        side = self.size.pixels
        return (
            f"simulated study `{self.size.name}`, seed {self.seed}: {self.size.patients} "
            f"patients, {self.size.files} files of {side} x {side} pixels, two doses, B30 and "
            "D45, 1 mm and 3 mm"
        )

    def text(self) -> str:
        """Return what was made, and where."""
        return f"{self.headline}\nin {self.folder}"


def simulate(parameters: SimulateParameters, tracker: Tracker = UNTRACKED) -> SimulationResult:
    """Make the study, or find it; nothing of it is tracked.

    Raises:
        StudyError: see `pi.simulation.dataset.simulate`.
    """
    size, seed = SIZES[parameters.size], parameters.seed
    folder = simulated_folder(size.name, seed)
    return SimulationResult(
        size, seed, make_study(size, folder, seed=seed, workers=parameters.workers)
    )
