"""A column of the header, from a volume to the contrast: declared in one place, dropped nowhere."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_tables import run_of

from pi.comparison.breakdown import StratumGain, Trend
from pi.comparison.comparison import Comparison, Reference, compare_runs
from pi.comparison.contrast_table import breakdown_table
from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable, join_folds, pair_runs
from pi.comparison.seeds import group_seeds
from pi.evaluation.measure import evaluate
from pi.evaluation.protocol import FULL_FLOAT
from pi.evaluation.table import checked, read_table
from pi.report.tables import breakdown
from pi.slices.facts import FACTS, Fact
from pi.slices.manifest import from_json, to_json
from pi.slices.store import Store

PITCH = Fact("pitch", "helical pitch", "covariate")

VALUES = {("A", 0.0): 0.5, ("A", 1.0): 0.5, ("B", 0.0): 0.5, ("B", 1.0): 0.5}
GAINED = {("A", 0.0): 0.6, ("A", 1.0): 0.7, ("B", 0.0): 0.8, ("B", 1.0): 0.9}
SCANNERS = {"A": "one", "B": "two"}


def told(run: RunTable, **facts: object) -> RunTable:
    """The same run with the scanner of each patient, and other facts."""
    slices = run.slices.assign(scanner=run.slices["patient"].map(SCANNERS), **facts)
    return replace(run, slices=checked(slices))


def compared(*runs: RunTable) -> Comparison:
    reference = Reference(runs[0].name, "name")
    return compare_runs(runs, ["ssim"], "paper8", reference, np.random.default_rng(0))


def test_a_column_goes_from_the_volume_to_the_contrast(
    tiny_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FACTS, PITCH.name, PITCH)
    volumes = tuple(
        replace(v, facts={"pitch": tuple(0.5 + k for k in range(len(v.positions)))})
        for v in tiny_store.volumes
    )
    manifest = from_json(to_json(replace(tiny_store.manifest, volumes=volumes)))
    assert manifest.volumes == volumes
    assert manifest.digest == tiny_store.digest
    store = Store(manifest, tiny_store.maps)
    evaluate(store, "test", None, (FULL_FLOAT,), 4, lambda _: None).slices.to_parquet(
        tmp_path / "slices.parquet"
    )
    table = read_table(tmp_path / "slices.parquet")
    better = table.assign(ssim=table["ssim"] + 0.01 * table["pitch"])
    one, two = (RunTable(n, t, store.digest, "test") for n, t in (("a", table), ("b", better)))
    found = compare_runs(
        [one, two], ["ssim"], "full_float", Reference("a", "name"), np.random.default_rng(0)
    )
    assert found.contrasts[0].trends == (Trend("helical pitch", 32, pytest.approx(1.0, abs=0.01)),)


def test_a_stratum_divides_the_gain_by_hand() -> None:
    found = compared(told(run_of("a", VALUES)), told(run_of("b", GAINED)))
    assert found.contrasts[0].strata == (
        StratumGain("scanner", "one", 1, 2, pytest.approx(0.15)),
        StratumGain("scanner", "two", 1, 2, pytest.approx(0.35)),
    )
    table = breakdown_table(found)
    assert table["value"].tolist() == ["one", "two"]
    shown = breakdown(found)
    assert shown is not None
    assert shown.rows[0] == ("b vs a", "scanner: one", "1", "2", "+0.15", "–")


def test_doses_divide_the_gain_without_being_declared() -> None:
    runs = [
        replace(run, slices=run.slices.assign(dose=run.slices["position"].map({0: 0.1, 1: 0.25})))
        for run in (run_of("a", VALUES), run_of("b", GAINED))
    ]
    strata = compared(*runs).contrasts[0].strata
    assert [(one.column, one.value) for one in strata] == [("dose", "10%"), ("dose", "25%")]
    assert [one.gain for one in strata] == pytest.approx([0.2, 0.3])


def test_what_nothing_divides_has_no_breakdown() -> None:
    found = compared(run_of("a", VALUES), run_of("b", GAINED))
    assert found.contrasts[0].strata == found.contrasts[0].trends == ()
    assert breakdown(found) is None


def test_what_an_older_run_does_not_tell_the_newer_one_does() -> None:
    old, new = run_of("a", VALUES), told(run_of("b", GAINED))
    for runs in ([old, new], [new, old]):
        facts = pair_runs(runs, "ssim", "paper8").facts
        assert facts["scanner"].tolist() == ["one", "one", "two", "two"]


def test_unlike_things_of_one_slice_are_refused() -> None:
    runs = [told(run_of("a", VALUES), tube_current=100.0),
            told(run_of("b", GAINED), tube_current=120.0)]  # fmt: skip
    with pytest.raises(ComparisonError, match="same tube_current of a slice but of 4 slices 'a'"):
        pair_runs(runs, "ssim", "paper8")


def test_seeds_and_folds_keep_what_is_told() -> None:
    one = told(run_of("a", VALUES), tube_current=100.0)
    grouped = group_seeds("both", [one, told(run_of("b", GAINED), tube_current=100.0)])
    assert set(grouped.table.slices["scanner"]) == {"one", "two"}
    folds = [
        replace(one, name=patient, slices=one.slices[one.slices["patient"] == patient])
        for patient in "AB"
    ]
    assert set(join_folds("a", folds).slices["tube_current"]) == {100.0}
