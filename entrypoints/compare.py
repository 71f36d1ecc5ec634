"""Compare evaluated runs on the same slices, the way a referee would ask for it.

Runs are paired slice by slice and tested twice: over slices, as in the paper, and over patients,
which is what can be generalised. Tables 3 and 4, figures, the answers to the paper's questions and
the limits are logged as one page that needs no network.
"""

import sys

from entrypoints import run, say
from pi.parameters import CompareParameters


def main(parameters: CompareParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.compare import compare  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(compare(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, CompareParameters, __doc__ or ""))
