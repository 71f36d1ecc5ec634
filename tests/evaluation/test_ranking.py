"""Table 3 by hand, and the paper's own ranks."""

import pandas as pd
import pytest

from pi.evaluation.ranking import rank_runs, ranking_text


def slices(ssim: list[float], low: float = 0.5) -> pd.DataFrame:
    """Return a slice table whose denoised slices have these SSIM, and PSNR and NRMSE to match."""
    rows = []
    for position, value in enumerate(ssim):
        for image, one in (("low_dose", low), ("denoised", value)):
            rows.append(
                {
                    "patient": "S009", "thickness": 1.0, "kernel": "B30", "dose": 0.0,
                    "position": float(position), "protocol": "paper8", "image": image,
                    "ssim": one, "psnr": 40 * one, "nrmse": 1 - one, "rmse_clipped_hu": 1 - one,
                    "rmse_hu": 1 - one, "mae_hu": 1 - one, "bias_hu": 0.0,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_runs_are_ranked_by_each_metric_with_doing_nothing_among_them() -> None:
    board = rank_runs({"a": slices([0.4, 0.2]), "b": slices([0.9, 0.7])}, "paper8")
    assert list(board["experiment"]) == ["b", "low dose", "a"]
    assert list(board["ssim_rank"]) == [1, 2, 3]
    assert list(board["nrmse_rank"]) == [1, 2, 3]
    best = board.iloc[0]
    assert best["ssim"] == pytest.approx(0.8)
    assert best["ssim_sd"] == pytest.approx(0.1)  # ddof 0, as in the paper
    assert best["psnr"] == pytest.approx(32.0)
    assert best["mean_rank"] == 1.0


def test_equals_share_their_rank() -> None:
    board = rank_runs({"a": slices([0.5]), "b": slices([0.5])}, "paper8")
    assert set(board["ssim_rank"]) == {1.0}


def test_metrics_that_disagree_are_told_apart() -> None:
    # The paper's Table 3: by SSIM E3 is 5th, by PSNR and NRMSE the baseline is.
    table = {"baseline": (0.929, 38.98, 0.068), "E1": (0.944, 42.61, 0.048),
             "E2": (0.933, 41.52, 0.054), "E3": (0.899, 39.70, 0.065),
             "E4": (0.937, 41.80, 0.051)}  # fmt: skip
    tables = {}
    for name, (ssim, psnr, nrmse) in table.items():
        one = slices([ssim], low=0.1)
        denoised = one["image"] == "denoised"
        one.loc[denoised, "psnr"], one.loc[denoised, "nrmse"] = psnr, nrmse
        tables[name] = one
    board = rank_runs(tables, "paper8").set_index("experiment")
    assert board.loc["E3", "ssim_rank"] == 5
    assert board.loc["baseline", "ssim_rank"] == 4
    assert board.loc["baseline", "psnr_rank"] == 5
    assert board.loc["baseline", "nrmse_rank"] == 5
    assert board.loc["E1", "mean_rank"] == 1


def test_the_text_shows_means_deviations_and_ranks() -> None:
    text = ranking_text(rank_runs({"a": slices([0.9, 0.7])}, "paper8"), "paper8")
    assert "0.8000 (0.1000)" in text
    assert "low dose" in text
