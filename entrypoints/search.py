"""Search lambda: for the Psi asked for, for validation SSIM, or for both.

Psi is varied in log-odds and turned into lambda by the calibration of each configuration. A trial
is a short training; the worse ones are given up early. Lambda = 0.1, the lambda in print and that
of the target are always tried. The test patients are out of reach here. OPTUNA_STORAGE names the
database of the study (default: optuna.db beside mlflow.db); with PostgreSQL, or a file on a shared
folder as journal:///shared/studies.log, any number of processes started with the same command work
at the same study.
"""

import sys

from entrypoints import run, say
from pi.parameters import SearchParameters


def main(parameters: SearchParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.search import search  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(search(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, SearchParameters, __doc__ or ""))
