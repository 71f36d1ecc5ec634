"""What is suspicious, and what is not."""

import pytest
from overview.runs_by_hand import listed_run

from pi.overview.suspicion import suspicions


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"psi_drift": -2.5}, "Ψ drifted -2.50 percentage points from its target"),
        ({"kept/ssim": 0.8, "validation/ssim_low_dose": 0.9}, "worse than doing nothing"),
        ({"gradient/conflicts": 3.0, "gradient/measurements": 4.0}, "in conflict in 3 of 4"),
    ],
)
def test_of_a_training_it_is_said_with_its_number(metrics: dict[str, float], said: str) -> None:
    (found,) = suspicions([listed_run("demo1", "train", metrics=metrics)])
    assert said in found.text()
    assert found.text().startswith("demo1 (train, demo1)")


def test_an_evaluation_below_the_low_dose_and_a_failure_are_told() -> None:
    below = {"paper8/ssim": 0.8, "paper8/ssim_low_dose": 0.9}
    runs = [listed_run("e", "evaluate", metrics=below),
            listed_run("f", "search", "FAILED", tags={"pi.reason": "no room"})]  # fmt: skip
    assert [one.said for one in suspicions(runs)] == [
        "worse than doing nothing: SSIM 0.8000, of the low dose 0.9000",
        "it failed: no room",
    ]


def test_a_training_that_held_its_influence_is_not() -> None:
    fine = {"psi_drift": 0.4, "kept/ssim": 0.9, "validation/ssim_low_dose": 0.8,
            "gradient/conflicts": 1.0, "gradient/measurements": 4.0}  # fmt: skip
    assert suspicions([listed_run("demo1", "train", metrics=fine)]) == []
