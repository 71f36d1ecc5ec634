"""Algorithm 1 of the paper as one command: calibrate, train and evaluate each experiment.

Everything is nested under one run, which ends with the paper's Table 3 for these experiments, the
control without perceptual loss (`mse`) and doing nothing (low dose). With `--folds K` all of it is
done once per fold, and Table 3 is of every patient. Last, the experiments are compared.
Interrupted, `--resume RUN` goes on at the first unfinished step.
"""

import sys

from entrypoints import recall, run, say
from pi.parameters import MainParameters


def main(parameters: MainParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.main import main as run_job  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(run_job(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, MainParameters, __doc__ or "", recall=recall))
