"""What the tracking store holds of a report of its own runs."""

import shlex
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from pi.command_line import arguments_of
from pi.report.configuration import Making
from pi.report.document import Page, render
from pi.report.stages.compose import experiment_page
from pi.tracking.comparison import LIBRARIES
from pi.tracking.found import read_found
from pi.tracking.provenance import provenance
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
    page = experiment_page(read_found(scope, _making(run, parameters)), _making(run, parameters))
    html = render(page)
    run.tags({"mlflow.runName": f"report: {page.title}"[:250]})
    run.text(html, FILE)
    run.metrics({"runs": len(scope.runs), "sections": len(page.sections)})
    run.note(f"**{page.title}.** {' '.join(page.headline)}\n\nThe whole of it: artifact `{FILE}`.")
    return page, html


def _making(run: Run, parameters: Mapping[str, str]) -> Making:
    code, now = provenance(OWN), datetime.now()
    words = ["python", "-m", "entrypoints.report", *arguments_of(parameters)]
    return Making(
        run_id=run.run_id,
        made=f"{now.day} {now:%B %Y}",
        commit=code.get("mlflow.source.git.commit", ""),
        dirty=code.get("pi.git.dirty") == "True",
        command=shlex.join(words),
        versions={name: version(name) for name in LIBRARIES},
        chosen="",
    )
