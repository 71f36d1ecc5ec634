"""Make the simulated study: phantoms scanned at full and quarter dose, written as DICOM.

A study is made once per preset and seed, below the folder named by PI_CACHE, and found again
afterwards.
"""

import sys

from entrypoints import run
from pi.parameters import SimulateParameters


def main(parameters: SimulateParameters) -> None:
    """Do the job, and print what came out."""
    from pi.jobs.simulate import simulate  # slow to load, and --help needs none of it

    print(simulate(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, SimulateParameters, __doc__ or ""))
