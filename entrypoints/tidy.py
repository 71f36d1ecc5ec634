"""List what processes left that are gone, and clear it away with `--remove True`.

Runs that say they are at work and whose process is gone are closed; stores that were never
finished, scratch files and old checkpoints are removed, and a whole store that a crash left without
its name is put back. What would be freed is said first.
"""

import sys

from entrypoints import run
from pi.parameters import TidyParameters


def main(parameters: TidyParameters) -> None:
    """Do the job, and print what came out."""
    from pi.jobs.tidy import tidy  # slow to load, and --help needs none of it

    print(tidy(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, TidyParameters, __doc__ or ""))
