"""What evaluating, comparing, reporting and promoting would take."""

import time

from pi.command_line import recorded
from pi.digits import number
from pi.evaluation.metrics import require_measured
from pi.evaluation.protocol import find_protocols
from pi.jobs.compared.asked_runs import asked_runs
from pi.jobs.compared.comparing import asked_of, compare_found
from pi.jobs.foreseen.data_ahead import data_ahead
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import (
    figure_seconds,
    measured,
    metrics_seconds,
    slice_seconds,
    start_tensorflow,
)
from pi.jobs.foreseen.to_learn import side_of
from pi.jobs.opening import slices_in
from pi.jobs.reported.scope import EVERYTHING
from pi.parameters import (
    CompareParameters,
    EvaluateParameters,
    PromoteParameters,
    ReportParameters,
)
from pi.report.copy import require_place
from pi.tracking.records import IDENTITY, read_run
from pi.tracking.registry import require_promotable

USUAL = "unet:32"
"""The network by which the time is told where a run does not say which it is of."""


def of_evaluate(p: EvaluateParameters, network: str = "") -> Outlook:
    """Return what `evaluate` would do; ``network`` is that of a run that is still to come."""
    asked = f"{p.protocols},all" if p.metrics_table else p.protocols
    protocols = find_protocols(asked)
    require_measured(p.metric, p.metrics)
    start_tensorflow()
    from pi.subjects import fetch_subject

    fetch_subject(p.run, p.denoiser, p.interface)
    own = network or network_of(p.run, p.denoiser)
    names = ", ".join(one.name for one in protocols)
    line = f"one run of evaluate: {p.run} on the {p.part} patients under {names}"
    data = data_ahead(p, p.fold, p.part)
    if data.store is None:
        return data.unread(line)
    slices, side = slices_in(data.store, [p.part]), side_of(data.store)
    denoising = slice_seconds(own, side) if own else 0.0
    if p.task == "inserted_lesions":
        denoising *= 2  # with the lesions, and without
    each = denoising + metrics_seconds(asked, p.metrics, side)
    told = f"{slices} slices of up to {side} x {side} pixels" + (f", by {own}" if own else "")
    return data.before(
        Outlook(
            (f"data {p.data}: {told}", line),
            slices * each,
            why=measured(each, "slice"),
        )
    )


def network_of(run: str, denoiser: str) -> str | None:
    """Return which network a run's denoiser is; None of what needs none here.

    Raises:
        TrackingError: there is no such run.
    """
    if run == IDENTITY or run.startswith(("outputs:", "table:")):
        return None
    if ":" in run or denoiser:
        return denoiser or USUAL
    return read_run(run).typed("denoiser", USUAL)


FIGURES = 4
"""Figures that a comparison draws of each metric, about."""


def of_compare(p: CompareParameters) -> Outlook:
    """Return what `compare` would do: the runs are read and compared, and nothing is kept of it."""
    begun = time.perf_counter()
    found = compare_found(p.runs, asked_of(recorded(p)))
    read = time.perf_counter() - begun
    first, *_ = found.comparison.paired.values()
    names = ", ".join(one.name for one in found.configurations)
    of = f"{len(first.values)} slices of {len(first.patients)} patients"
    each, metrics = figure_seconds(), len(found.comparison.paired)
    return Outlook(
        (
            f"{names} are compared on {of}, in {len(found.comparison.contrasts)} comparisons",
            f"one run of compare, under {found.comparison.protocol}, with figures and a report",
        ),
        read + FIGURES * metrics * each,
        why=f"{number(read)} s to read and compare them, and {measured(each, 'figure')}",
    )


def of_report(p: ReportParameters) -> Outlook:
    """Return what `report` would do."""
    require_place(p.to)
    if p.runs.strip() != EVERYTHING:
        for run_id in asked_runs(p.runs, finished=False):
            read_run(run_id)
    return Outlook(
        (f"what `{p.runs}` means is read", "one run of report, with a page that needs no network"),
        why="it grows with the runs; ten are some seconds",
    )


def of_promote(p: PromoteParameters) -> Outlook:
    """Return what `promote` would do."""
    made = require_promotable(p.run, even_if_worse=p.even_if_worse)
    return Outlook(
        (f"what `{made}` made is registered as {p.name or 'its usual name'}",
         f"the alias {p.alias} points at it"),
        2.0,
        why="no pixel is computed",
    )  # fmt: skip
