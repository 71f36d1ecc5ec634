"""A whole MLflow experiment told in one page."""

from dataclasses import dataclass, field

from pi.command_line import recorded
from pi.jobs.called import asked_name
from pi.jobs.making import making
from pi.jobs.reported.gathering import read_found
from pi.jobs.reported.scope import EVERYTHING, OWN, find_scope
from pi.jobs.result import Kept, Result, joined
from pi.parameters import ReportParameters
from pi.report.copy import copy_of, require_place
from pi.report.document import Page, render
from pi.report.stages.compose import experiment_page
from pi.run_names import run_name
from pi.tracking.opened import own_experiment
from pi.tracking.records import connect
from pi.tracking.tracker import UNTRACKED, Tracker

FILE = "report.html"
"""Artifact that holds the page."""


@dataclass(frozen=True, repr=False)
class ReportResult(Result):
    """A page.

    Attributes:
        page: what it says.
        html: all of it, for a browser; it needs no network.
        copied: whether a copy was written where the user asked for one.
        kept: where the run is.
    """

    page: Page = field(repr=False)
    html: str = field(repr=False)
    copied: bool
    kept: Kept

    @property
    def headline(self) -> str:
        """What it is of."""
        return self.page.title

    def text(self) -> str:
        """Return the answer, and where the page is."""
        copied = "a copy is where `to` says" if self.copied else ""
        answer = "\n".join([self.page.title, "", *self.page.headline, ""])
        return joined(f"{answer}\n", copied, self.kept.text())


def report(parameters: ReportParameters, tracker: Tracker = UNTRACKED) -> ReportResult:
    """Read the runs that are asked for, compose the page and keep it.

    Raises:
        PiError: a run that was asked for is not there, or the copy cannot be written.
    """
    p, typed = parameters, recorded(parameters)
    place = require_place(p.to)
    every = p.runs.strip() == EVERYTHING
    scope = find_scope(p.runs, own_experiment(connect()) if every else "")
    with tracker.open(OWN, asked_name(OWN, p.runs)) as run:
        run.params(typed)
        made = making(run, OWN, typed)
        page = experiment_page(read_found(scope, made), made)
        html = render(page)
        run.rename(run_name(page.title, OWN))
        run.text(html, FILE)
        run.metrics({"runs": len(scope.runs), "sections": len(page.sections)})
        answer = f"**{page.title}.** {' '.join(page.headline)}"
        run.note(f"{answer}\n\nThe whole of it: artifact `{FILE}`.")
    if place is not None:
        copy_of(html, place)
    return ReportResult(page, html, place is not None, Kept.of(run))
