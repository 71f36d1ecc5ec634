"""Measure how much a perceptual loss would dominate training, and set lambda by it.

Algorithm 2 of the paper on random patches of the training patients: for each configuration the
curve Psi(lambda), and the lambda that gives the influence asked for, with its 95 % interval. For
presets of the literature also the influence by gradients, which adversarial ones have alone.
Everything is kept in MLflow; MLFLOW_TRACKING_URI says where (default: mlflow.db in this folder).
"""

import sys

from entrypoints import run, say
from pi.parameters import CalibrateParameters


def main(parameters: CalibrateParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.calibrate import calibrate  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(calibrate(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, CalibrateParameters, __doc__ or ""))
