"""The simulated study, made once per preset and seed and found again afterwards."""

from dataclasses import dataclass
from pathlib import Path

from pi.jobs.result import Result
from pi.parameters import SimulateParameters
from pi.places import simulated_folder
from pi.simulation.study import PRESETS, Preset
from pi.simulation.study import simulate as make_study
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class Simulated(Result):
    """A simulated study.

    Attributes:
        preset: of what size.
        seed: of it.
        folder: where its files lie.
    """

    preset: Preset
    seed: int
    folder: Path

    @property
    def headline(self) -> str:
        """Which study, and what is in it."""
        size = self.preset.size
        return (
            f"simulated study `{self.preset.name}`, seed {self.seed}: {self.preset.patients} "
            f"patients, {self.preset.files} files of {size} x {size} pixels, two doses, B30 and "
            "D45, 1 mm and 3 mm"
        )

    def text(self) -> str:
        """Return what was made, and where."""
        return f"{self.headline}\nin {self.folder}"


def simulate(parameters: SimulateParameters, tracker: Tracker = UNTRACKED) -> Simulated:
    """Make the study, or find it; nothing of it is tracked.

    Raises:
        StudyError: see `pi.simulation.study.simulate`.
    """
    preset, seed = PRESETS[parameters.preset], parameters.seed
    folder = simulated_folder(preset.name, seed)
    return Simulated(
        preset, seed, make_study(preset, folder, seed=seed, workers=parameters.workers)
    )
