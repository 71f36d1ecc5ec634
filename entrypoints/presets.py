"""List the losses of the literature, and what is known of each.

Every one is a name for `--experiments` of `calibrate` and, where it has an influence by losses, for
`--experiment` of `train`; `--experiments literature` is all of them.
"""

import sys

from entrypoints.parameters import PresetsParameters
from pi.command_line import run
from pi.losses.experiments import NAMED
from pi.losses.preset_table import preset_table
from pi.losses.presets import EVIDENCE, PRESETS
from pi.text_table import aligned


def main(parameters: PresetsParameters) -> None:
    """Print the table, then what is assumed."""
    experiments = [NAMED[name] for name in PRESETS]
    print(aligned(preset_table(experiments, parameters.patch_size)))
    print()
    for mark, meaning in EVIDENCE.items():
        print(f"{mark}  {meaning}")
    print()
    for experiment in experiments:
        if experiment.assumptions:
            print(f"{experiment.name}: {experiment.assumptions}")


if __name__ == "__main__":
    sys.exit(run(main, PresetsParameters, __doc__ or ""))
