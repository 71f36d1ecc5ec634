"""List the losses of the literature, and what is known of each.

Every one is a name for `--experiments` of `calibrate` and, where it has an influence by losses, for
`--experiment` of `train`; `--experiments literature` is all of them.
"""

import sys

from entrypoints import run
from pi.parameters import PresetsParameters


def main(parameters: PresetsParameters) -> None:
    """Do the job, and print what came out."""
    from pi.jobs.presets import presets  # slow to load, and --help needs none of it

    print(presets(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, PresetsParameters, __doc__ or ""))
