"""Tell by forward passes alone which encoder, layer and distance is worth a lambda.

Patches are degraded at equal MSE: what does a blur cost against the noise itself, what do high
grains cost against low ones, does the loss fall when the dose rises? Losses are ranked by the blur
penalty, with intervals over patients; lambda is told for the influence asked for. Nothing is
trained.
"""

import sys

from entrypoints import run, say
from pi.parameters import ScreenParameters


def main(parameters: ScreenParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.screen import screen  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(screen(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, ScreenParameters, __doc__ or ""))
