"""The paper's Tables 3 and 4 of these runs, as text in cells."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pi.comparison.comparison import Comparison
from pi.comparison.contrast import Contrast
from pi.comparison.pairing import PairedTable
from pi.comparison.verdict import Verdict, heading
from pi.digits import NOTHING, apart, effect, fixed, number
from pi.evaluation.metrics import METRICS, mean_text, ranked_metrics
from pi.evaluation.ranking import rank_runs
from pi.evaluation.table import KEY, LOW_DOSE
from pi.figures.effect_forest import claimed
from pi.report.blocks import TextTable
from pi.report.configuration import Configuration
from pi.report.text import DIGITS, effect_text, estimate_text, p_cell


def board_of(configurations: Sequence[Configuration], paired: PairedTable) -> pd.DataFrame:
    """Return Table 3's numbers (see `rank_runs`) on the slices that all runs have."""
    tables: Mapping[str, pd.DataFrame] = {
        one.name: matched(one.group.table.slices, paired) for one in configurations
    }
    return rank_runs(tables, paired.protocol)


def low_dose_mean(configurations: Sequence[Configuration], paired: PairedTable) -> float:
    """Return the mean of the metric of ``paired`` of doing nothing, on its slices."""
    slices = matched(configurations[0].group.table.slices, paired)
    rows = slices[(slices["image"] == LOW_DOSE) & (slices["protocol"] == paired.protocol)]
    if paired.metric not in rows:
        return math.nan
    values = rows[paired.metric].replace(np.inf, np.nan)
    return float(values.mean())


def matched(table: pd.DataFrame, paired: PairedTable) -> pd.DataFrame:
    """Return the rows of a slice table whose slices take part in the comparison."""
    return table[pd.MultiIndex.from_frame(table[KEY]).isin(paired.values.index)]


def table_3(board: pd.DataFrame, protocol: str) -> TextTable:
    """Return Table 3: mean, standard deviation and rank of each run.

    Args:
        board: see `board_of`.
        protocol: whose metrics.
    """
    rows = []
    for row in board.to_dict("records"):
        cells = [_mean_cell(row, metric) for metric in ranked_metrics()]
        ranks = " / ".join(_rank(row[f"{metric}_rank"]) for metric in ranked_metrics())
        rows.append((str(row["experiment"]), *cells, ranks, effect(row["mean_rank"], "")))
    caption = (
        f"Mean (standard deviation) over slices, protocol {protocol}; rank by "
        f"{', '.join(map(heading, ranked_metrics()))}, and their mean. Infinite PSNR is in no mean."
    )
    columns = ("Run", *map(heading, ranked_metrics()), "Ranks", "Mean rank")
    return TextTable("table3", "Table 3", caption, columns, tuple(rows))


def weights_table(known: Sequence[tuple[str, str, str, str]]) -> TextTable | None:
    """Return what encoders' weights are; None where nothing is known of any.

    Args:
        known: encoder, its weights in words, their digest, and the name of what has it.
    """
    names: dict[tuple[str, str, str], dict[str, None]] = {}
    for encoder, weights, digest, name in known:
        if not weights and not digest:
            continue
        what = (encoder, weights or NOTHING, digest[:DIGITS] or NOTHING)
        names.setdefault(what, {})[name] = None
    caption = "What each encoder's weights are, and the digest that tells them from others."
    columns = ("Encoder", "Weights", "Digest", "Of")
    rows = tuple((*what, ", ".join(of)) for what, of in names.items())
    return TextTable("weights", "Encoders", caption, columns, rows) if rows else None


def tables_4(comparison: Comparison) -> list[TextTable]:
    """Return Table 4 for each metric: what the slices say, and what the patients support."""
    several = len(comparison.paired) > 1
    tables = []
    for place, metric in enumerate(comparison.paired):
        of = [
            (one, verdict)
            for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True)
            if one.metric == metric
        ]
        tables.append(_table_4("abcdef"[place] if several else "", metric, of))
    return tables


