"""How long does a comparison of ten runs take, and how much memory?

    python -m benchmarks.compare

Ten runs of 3,780 slices (ten patients), all 45 pairs, five metrics: everything that a comparison
knows, in a process of its own whose peak memory is read afterwards. Beside it, on some of the same
pairs and extrapolated linearly, the straightforward way: all Walsh averages written out for the
Hodges-Lehmann shift, SciPy's bootstrap of slices for rank-biserial and d_z with as many resamples.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from itertools import combinations, islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from benchmarks.false_positives import correlated_gains
from pi.comparison.comparison import compare_runs
from pi.comparison.gains import Floats
from pi.comparison.pairing import RunTable
from pi.comparison.resampling import RESAMPLES
from pi.evaluation.metrics import METRICS
from pi.evaluation.table import COLUMNS

RUNS, PATIENTS, SLICES = 10, 10, 378
COMPARED = ("ssim", "psnr", "nrmse", "rmse_hu", "mae_hu")
CRITICAL = 1.959963984540054


def make_runs() -> list[RunTable]:
    """Return runs on the same slices that differ by a little, patient by patient."""
    rng = np.random.default_rng(5)
    keys = pd.DataFrame(
        {
            "patient": np.repeat([f"P{p}" for p in range(PATIENTS)], SLICES),
            "thickness": 1.0,
            "kernel": "B30",
            "dose": 0.0,
            "position": np.tile(np.arange(SLICES, dtype=float), PATIENTS),
            "protocol": "paper8",
            "image": "denoised",
        }
    )
    runs = []
    for number in range(RUNS):
        values = {m: correlated_gains(PATIENTS, SLICES, 0.3, rng).ravel() for m in METRICS}
        runs.append(RunTable(f"E{number}", keys.assign(**values)[COLUMNS], "benchmark", "test"))
    return runs


def compare_all(metrics: int) -> tuple[float, float, float]:
    """Return seconds, processor seconds and peak memory (MB) of the whole comparison."""
    runs = make_runs()
    start, processor = time.perf_counter(), time.process_time()
    compare_runs(runs, COMPARED[:metrics], "paper8", None, np.random.default_rng(0))
    seconds = time.perf_counter() - start, time.process_time() - processor
    return *seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def written_out_shift(gains: Floats) -> tuple[float, float, float]:
    """Return the Hodges-Lehmann shift with its interval from all Walsh averages."""
    i, j = np.triu_indices(gains.size)
    averages = np.sort((gains[i] + gains[j]) / 2)
    n = gains.size
    deviation = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    cut = int(averages.size / 2 - CRITICAL * deviation)
    return float(np.median(averages)), float(averages[cut]), float(averages[-cut - 1])


def rank_biserial(gains: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    """Return the rank-biserial along an axis."""
    ranks = np.sign(gains) * stats.rankdata(np.abs(gains), axis=axis)
    return np.asarray(ranks.sum(axis=axis) / np.abs(ranks).sum(axis=axis))


def d_z(gains: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    """Return d_z along an axis."""
    return np.asarray(gains.mean(axis=axis) / gains.std(axis=axis, ddof=1))


def straightforward(gains: Floats) -> None:
    """Compute test, shift and bootstrap intervals of one pair with numpy and SciPy alone."""
    stats.wilcoxon(gains)
    written_out_shift(gains)
    for effect in (rank_biserial, d_z, np.mean):
        stats.bootstrap(
            (gains,), effect, n_resamples=RESAMPLES, method="percentile", batch=100,
            rng=np.random.default_rng(0),
        )  # fmt: skip


def straightforward_all(pairs: int) -> tuple[float, float, float]:
    """Return seconds and processor seconds of a pair, and peak memory (MB)."""
    runs = make_runs()
    start, processor = time.perf_counter(), time.process_time()
    for one, other in islice(combinations(runs, 2), pairs):
        straightforward((other.slices["ssim"] - one.slices["ssim"]).to_numpy())
    seconds = time.perf_counter() - start, time.process_time() - processor
    return (
        seconds[0] / pairs,
        seconds[1] / pairs,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def alone(
    work: Callable[[int], tuple[float, float, float]], argument: int
) -> tuple[float, float, float]:
    """Run ``work`` in a new process, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (argument,))


def main() -> None:
    """Print seconds and peak memory of both ways."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3, help="measured the straightforward way")
    pairs = parser.parse_args().pairs
    total = RUNS * (RUNS - 1) // 2 * len(COMPARED)
    here = alone(compare_all, len(COMPARED))
    seconds, processor, megabytes = alone(straightforward_all, pairs)
    there = (seconds * total, processor * total, megabytes)
    print(f"{RUNS} runs of {PATIENTS * SLICES:,} slices, {total} comparisons")
    print("                     seconds   processor s   peak MB")
    for name, row in (("here", here), (f"extrapolated from {pairs}", there)):
        print(f"{name:<19} {row[0]:8.1f}   {row[1]:11.1f}   {row[2]:7.0f}")
    print(f"ratio               {there[0] / here[0]:8.1f}   {there[1] / here[1]:11.1f}")


if __name__ == "__main__":
    main()
