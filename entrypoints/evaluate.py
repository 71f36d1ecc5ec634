"""Measure what a denoiser does to whole slices of patients it has not learned from.

One row per slice, under every named protocol, with doing nothing beside it; noise power, HU bias by
tissue and the worst, median and best slice. `--run identity` measures the low dose alone.
"""

import sys

from entrypoints import run, say
from pi.parameters import EvaluateParameters


def main(parameters: EvaluateParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.evaluate import evaluate  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(evaluate(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, EvaluateParameters, __doc__ or ""))
