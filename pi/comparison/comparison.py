"""All of one comparison: several runs, a reference or all pairs, several metrics, one family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np

from pi.choices import ZeroRule
from pi.comparison.contrast import Contrast, contrast, in_family
from pi.comparison.friedman import Friedman, friedman
from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import PairedTable, RunTable, pair_runs
from pi.comparison.resampling import draw_resamples
from pi.comparison.verdict import Verdict, verdict_of
from pi.errors import quoted

ChosenBy = Literal["name", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The run that the others are compared with.

    Attributes:
        run: its name.
        chosen_by: ``name``: the user's; ``validation``: best on validation patients; ``test``:
            best on the compared slices themselves, which favours it and is said wherever it is
            shown.
    """

    run: str
    chosen_by: ChosenBy


@dataclass(frozen=True)
class Comparison:
    """All that is known about some runs.

    Attributes:
        reference: the run that the others are compared with; None: all pairs are.
        protocol: whose metrics.
        paired: the joined table of each metric, in the order asked for.
        contrasts: every pair and metric, metric by metric, in the order of the runs; p-values
            are corrected over all of them together.
        verdicts: one a contrast.
        friedman: of each metric; empty with fewer than three runs or two patients.
    """

    reference: Reference | None
    protocol: str
    paired: Mapping[str, PairedTable] = field(repr=False)
    contrasts: tuple[Contrast, ...]
    verdicts: tuple[Verdict, ...]
    friedman: Mapping[str, Friedman]

    def __str__(self) -> str:
        return "\n".join(verdict.sentence for verdict in self.verdicts)


def compare_runs(
    runs: Sequence[RunTable],
    metrics: Sequence[str],
    protocol: str,
    reference: Reference | None,
    rng: np.random.Generator,
    zero_rule: ZeroRule = "wilcox",
) -> Comparison:
    """Compare runs on the slices that all of them have.

    Args:
        runs: their slice tables, of one data set and part.
        metrics: that have a direction.
        protocol: whose values.
        reference: the run that the others are compared with; None compares all pairs, the earlier
            one of a pair being its reference.
        rng: of the bootstrap, and of flips beyond `EXACT_FLIPS_UP_TO` patients.
        zero_rule: what the signed-rank test does with slices that do not differ.

    Raises:
        ComparisonError: see `pair_runs`; an unknown reference; no metric, or one twice.
    """
    if not metrics or len(set(metrics)) < len(metrics):
        raise ComparisonError(f"`metrics` must be at least one, each once, but got {metrics}.")
    paired = {metric: pair_runs(runs, metric, protocol) for metric in metrics}
    first = paired[metrics[0]]
    pairs = _pairs(first.runs, reference)
    draws = {metrics[0]: draw_resamples(first.values.index, rng)}
    for metric, table in paired.items():  # a metric that is undefined here and there has fewer
        same = table.values.index.equals(first.values.index)
        draws[metric] = draws[metrics[0]] if same else draw_resamples(table.values.index, rng)
    contrasts = in_family(
        [
            contrast(table, one, other, draws[metric], rng, zero_rule)
            for metric, table in paired.items()
            for one, other in pairs
        ]
    )
    blocked = len(first.runs) >= 3 and len(first.patients) >= 2
    return Comparison(
        reference=reference,
        protocol=protocol,
        paired=paired,
        contrasts=contrasts,
        verdicts=tuple(map(verdict_of, contrasts)),
        friedman={
            metric: friedman(table.patient_means(), table.higher_is_better)
            for metric, table in paired.items()
            if blocked
        },
    )


def best_run(paired: PairedTable) -> str:
    """Return the name of the run with the best mean over slices; of equals, the earlier one."""
    means = paired.values.mean()
    return str(means.idxmax() if paired.higher_is_better else means.idxmin())


def _pairs(names: Sequence[str], reference: Reference | None) -> list[tuple[str, str]]:
    if reference is None:
        return list(combinations(names, 2))
    if reference.run not in names:
        raise ComparisonError(
            f"`reference` must be one of {', '.join(names)} but got {quoted(reference.run, names)}."
        )
    return [(reference.run, other) for other in names if other != reference.run]
