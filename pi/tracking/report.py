"""What the tracking store holds of a report of its own runs."""

from collections.abc import Mapping

from pi.report.document import Page, render
from pi.report.stages.compose import experiment_page
from pi.tracking.found import read_found
from pi.tracking.making import making
from pi.tracking.run import Run
from pi.tracking.scope import OWN, find_scope

FILE = "report.html"
"""Artifact that holds the page."""


def log_report(run: Run, parameters: Mapping[str, str]) -> tuple[Page, str]:
    """Read what is to be reported, log the page and its answer, return both forms of it.

    Args:
        run: of the report.
        parameters: as typed, of which `runs` says what is reported.

    Raises:
        TrackingError: see `find_scope`.
    """
    scope = find_scope(parameters["runs"], run.experiment_id)
    made = making(run, OWN, parameters)
    page = experiment_page(read_found(scope, made), made)
    html = render(page)
    run.tags({"mlflow.runName": f"report: {page.title}"[:250]})
    run.text(html, FILE)
    run.metrics({"runs": len(scope.runs), "sections": len(page.sections)})
    run.note(f"**{page.title}.** {' '.join(page.headline)}\n\nThe whole of it: artifact `{FILE}`.")
    return page, html
