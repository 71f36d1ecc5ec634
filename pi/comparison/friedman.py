"""Three runs or more at once: Friedman's test with patients as blocks, and who differs (Nemenyi).

With slices as blocks the critical difference would be meaninglessly small (method, 4.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, rankdata, studentized_range

from pi.comparison.gains import CONFIDENCE, ComparisonError, Floats


@dataclass(frozen=True, slots=True)
class Friedman:
    """What a critical-difference diagram draws.

    Attributes:
        patients: blocks, m.
        runs: names, best mean rank first.
        mean_ranks: of each run; 1 is best.
        statistic: chi-square with k - 1 degrees of freedom, corrected for ties; 0 where all runs
            are alike on every patient.
        p: of it, by the chi-square approximation, which is rough with few patients.
        log10_p: never -inf.
        critical_difference: of mean ranks, Nemenyi at .05.
        groups: names of runs that do not differ: each a longest row of neighbours in ``runs``
            whose mean ranks lie within the critical difference; groups of one are left out.
    """

    patients: int
    runs: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    statistic: float
    p: float
    log10_p: float
    critical_difference: float
    groups: tuple[tuple[str, ...], ...]


def friedman(patient_means: pd.DataFrame, higher_is_better: bool) -> Friedman:
    """Compare three runs or more over patients.

    Args:
        patient_means: one row per patient, one column per run.
        higher_is_better: direction of the metric.

    Raises:
        ComparisonError: fewer than three runs or two patients, or a value that is not finite.
    """
    values = patient_means.to_numpy(np.float64)
    patients, k = values.shape
    if k < 3 or patients < 2:
        raise ComparisonError(
            f"Friedman's test must have 3 runs and 2 patients or more but got {k} and {patients}."
        )
    if not np.isfinite(values).all():
        raise ComparisonError("patient means must be finite but one is not.")
    ranks = rankdata(-values if higher_is_better else values, axis=1)
    statistic = _statistic(ranks)
    log10_p = min(0.0, float(chi2.logsf(statistic, k - 1) / np.log(10)))
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    runs = tuple(str(patient_means.columns[index]) for index in order)
    mean_ranks = tuple(ranks.mean(axis=0)[order].tolist())
    difference = critical_difference(k, patients)
    return Friedman(
        patients=patients,
        runs=runs,
        mean_ranks=mean_ranks,
        statistic=statistic,
        p=10.0**log10_p,
        log10_p=log10_p,
        critical_difference=difference,
        groups=_groups(runs, mean_ranks, difference),
    )


def critical_difference(runs: int, patients: int) -> float:
    """Return Nemenyi's critical difference of mean ranks, q_.05 sqrt(k (k + 1) / (6 m)).

    q is the quantile of the studentised range over sqrt(2): 2.343 of three runs, 3.164 of ten
    (Demsar, JMLR 7, 1-30, 2006, Table 5).
    """
    q = float(studentized_range.ppf(CONFIDENCE, runs, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(runs * (runs + 1) / (6 * patients)))


def _statistic(ranks: Floats) -> float:
    k = ranks.shape[1]
    about = ranks - (k + 1) / 2
    spread = np.square(about).sum()
    if spread == 0:
        return 0.0
    return float((k - 1) * np.square(about.sum(axis=0)).sum() / spread)


def _groups(
    runs: Sequence[str], mean_ranks: Sequence[float], difference: float
) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = []
    reached = 0
    for start, rank in enumerate(mean_ranks):
        end = sum(other - rank <= difference for other in mean_ranks)
        if end > max(reached, start + 1):
            found.append(tuple(runs[start:end]))
            reached = end
    return tuple(found)
