"""A metric that is one record is in every list: measured, shown, logged, compared, reported."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from report.compared import DIGEST, slice_table

from pi.choices import MetricSet
from pi.command_line import ParameterError, parse
from pi.comparison.comparison import Reference, compare_runs
from pi.comparison.gains import ComparisonError
from pi.comparison.limits import limits
from pi.comparison.pairing import RunTable, pair_runs
from pi.comparison.seeds import group_seeds
from pi.evaluation.measure import Evaluation, evaluate
from pi.evaluation.metrics import (
    METRICS,
    Metric,
    every,
    find_metrics,
    measured_metrics,
    require_measured,
)
from pi.evaluation.protocol import FULL_FLOAT, PAPER8, EvaluationError
from pi.evaluation.scores import scores
from pi.evaluation.summary import summary_text
from pi.evaluation.table import KEY, checked, gains, joined, wide
from pi.parameters import EvaluateParameters
from pi.report.tables import table_3, tables_4
from pi.slices.store import Store

WORST = Metric(
    "worst", "largest difference", "grey", 3, "low", every,
    lambda pair: float(np.abs(np.subtract(*pair.values, dtype=np.float64)).max()), ranked=True,
)  # fmt: skip


@pytest.fixture
def worst(monkeypatch: pytest.MonkeyPatch) -> None:
    """The metric above: nothing else is written anywhere."""
    monkeypatch.setitem(METRICS, WORST.name, WORST)


def run_table(name: str, value: float | None) -> RunTable:
    """A table; of an old run, which lacks the metric, no value."""
    table = slice_table(0.01 * len(name))
    own = table if value is None else table.assign(worst=value + table["ssim"])
    return RunTable(name, checked(own), DIGEST, "test")


@pytest.mark.usefixtures("worst")
def test_it_is_in_the_tables_of_an_evaluation(tiny_store: Store) -> None:
    found = evaluate(tiny_store, "test", None, (PAPER8, FULL_FLOAT), 4, lambda _: None)
    number = next(n for n, v in enumerate(tiny_store.volumes) if v.split == "test")
    low, normal = tiny_store.pair(number, 0)
    key = tiny_store.volumes[number].key(0)
    row = found.slices.set_index([*KEY, "protocol"]).loc[
        (*(getattr(key, name) for name in KEY), "full_float")
    ]
    assert row["worst"] == pytest.approx(np.abs(low.astype(float) - normal).max())
    assert "largest difference (grey)" in summary_text(found.slices)
    assert "full_float/worst" in wide(found.slices)
    assert {"paper8/worst", "full_float/worst_gain"} < set(scores(found))


@pytest.mark.usefixtures("worst")
def test_runs_are_compared_and_reported_by_it() -> None:
    runs = [run_table("E1", 1.0), run_table("E2", 2.0)]
    metrics = find_metrics("worst,ssim")
    comparison = compare_runs(
        runs, metrics, "paper8", Reference("E2", "name"), np.random.default_rng(0)
    )
    assert "better than E2" in comparison.verdicts[0].sentence
    assert "largest difference (grey)" in comparison.verdicts[0].sentence
    assert tables_4(comparison)[0].caption.startswith("largest difference (grey)")
    from pi.evaluation.ranking import rank_runs

    board = rank_runs({run.name: run.slices for run in runs}, "paper8")
    assert "largest difference (grey)" in table_3(board, "paper8").columns
    assert parse(EvaluateParameters, ["--metric", "worst"], "", "x").metric == "worst"


def test_it_is_nowhere_without_its_record() -> None:
    with pytest.raises(ParameterError, match=r"`metric` must be one of ssim, .* but got 'worst'"):
        parse(EvaluateParameters, ["--metric", "worst"], "", "x")


@pytest.mark.usefixtures("worst")
def test_runs_that_are_older_than_it_are_told_by_name_and_compared_by_others() -> None:
    runs = [run_table("new", 1.0), run_table("old", None), run_table("older", None)]
    with pytest.raises(
        ComparisonError, match=r"compared by it but 'old', 'older' lack it"
    ) as error:
        pair_runs(runs, "worst", "paper8")
    assert "largest difference (grey) (worst)" in str(error.value)
    assert pair_runs(runs, "ssim", "paper8").runs == ("new", "old", "older")
    with pytest.raises(ComparisonError, match="but 'old' lacks it"):
        pair_runs(runs[:2], "worst", "paper8")


@pytest.mark.usefixtures("worst")
def test_table_3_leaves_out_what_an_old_run_lacks() -> None:
    from pi.evaluation.ranking import rank_runs, ranking_text

    runs = [run_table("new", 1.0), run_table("old", None)]
    board = rank_runs({run.name: run.slices for run in runs}, "paper8").set_index("experiment")
    assert np.isnan(board.loc["old", "worst"])
    assert board.loc["old", "ssim"] > 0
    row = next(row for row in table_3(board.reset_index(), "paper8").rows if row[0] == "old")
    assert "–" in row
    assert "old" in ranking_text(board.reset_index(), "paper8")


@pytest.mark.usefixtures("worst")
def test_seeds_and_folds_of_unlike_age_have_what_all_of_them_have() -> None:
    new, old = run_table("new", 1.0), run_table("old", None)
    assert "worst" not in group_seeds("both", [new, old]).table.slices
    other = old.slices.assign(patient="Q" + old.slices["patient"])
    assert "worst" not in joined([new.slices, other])
    both = joined([new.slices, other.assign(worst=1.0)])
    assert isinstance(both["worst"], pd.Series)


def textured(name: str, gain: float, lacking: list[float]) -> RunTable:
    """A run whose noise distance has no value at some positions of each patient."""
    table = slice_table(gain)
    distance = (1.5 - table["ssim"]).where(~table["position"].isin(lacking))
    return RunTable(name, checked(table.assign(noise_distance=distance)), DIGEST, "test")


def test_slices_without_a_value_are_left_out_of_that_metric_alone_and_counted() -> None:
    runs = [textured("E1", 0.0, [0.0, 3.0]), textured("E2", -0.05, [0.0, 3.0])]
    comparison = compare_runs(
        runs, ["ssim", "noise_distance"], "paper8", Reference("E1", "name"),
        np.random.default_rng(0),
    )  # fmt: skip
    assert len(comparison.paired["ssim"].values) == 8 * 12
    assert len(comparison.paired["noise_distance"].values) == 8 * 10
    worse = {contrast.metric: contrast for contrast in comparison.contrasts}["noise_distance"]
    assert worse.patients.intervals.mean_gain.value < 0
    said = " ".join(limits(comparison))
    assert "16 slices had no value of noise power distance and were left out of it" in said
    assert "without a flat region of soft tissue" in said
    gained = gains(runs[0].slices, "paper8", "noise_distance")
    assert len(gained) == 8 * 10
    assert wide(runs[0].slices)["noise_distance"].isna().sum() == 16


def test_a_run_without_any_value_is_refused_in_words() -> None:
    runs = [textured("E1", 0.0, []), textured("E2", 0.1, [float(k) for k in range(12)])]
    with pytest.raises(ComparisonError, match=r"'E2': a slice must have a value of noise power"):
        pair_runs(runs, "noise_distance", "paper8")
    with pytest.raises(EvaluationError, match="none of 96 has: each is a slice without a flat"):
        gains(runs[1].slices, "paper8", "noise_distance")
    assert np.isnan(scores_of(runs[1].slices)["noise_distance_gain"])


def scores_of(table: pd.DataFrame) -> dict[str, float]:
    none = pd.DataFrame(columns=["thickness", "kernel", "dose", "image", "tissue"])
    return scores(Evaluation(table, none, none, none))


def test_a_set_measures_what_those_before_it_do() -> None:
    basic, texture, every_one = map(measured_metrics, get_args(MetricSet))
    assert basic[:3] == ["ssim", "psnr", "nrmse"]
    assert basic[3:] == ["rmse_clipped_hu", "rmse_hu", "mae_hu", "bias_hu"]
    assert set(texture) - set(basic) == {"noise_distance", "frequency_shift", "hallucination"}
    assert every_one == [name for name in METRICS if name != "features"]
    with pytest.raises(ParameterError, match=r"`metric` must be one of ssim, .* but got 'feature"):
        parse(EvaluateParameters, ["--metric", "features"], "", "x")
    with pytest.raises(EvaluationError, match="got gmsd, which `metrics` all measures and basic"):
        require_measured("gmsd", "basic")
