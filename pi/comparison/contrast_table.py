"""A comparison as one flat table: a row a contrast, every number at full precision."""

from dataclasses import asdict

import pandas as pd

from pi.comparison.comparison import Comparison
from pi.comparison.contrast import Contrast
from pi.comparison.gains import Estimate
from pi.comparison.verdict import Verdict


def contrast_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a contrast, for CSV, Parquet and the tracking store.

    Columns: ``metric``, ``protocol``, ``reference``, ``other`` and the two means; ``n`` to
    ``common_language``: over slices; ``patients`` to ``patient_d_z_high``: over patients;
    ``family``, ``outcome``, ``verdict``. They are named as the attributes of the records, with
    ``_low`` and ``_high`` for the ends of an interval, which are infinite where nothing bounds it.
    """
    rows = [
        {**_names(one), **_of_slices(one), **_of_patients(one), **_of_verdict(one, verdict)}
        for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True)
    ]
    return pd.DataFrame(rows)


def breakdown_table(comparison: Comparison) -> pd.DataFrame:
    """Return every contrast's gain divided by what is known of the slices, one row a part.

    Columns: those of `contrast_table` that name the pair; ``column`` and ``value``: the part,
    with ``patients``, ``slices`` and ``gain``; of a covariate ``value`` is empty and
    ``correlation`` Spearman's of the gain with it.
    """
    rows = [
        {**_names(one), **part}
        for one in comparison.contrasts
        for part in (*map(asdict, one.strata), *map(asdict, one.trends))
    ]
    named = ["metric", "protocol", "reference", "other", "column", "value", "patients", "slices",
             "gain", "correlation"]  # fmt: skip
    return pd.DataFrame(rows, columns=named)


def _names(one: Contrast) -> dict[str, object]:
    return {
        "metric": one.metric,
        "protocol": one.protocol,
        "reference": one.reference,
        "other": one.other,
        "reference_mean": one.reference_mean,
        "other_mean": one.other_mean,
    }


def _of_slices(one: Contrast) -> dict[str, object]:
    test, holm, effects = one.slices.test, one.slices.holm, one.slices.effects
    return {
        "n": test.n,
        "zeros": test.zeros,
        "zero_rule": test.zero_rule,
        "w_plus": test.w_plus,
        "w_minus": test.w_minus,
        "z": test.z,
        "p": test.p,
        "log10_p": test.log10_p,
        "holm_p": holm.p,
        "holm_log10_p": holm.log10_p,
        "mean_gain": effects.mean_gain,
        **_ends("shift", effects.shift),
        **_ends("rank_biserial", effects.rank_biserial),
        **_ends("d_z", effects.d_z),
        "d_pooled": effects.d_pooled,
        "common_language": effects.common_language,
    }


def _of_patients(one: Contrast) -> dict[str, object]:
    by = one.patients
    return {
        "patients": len(by.gains),
        "agreeing": by.agreeing,
        "flip_p": by.flip.p,
        "flip_log10_p": by.flip.log10_p,
        "flip_smallest": by.flip.smallest,
        "flip_holm_p": by.flip_holm.p,
        "clustered_z": by.clustered.z,
        "clustered_icc": by.clustered.icc,
        "clustered_p": by.clustered.p,
        "clustered_holm_p": by.clustered_holm.p,
        **_ends("patient_shift", by.shift),
        **_ends("patient_mean_gain", by.intervals.mean_gain),
        **_ends("patient_rank_biserial", by.intervals.rank_biserial),
        **_ends("patient_d_z", by.intervals.d_z),
    }


def _of_verdict(one: Contrast, verdict: Verdict) -> dict[str, object]:
    return {
        "family": one.slices.holm.family,
        "outcome": verdict.outcome,
        "verdict": verdict.sentence,
    }


def _ends(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
