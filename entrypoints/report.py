"""Tell a whole MLflow experiment in one HTML page: what was calibrated, trained, evaluated,
compared and searched, with the figures, in words, and what is missing.

The page needs no network: it opens from disk and from the run's artifacts in the MLflow UI, and it
prints.
"""

import sys

from entrypoints import run, say
from pi.parameters import ReportParameters


def main(parameters: ReportParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.report import report  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(report(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, ReportParameters, __doc__ or ""))
