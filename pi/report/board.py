"""What these runs gave, by the paper's names, for the reproduction board."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from pi.comparison.board import Data, Given
from pi.comparison.comparison import Comparison
from pi.comparison.effect import pooled_d
from pi.comparison.pairing import PairedTable, pair_runs
from pi.comparison.paper import BEST, SLICES
from pi.comparison.signed_rank import signed_rank
from pi.evaluation.metrics import ranked_metrics
from pi.evaluation.protocol import PAPER8
from pi.evaluation.table import protocols_of
from pi.losses.experiments import GROUPS, NAMED
from pi.report.configuration import Configuration, DataFacts
from pi.report.figures import HABIT
from pi.report.tables import board_of

TARGET = 0.95
PATIENTS = 2
"""The paper's target Psi, and how many patients it tested."""


def paper_names(configurations: Sequence[Configuration]) -> dict[str, Configuration]:
    """Return the configurations that stand for one of the paper's, by its name there.

    First those of that name, then those of the same encoder, then the demonstrations, which have
    the structure of E1 to E4 and other weights.
    """
    by_experiment = {one.experiment: one for one in reversed(configurations)}
    by_encoder = {one.encoder: one for one in reversed(configurations) if one.encoder}
    found = {}
    for name in GROUPS["paper"]:
        demos = (demo for demo in GROUPS["demo"] if _stands_for(demo) == name)
        candidates = [by_experiment.get(name)]
        if name != "baseline":  # its encoder is E2's
            candidates.append(by_encoder.get(str(NAMED[name].encoder)))
        candidates += [by_experiment.get(demo) for demo in demos]
        one = next((one for one in candidates if one is not None), None)
        if one is not None:
            found[name] = one
    return found


def given(
    configurations: Sequence[Configuration], comparison: Comparison, facts: DataFacts
) -> Given:
    """Return what the board compares with the paper."""
    names = paper_names(configurations)
    influences = {name: one.influence for name, one in names.items() if one.influence is not None}
    known = Given(
        data=_data(next(iter(comparison.paired.values())), facts),
        own_weights=frozenset(
            name for name, one in names.items() if one.encoder != str(NAMED[name].encoder)
        ),
        lambdas={
            name: one.weight for name, one in influences.items() if math.isclose(one.target, TARGET)
        },
        psi_at_tenth={name: float(one.psi_at(HABIT)) for name, one in influences.items()},
    )
    tables = [one.group.table for one in configurations]
    if any(PAPER8.name not in protocols_of(table.slices) for table in tables):
        return known
    paired = pair_runs(tables, "ssim", PAPER8.name)
    runs = {name: one.name for name, one in names.items()}
    effects, log10_ps = _tests(runs, paired)
    means = _means(runs, board_of(configurations, paired))
    return replace(known, means=means, effects=effects, log10_ps=log10_ps)


def _stands_for(demo: str) -> str:
    published = NAMED[demo].published
    return published.source if published else ""


def _data(paired: PairedTable, facts: DataFacts) -> Data:
    """Return whose slices they are; patients have pseudonyms, so only their number can tell."""
    if facts.simulated:
        return "simulated"
    papers = len(paired.values) == SLICES and len(paired.patients) == PATIENTS
    return "challenge" if papers and paired.part == "test" else "other"


def _means(runs: Mapping[str, str], board: pd.DataFrame) -> dict[str, dict[str, float]]:
    rows = {row["experiment"]: row for row in board.to_dict("records")}
    return {
        name: {metric: float(rows[run][metric]) for metric in ranked_metrics()}
        for name, run in runs.items()
    }


def _tests(
    runs: Mapping[str, str], paired: PairedTable
) -> tuple[dict[str, float], dict[str, float]]:
    """Return Table 4's two columns, of E1 against each other one: effects, and log10 p."""
    if BEST not in runs:
        return {}, {}
    best = runs[BEST]
    others = {name: run for name, run in runs.items() if name != BEST}
    values = {name: paired.values[run].to_numpy() for name, run in runs.items()}
    effects = {name: pooled_d(values[name], values[BEST]) for name in others}
    gains = {name: paired.gains(run, best) for name, run in others.items()}
    return effects, {name: signed_rank(gain).log10_p for name, gain in gains.items()}
