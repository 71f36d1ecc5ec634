"""Make a store of paired slices in Hounsfield units from a folder of CT scanner files.

The folder may be arranged in any way: what a file is, its header and the names around it tell.
The store lies below the folder named by PI_CACHE; who its patients are, and which file was
refused, is said in its folder `private` and nowhere else.
"""

import sys

from entrypoints import run
from pi.parameters import PrepareParameters


def main(parameters: PrepareParameters) -> None:
    """Do the job, print what came out, and complain if that was asked for."""
    from pi.jobs.prepare import prepare  # slow to load, and --help needs none of it

    made = prepare(parameters)
    print(made.text())
    made.require()


if __name__ == "__main__":
    sys.exit(run(main, PrepareParameters, __doc__ or ""))
