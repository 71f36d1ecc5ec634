"""Train a denoiser on MSE + lambda * perceptual loss, and watch how much of it is perceptual.

Eq. (4) of the paper with its Table 2 as defaults. lambda is a number, or calibrated for an
influence. What the influence becomes while the network learns, by losses and by gradients, is kept
in MLflow with the weights. Stopped in any way, `--resume RUN` goes on where it was.
"""

import sys

from entrypoints import recall, run, say
from pi.parameters import TrainParameters


def main(parameters: TrainParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.train import train  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(train(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, TrainParameters, __doc__ or "", recall=recall))
