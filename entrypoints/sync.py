"""Send what runs logged on this machine while the tracking store was away.

Whatever a run logs is on this machine's disk first. A store that goes away ends no run: what it
does not have yet waits below PI_CACHE, and goes to it when it is back, at the latest by this
command. Nothing is sent twice, and what other stores are to have stays.
"""

import sys

from pi.command_line import run
from pi.parameters import SyncParameters


def main(parameters: SyncParameters) -> None:
    """Do the job, and print what came out."""
    from pi.jobs.sync import sync  # slow to load, and --help needs none of it

    print(sync(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, SyncParameters, __doc__ or ""))
