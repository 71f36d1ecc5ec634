"""What the tracking store holds of the comparisons of pairs: every number, and the few to chart."""

import numpy as np

from pi.comparison.compare import Comparison
from pi.comparison.contrast import Contrast
from pi.comparison.contrast_table import breakdown_table, contrast_table
from pi.comparison.verdict import Verdict
from pi.figures.effect_forest import claimed
from pi.figures.paired_differences import pair_label
from pi.tracking.run import Run


def log_contrasts(run: Run, comparison: Comparison) -> None:
    """Log every number of every comparison; a pair has a nested run of its own.

    Metric names are then the same everywhere, and the UI's table of runs reads as Table 4.
    """
    table = contrast_table(comparison)
    run.parquet(table, "contrasts.parquet")
    run.text(table.to_csv(index=False), "contrasts.csv")
    run.table(table.replace([np.inf, -np.inf], np.nan), "contrasts.json")
    divided = breakdown_table(comparison)
    run.parquet(divided, "breakdown.parquet")
    run.text(divided.to_csv(index=False), "breakdown.csv")
    pairs: dict[str, list[tuple[Contrast, Verdict]]] = {}
    for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True):
        pairs.setdefault(pair_label(one), []).append((one, verdict))
    # The UI lists the newest first, so the first is written last.
    for label, of in reversed(pairs.items()):
        with run.child(label, "contrast") as child:
            first, verdict = of[0]
            child.params({"run": first.other, "against": first.reference,
                          "outcome": verdict.outcome, "protocol": comparison.protocol})  # fmt: skip
            child.metrics(
                {f"{one.metric}/{k}": v for one, _ in of for k, v in _contrast_metrics(one).items()}
            )
            child.note("\n\n".join(verdict.sentence for _, verdict in of))


def _contrast_metrics(one: Contrast) -> dict[str, float]:
    """Return the few numbers of a comparison by which the UI's charts can order it."""
    slices, patients = one.slices, one.patients
    gain = claimed(patients.intervals.mean_gain, len(patients.gains))
    return {
        "gain": gain.value,
        "gain_low": gain.low,
        "gain_high": gain.high,
        "rank_biserial": slices.effects.rank_biserial.value,
        "d_z": slices.effects.d_z.value,
        "d_pooled": slices.effects.d_pooled,
        "log10_p_of_slices": slices.test.log10_p,
        "p_of_patients": patients.flip.p,
        "p_of_patients_holm": patients.flip_holm.p,
        "patients_agreeing": patients.agreeing,
    }
