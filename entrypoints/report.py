"""Tell a whole MLflow experiment in one HTML page: what was calibrated, trained, evaluated,
compared and searched, with the figures, in words, and what is missing.

The page needs no network: it opens from disk and from the run's artifacts in the MLflow UI, and it
prints.
"""

import sys

from entrypoints.parameters import ReportParameters
from pi.command_line import recorded, run


def main(parameters: ReportParameters) -> None:
    """Read, compose, log, and say what came out and where it is."""
    # Slow to import, and --help needs none of it.
    from pi.report.copy import copy_of, require_place
    from pi.tracking.address import farewell
    from pi.tracking.report import log_report
    from pi.tracking.run import open_run

    p = parameters
    place = require_place(p.to)
    with open_run("report", f"report of {p.runs}") as tracked:
        tracked.params(recorded(p))
        page, html = log_report(tracked, recorded(p))
    print("\n".join([page.title, "", *page.headline, ""]))
    if place is not None:
        copy_of(html, place)
        print("a copy is where `to` says")
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, ""))


if __name__ == "__main__":
    sys.exit(run(main, ReportParameters, __doc__ or ""))
