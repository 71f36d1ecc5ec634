"""The block beside Table 3 of Algorithm 1: means by hand, over the folds that tell."""

import math

import pytest

from pi.jobs.planned import beside
from pi.jobs.planned.beside import beside_table
from pi.report.beyond import LOGGED
from pi.tracking.records import Record

NOISE, SHIFT, CHO, NPWE, RATE = LOGGED
RUNS = {
    "a1": {NOISE: 0.4, CHO: 1.5, f"{CHO}_low_dose": 1.2, SHIFT: math.nan},
    "a2": {NOISE: 0.6, f"{NOISE}_low_dose": 2.0, "paper8/ssim": 0.9},
    "b1": {NOISE: 0.9, SHIFT: -0.05, NPWE: 2.0, f"{NPWE}_low_dose": 1.8},
    "c1": {"paper8/ssim": 0.8},
}
SCORES = {"a1": {f"{NOISE}_low_dose": 1.0, RATE: 0.01}}
"""Of a run, what its table of scores says beside its metrics."""


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "read_run", lambda run_id: Record({}, RUNS[run_id], {}))
    monkeypatch.setattr(beside, "read_scores", lambda run_id: SCORES.get(run_id, {}))


def test_rows_are_means_over_the_folds_that_have_a_value_and_the_low_dose_comes_last() -> None:
    found = beside_table({"demo1": ["a1", "a2"], "mse": ["b1"], "c": ["c1"]})
    assert found is not None
    assert found.rows == (
        ("demo1", "0.500", "–", "1.5", "–", "0.0100"),
        ("mse", "0.900", "-0.050", "–", "2", "–"),
        ("c", "–", "–", "–", "–", "–"),
        ("low dose", "1.500", "–", "1.2", "1.8", "–"),
    )
    assert found.text().startswith("Texture, detection, invention:\nRun ")


def test_where_nothing_was_measured_there_is_no_block() -> None:
    assert beside_table({"c": ["c1"]}) is None
