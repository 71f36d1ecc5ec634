"""Seeds of one configuration: the mean of each slice, and the spread of their means."""

import numpy as np
import pytest
from run_tables import run_of

from pi.comparison.gains import ComparisonError
from pi.comparison.seeds import group_seeds

FIRST = {("P", 0.0): 0.2, ("Q", 0.0): 0.4}
SECOND = {("Q", 0.0): 0.8, ("P", 0.0): 0.4}


def test_slices_are_averaged_by_key_and_the_spread_is_between_seeds() -> None:
    group = group_seeds("E1", [run_of("s1", FIRST), run_of("s2", SECOND)])
    assert group.runs == ("s1", "s2")
    assert group.table.name == "E1"
    assert group.table.slices["ssim"].tolist() == pytest.approx([0.3, 0.6])
    of_ssim = group.spread.set_index("metric").loc["ssim"]
    assert of_ssim["protocol"] == "paper8"
    assert of_ssim["mean"] == pytest.approx(0.45)
    assert of_ssim["sd"] == pytest.approx(0.3 / np.sqrt(2))  # of 0.3 and 0.6, ddof 1
    assert (of_ssim["lowest"], of_ssim["highest"]) == pytest.approx((0.3, 0.6))


def test_a_single_seed_has_no_spread() -> None:
    group = group_seeds("E1", [run_of("s1", FIRST)])
    assert (group.spread["sd"] == 0).all()
    assert group.table.slices["ssim"].tolist() == [0.2, 0.4]


def test_infinite_psnr_is_in_no_mean_over_slices_but_stays_infinite_of_its_slice() -> None:
    perfect = {("P", 0.0): np.inf, ("Q", 0.0): 40.0}
    runs = [run_of("s1", FIRST), run_of("s2", FIRST)]
    for run in runs:
        run.slices["psnr"] = list(perfect.values())
    group = group_seeds("E1", runs)
    assert group.table.slices["psnr"].tolist() == [np.inf, 40.0]
    assert group.spread.set_index("metric").loc["psnr", "mean"] == 40.0


def test_a_slice_that_one_seed_lacks_is_refused_by_its_key() -> None:
    fewer = run_of("s2", {("P", 0.0): 0.4})
    for runs in ([run_of("s1", FIRST), fewer], [fewer, run_of("s1", FIRST)]):
        with pytest.raises(ComparisonError, match=r"'s2' lacks Q/1mm/B30/\+0.00 \(paper8, den"):
            group_seeds("E1", runs)


def test_seeds_on_other_data_are_refused() -> None:
    with pytest.raises(ComparisonError, match="same data set"):
        group_seeds("E1", [run_of("s1", FIRST), run_of("s2", SECOND, digest="other")])
    with pytest.raises(ComparisonError, match="'E1' must have at least one run"):
        group_seeds("E1", [])
