"""Evaluated runs compared on the same slices, the way a referee would ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pi.command_line import recorded
from pi.comparison.comparison import Comparison
from pi.jobs.called import asked_name
from pi.jobs.compared.comparing import Compared, asked_of, compare_found
from pi.jobs.making import making
from pi.jobs.result import Kept, Result, joined
from pi.parameters import CompareParameters, SimulateParameters
from pi.report.comparison_page import Report
from pi.report.figures import FigureWithData
from pi.text_table import aligned
from pi.tracking.logged_comparison import log_comparison, log_setup
from pi.tracking.saved_view import save_view
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class ComparisonResult(Result):
    """What may be claimed.

    Attributes:
        comparison: every number, in `pi.comparison`'s records.
        report: the same in words, tables and figures.
        kept: where the run is.
    """

    comparison: Comparison = field(repr=False)
    report: Report = field(repr=False)
    kept: Kept

    @property
    def headline(self) -> str:
        """The answer."""
        return " ".join((*self.report.headline, *self.report.beyond)) or self.report.title

    def text(self) -> str:
        """Return the answer, Table 4, the influence that was realised and where the run is."""
        tables = [one for one in self.report.results if one.name.startswith("table4")][:1]
        tables += [one for one in self.report.results if one.name == "realised_influence"]
        head = [self.report.title, "", *self.report.answer, ""]
        shown = (f"{aligned([table.columns, *table.rows])}\n" for table in tables)
        return joined("\n".join(head), *shown, self.kept.text())


def compare(parameters: CompareParameters, tracker: Tracker = UNTRACKED) -> ComparisonResult:
    """Compare the runs, and keep tables, figures and the page that says what may be claimed.

    Raises:
        PiError: a run that was asked for is not there, or they cannot be compared.
    """
    p, typed = parameters, recorded(parameters)
    found = compare_found(p.runs, asked_of(typed))
    facts, configurations = found.facts, found.configurations
    with tracker.open("compare", asked_name("compare", p.runs)) as run:
        run.params(typed)
        slices = _slices(p, found) if facts.simulated or p.log_images else []
        ids = ",".join(member.evaluation for one in configurations for member in one.members)
        made = making(run, "compare", {**typed, "runs": ids}, found.chosen.how)
        log_setup(run, typed, configurations, facts)
        report = log_comparison(run, configurations, found.comparison, facts, made, slices)
        kept = Kept.of(run, save_view(run, "compare"))
    return ComparisonResult(found.comparison, report, kept)


def _slices(p: CompareParameters, found: Compared) -> Sequence[FigureWithData]:
    """Return the figures with pixels: those of the largest gain and loss."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.figures.slice_row import WINDOWS
    from pi.jobs.compared.extremes import extreme_figures, open_compared

    store = open_compared(found.evaluated[0], p.split, SimulateParameters.seed)
    return extreme_figures(
        store, found.evaluated, found.configurations, found.comparison, WINDOWS[p.window]
    )
