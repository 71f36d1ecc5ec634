"""With which run the others are compared: the best on validation patients unless told."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pi.comparison.comparison import Reference, best_run
from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import pair_runs
from pi.comparison.verdict import heading
from pi.errors import quoted
from pi.evaluation.metrics import METRICS, higher_is_better
from pi.report.configuration import Configuration
from pi.tracking.records import read_run, read_score

VALIDATION, TEST = "validation", "test"
"""What stands for the best on validation patients, and for the best on the compared slices."""


@dataclass(frozen=True, slots=True)
class ChosenReference:
    """A reference, and by what it was chosen, in words; none where all pairs are compared."""

    reference: Reference | None
    how: str


def choose_reference(
    asked: str,
    all_pairs: bool,
    configurations: Sequence[Configuration],
    metric: str,
    protocol: str,
) -> ChosenReference:
    """Return the run that the others are compared with.

    On validation patients runs are ranked by their evaluations there or, where not every run has
    one and the metric is SSIM, by the validation SSIM of the epochs that were kept. Where the
    compared slices are themselves of validation patients, the best on them is the best on the
    compared slices, and is said to be.

    Args:
        asked: ``validation``, ``test``, or a configuration's name or the id of one of its runs.
        all_pairs: whether there is to be none.
        configurations: what is compared.
        metric: whose mean decides.
        protocol: of it.

    Raises:
        ComparisonError: no such run, or no value on validation patients by which to choose.
    """
    if all_pairs:
        return ChosenReference(None, "")
    tables = [one.group.table for one in configurations]
    compared = asked == VALIDATION and tables[0].part == VALIDATION
    if asked == TEST or compared:
        best = best_run(pair_runs(tables, metric, protocol))
        return ChosenReference(Reference(best, "test"), f"by mean {heading(metric)}")
    if asked == VALIDATION:
        return _best_on_validation(configurations, metric, protocol)
    for one in configurations:
        known = {one.name, *(run for m in one.members for run in (m.evaluation, m.training) if run)}
        if asked in known:
            return ChosenReference(Reference(one.name, "name"), "")
    raise ComparisonError(
        f"`reference` must be {VALIDATION}, {TEST}, a run's id or one of "
        f"{', '.join(one.name for one in configurations)} but got {quoted(asked)}."
    )


def _best_on_validation(
    configurations: Sequence[Configuration], metric: str, protocol: str
) -> ChosenReference:
    trained = [one for one in configurations if all(member.training for member in one.members)]
    name = METRICS[metric].logged(protocol)
    values = {one.name: _mean(one, name) for one in trained}
    how = f"by mean {heading(metric)} under {protocol}, evaluated there"
    if metric == "ssim" and any(map(math.isnan, values.values())):
        values = {one.name: _kept(one) for one in trained}
        how = "by the validation SSIM of the epochs that were kept"
    missing = [run for run, value in values.items() if math.isnan(value)]
    if missing:
        raise ComparisonError(
            f"`reference` must be chosen on validation patients but {', '.join(missing)} "
            f"has no {heading(metric)} there: evaluate with part=validation, or name a reference."
        )
    if not values:
        raise ComparisonError(
            "`reference` must be chosen of runs that were trained here but none of these was: name "
            "a reference, or say test for the best on the compared slices."
        )
    return ChosenReference(Reference(_best(values, higher_is_better(metric)), "validation"), how)


def _best(values: Mapping[str, float], highest: bool) -> str:
    choose = max if highest else min
    return choose(values, key=values.__getitem__)


def _mean(one: Configuration, metric: str) -> float:
    """Return the mean over seeds and folds of a metric on validation patients; NaN without one."""
    found = []
    for member in one.members:
        evaluation = read_run(member.training).tags.get(f"pi.evaluated_by.{VALIDATION}")
        if not evaluation:
            return math.nan
        # Its metrics are the few that matter most; all of its numbers are in a table.
        shown = read_run(evaluation).metrics.get(metric)
        found.append(read_score(evaluation, metric) if shown is None else shown)
    return sum(found) / len(found)


def _kept(one: Configuration) -> float:
    kept = [read_run(m.training).metrics.get("kept/ssim", math.nan) for m in one.members]
    return sum(kept) / len(kept)
