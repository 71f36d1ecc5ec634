"""Three runs or more at once: Friedman's test with patients as blocks, and who differs (Nemenyi).

With slices as blocks the critical difference would be meaninglessly small (method, 4.2).
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Friedman:
    """What a critical-difference diagram draws.

    Attributes:
        patients: blocks, m.
        runs: names, best mean rank first.
        mean_ranks: of each run; 1 is best.
        statistic: chi-square with k - 1 degrees of freedom, corrected for ties.
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
        patient_means: one row a patient, one column a run.
        higher_is_better: direction of the metric.

    Raises:
        ComparisonError: fewer than three runs or two patients, or a value that is not finite.
    """
    raise NotImplementedError


def critical_difference(runs: int, patients: int) -> float:
    """Return Nemenyi's critical difference of mean ranks, q_.05 sqrt(k (k + 1) / (6 m))."""
    raise NotImplementedError
