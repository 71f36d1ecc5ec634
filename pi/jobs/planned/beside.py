"""What similarity does not tell of Algorithm 1's experiments: the block beside its Table 3."""

import math
from collections.abc import Mapping, Sequence

from pi.evaluation.ranking import LOW_DOSE_ROW
from pi.report.beyond import LOGGED, beyond_table
from pi.report.blocks import TextTable
from pi.tracking.records import read_run, read_scores


def beside_table(evaluated: Mapping[str, Sequence[str]]) -> TextTable | None:
    """Return texture, detection and invention of each experiment, and of the low dose.

    Args:
        evaluated: runs of `evaluate` of each experiment, one a fold; values are means over those
            that have one, for only the folds of patients with lesions tell of detection.

    Returns:
        None where nothing of it was measured.

    Raises:
        TrackingError: a run is gone.
    """
    metrics = {
        name: [{**read_scores(one), **read_run(one).metrics} for one in ids]
        for name, ids in evaluated.items()
    }
    rows = {name: _means(own, "") for name, own in metrics.items()}
    if not any(rows.values()):
        return None
    nothing: dict[str, float] = {}
    for own in metrics.values():
        nothing = _means(own, "_low_dose") | nothing
    return beyond_table({**rows, LOW_DOSE_ROW: nothing})


def _means(metrics: Sequence[Mapping[str, float]], end: str) -> dict[str, float]:
    known = {
        name: [v for one in metrics if math.isfinite(v := one.get(name + end, math.nan))]
        for name in LOGGED
    }
    return {name: math.fsum(own) / len(own) for name, own in known.items() if own}