def seed_table(configurations: Sequence[Configuration], comparison: Comparison) -> TextTable | None:
    """Return mean and spread over seeds; None where every configuration has a single run."""
    rows = []
    for one in (one for one in configurations if one.seeds > 1):
        spread = one.group.spread
        of = spread[spread["protocol"] == comparison.protocol].set_index("metric")
        for metric in comparison.paired:
            mean, sd, low, high = (
                mean_text(float(of.loc[metric, name]), metric)  # type: ignore[arg-type]
                for name in ("mean", "sd", "lowest", "highest")
            )
            rows.append(
                (one.name, str(one.seeds), heading(metric), f"{mean} ({sd})", f"{low} to {high}")
            )
    if not rows:
        return None
    caption = "Over seeds: mean of the runs' means, standard deviation (ddof 1) and range."
    columns = ("Run", "Seeds", "Metric", "Mean (SD)", "Lowest to highest")
    return TextTable("seeds", "Seeds", caption, columns, tuple(rows))


def breakdown(comparison: Comparison) -> TextTable | None:
    """Return the first metric's gain on each part of the slices; None where nothing divides them.

    Args:
        comparison: what was found.
    """
    metric = next(iter(comparison.paired))
    of = [one for one in comparison.contrasts if one.metric == metric]
    rows = [
        (f"{one.other} vs {one.reference}", f"{part.column}: {part.value}", str(part.patients),
         f"{part.slices:,}", number(part.gain, "+"), NOTHING)
        for one in of for part in one.strata
    ] + [
        (f"{one.other} vs {one.reference}", trend.column, NOTHING, f"{trend.slices:,}", NOTHING,
         effect(trend.correlation))
        for one in of for trend in one.trends
    ]  # fmt: skip
    if not rows:
        return None
    caption = (
        f"{heading(metric)} by what is known of the slices: mean gain over those of one value, or "
        "Spearman's correlation of the gain with a number. Described, not tested."
    )
    columns = ("Comparison", "Slices by", "Patients", "Slices", "Gain", "Correlation")
    return TextTable("breakdown", "Breakdown", caption, columns, tuple(rows))


def _rank(rank: float) -> str:
    return fixed(rank, 0)


def _mean_cell(row: Mapping[Hashable, Any], metric: str) -> str:
    mean, deviation = row[metric], row[f"{metric}_sd"]
    said = mean_text(mean, metric)
    return said if math.isnan(deviation) else f"{said} ({mean_text(deviation, metric)})"


def _table_4(letter: str, metric: str, of: Sequence[tuple[Contrast, Verdict]]) -> TextTable:
    caption = f"{heading(metric)}: columns as of Table 4a."
    if letter in ("", "a"):
        caption = (
            f"{heading(metric)}. Gains are above 0 where the first of a pair is better. In "
            "brackets: 95 % intervals by a bootstrap of patients. p of slices: Wilcoxon's signed "
            "rank, as in the paper, which takes slices for independent. p of patients: sign flip "
            f"of their means, after Holm over all {of[0][0].slices.holm.family} comparisons. "
            "Agree: patients whose mean gain has the sign of the whole."
        )
    columns = ("Comparison", heading(metric), "Gain", "Cohen's d", "Rank-biserial", "p of slices",
               "p of patients", "Agree", "Verdict")  # fmt: skip
    rows = tuple(_row(*one) for one in of)
    return TextTable(f"table4{letter}", f"Table 4{letter}", caption, columns, rows)


def _row(one: Contrast, verdict: Verdict) -> tuple[str, ...]:
    patients, slices = one.patients, one.slices
    attainable = verdict.outcome not in ("not attainable", "identical")
    means = apart((one.other_mean, one.reference_mean), METRICS[one.metric].decimals)
    return (
        f"{one.other} vs {one.reference}",
        " vs ".join(means),
        estimate_text(claimed(patients.intervals.mean_gain, len(patients.gains))),
        effect(slices.effects.d_pooled),
        effect_text(claimed(patients.intervals.rank_biserial, len(patients.gains))),
        p_cell(slices.test.log10_p),
        p_cell(patients.flip_holm.log10_p) if attainable else NOTHING,
        f"{patients.agreeing} of {len(patients.gains)}",
        verdict.outcome,
    )
