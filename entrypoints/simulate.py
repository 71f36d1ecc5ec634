"""Make the simulated study: phantoms scanned at full and quarter dose, written as DICOM.

A study is made once per preset and seed, below the folder named by PI_CACHE, and found again
afterwards.
"""

import sys

from entrypoints.parameters import SimulateParameters
from pi.command_line import run


def main(parameters: SimulateParameters) -> None:
    """Make the study, or find it, and say what it is and where."""
    from pi.places import simulated_folder
    from pi.simulation.study import PRESETS, simulate

    preset = PRESETS[parameters.preset]
    folder = simulate(
        preset,
        simulated_folder(preset.name, parameters.seed),
        seed=parameters.seed,
        workers=parameters.workers,
    )
    print(
        f"simulated study `{preset.name}`, seed {parameters.seed}: {preset.patients} patients, "
        f"{preset.files} files of {preset.size} x {preset.size} pixels, two doses, "
        f"B30 and D45, 1 mm and 3 mm"
    )
    print(f"in {folder}")


if __name__ == "__main__":
    sys.exit(run(main, SimulateParameters, __doc__ or ""))
