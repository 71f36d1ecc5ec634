"""Which slices are worth looking at, and what each scored: against tables made by hand."""

import pandas as pd
import pytest
from evaluation.tables import by_hand, row

from pi.evaluation.browsing import ranked_slices, slice_scores
from pi.evaluation.metrics import METRICS
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.table import IDENTITY, slice_keys
from pi.identity import SliceKey


def other() -> pd.DataFrame:
    """A run that gains .2 on P's first slice and nothing on its second; it has no others."""
    ssims = {("P", 0.0): (0.5, 0.7), ("P", 1.0): (0.5, 0.5)}
    return pd.DataFrame(
        [
            row(patient, position, image, value)
            for (patient, position), pair in ssims.items()
            for image, value in zip(("low_dose", "denoised"), pair, strict=True)
        ]
    )


def test_of_one_run_slices_rank_by_its_gain_and_disagree_with_nobody() -> None:
    ranked = ranked_slices([by_hand()], "paper8", "ssim")
    assert ranked["gain"].tolist() == pytest.approx([0.1, 0.2, 0.3, -0.1, 0.0])
    assert (ranked["disagreement"] == 0).all()


def test_of_two_runs_only_common_slices_rank_by_mean_gain_and_its_spread() -> None:
    ranked = ranked_slices([by_hand(), other()], "paper8", "ssim")
    assert slice_keys(ranked) == [SliceKey("P", 1.0, "B30", z) for z in (0.0, 1.0)]
    assert ranked["gain"].tolist() == pytest.approx([0.15, 0.1])
    assert ranked["disagreement"].tolist() == pytest.approx([0.1, 0.2])


def test_a_metric_whose_best_is_small_gains_by_shrinking() -> None:
    table = pd.DataFrame(
        [row("P", 0.0, "low_dose", 0.5, nrmse=0.4), row("P", 0.0, "denoised", 0.5, nrmse=0.1)]
    )
    assert ranked_slices([table], "paper8", "nrmse")["gain"].tolist() == pytest.approx([0.3])


def test_a_table_that_tells_nothing_of_the_low_dose_is_set_beside_anothers() -> None:
    alone = other()[lambda table: table["image"] == "denoised"][[*IDENTITY, "ssim"]]
    ranked = ranked_slices([alone, by_hand()], "paper8", "ssim")
    assert slice_keys(ranked) == [SliceKey("P", 1.0, "B30", z) for z in (0.0, 1.0)]
    assert ranked["gain"].tolist() == pytest.approx([0.15, 0.1])
    assert ranked["disagreement"].tolist() == pytest.approx([0.1, 0.2])
    assert ranked_slices([alone], "paper8", "ssim")["gain"].tolist() == pytest.approx([0.7, 0.5])
    scores = slice_scores({"A": alone, "B": by_hand()}, SliceKey("P", 1.0, "B30", 0.0), "paper8")
    assert scores["image"].tolist() == ["low dose", "A", "B"]


def test_runs_without_a_slice_in_common_are_refused() -> None:
    elsewhere = by_hand().assign(kernel="D45")
    with pytest.raises(EvaluationError, match="slices in common but have none"):
        ranked_slices([by_hand(), elsewhere], "paper8", "ssim")


def test_the_scores_of_a_slice_are_of_the_low_dose_once_and_of_every_run() -> None:
    key = SliceKey("P", 1.0, "B30", 1.0)
    scores = slice_scores({"A": by_hand(), "B": other()}, key, "paper8")
    assert scores["image"].tolist() == ["low dose", "A", "B"]
    assert scores["ssim"].tolist() == [0.5, 0.7, 0.5]


def test_of_a_slice_that_is_in_no_table_there_are_no_scores() -> None:
    scores = slice_scores({"A": by_hand()}, SliceKey("P", 9.0, "B30", 0.0), "paper8")
    assert scores.empty
    assert list(scores) == ["image", *METRICS]
