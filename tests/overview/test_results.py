"""Newest results and the best by validation, of runs made by hand."""

import math

from overview.runs_by_hand import listed_run

from pi.overview.results import best_by_validation, newest_results

GOOD = {"kept/ssim": 0.9, "validation/ssim_low_dose": 0.85, "train/psi": 0.94, "lambda": 0.002}
RUNS = [
    listed_run("b", "train", metrics={"kept/ssim": 0.8}, tags={"pi.data_digest": "x"}),
    listed_run("a", "train", metrics=GOOD, tags={"pi.data_digest": "x"}),
    listed_run("other", "train", metrics={"kept/ssim": 0.99}, tags={"pi.data_digest": "y"}),
    listed_run("older", "train", metrics={"train/psi": 0.5}),
    listed_run("half", "train", "RUNNING", metrics={"validation/ssim": 0.5}),
    listed_run("e", "evaluate", metrics={"paper8/ssim": 0.91, "paper8/ssim_low_dose": 0.9}),
    listed_run("c", "calibration", params={"experiment": "c"}, metrics={"lambda": 0.000598}),
    listed_run("r", "report"),
]


def test_the_best_are_those_on_the_data_of_the_newest() -> None:
    best = best_by_validation(RUNS)
    assert best["what"].tolist() == ["a", "b"]
    assert math.isclose(best["gain"].iloc[0], 0.05)
    assert math.isclose(best["Ψ (%)"].iloc[0], 94.0)
    assert math.isnan(best["gain"].iloc[1])
    assert best_by_validation([]).empty


def test_results_are_in_words_and_none_is_made_up() -> None:
    found = newest_results(RUNS).set_index("what")["result"]
    assert found["a"] == "validation SSIM 0.9000 · Ψ 94 %"
    assert found["e"] == "SSIM 0.9100 (low dose 0.9000)"
    assert found["c"] == "λ 0.000598"
    assert found["r"] == "–"
    assert found["older"] == "Ψ 50 %"
    assert "half" not in found
