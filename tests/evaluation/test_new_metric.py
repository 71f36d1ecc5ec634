"""A metric that is one record is in every list: measured, shown, logged, compared, reported."""

import numpy as np
import pandas as pd
import pytest
from report.compared import DIGEST, slice_table

from pi.command_line import ParameterError, parse
from pi.comparison.comparison import Reference, compare_runs
from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable, pair_runs
from pi.comparison.seeds import group_seeds
from pi.evaluation.measure import evaluate
from pi.evaluation.metrics import METRICS, Metric, every, find_metrics
from pi.evaluation.protocol import FULL_FLOAT, PAPER8
from pi.evaluation.scores import scores
from pi.evaluation.summary import summary_text
from pi.evaluation.table import KEY, checked, joined, wide
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
