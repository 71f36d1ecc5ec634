"""How often does a test find a difference where there is none?

    python -m benchmarks.false_positives

Null comparisons as in the method's section 4.3: 400 slices per patient, neighbours correlated by an
AR(1) of .9, patients that differ by 0, .3 and 1 slice deviations, no true gain. Beside the
verdict (`pi.comparison.verdict.verdict_of`) stand the tests that it does not rest on: the paper's
slice-level Wilcoxon test and the clustered signed-rank test.
"""

import argparse
from collections import Counter

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from pi.comparison.contrast import contrast
from pi.comparison.gains import ALPHA, Floats
from pi.comparison.pairing import PairedTable
from pi.comparison.resampling import draw_resamples
from pi.comparison.verdict import verdict_of
from pi.evaluation.table import KEY

PATIENTS = (2, 6, 8, 10)
PATIENT_SDS = (0.0, 0.3, 1.0)
AR1 = 0.9


def slice_index(patients: int, slices: int) -> pd.MultiIndex:
    """Return the keys of some slices per patient, 1 mm apart."""
    return pd.MultiIndex.from_tuples(
        [(f"P{p:02}", 1.0, "B30", 0.0, float(z)) for p in range(patients) for z in range(slices)],
        names=KEY,
    )


def correlated_gains(
    patients: int, slices: int, patient_sd: float, rng: np.random.Generator
) -> Floats:
    """Return gains (patients, slices) without a true mean: a patient's own and an AR(1) of sd 1."""
    noise = rng.normal(size=(patients, slices))
    noise[:, 1:] *= np.sqrt(1 - AR1**2)
    return np.asarray(
        lfilter([1.0], [1.0, -AR1], noise) + patient_sd * rng.normal(size=(patients, 1))
    )


def rejections(patients: int, slices: int, patient_sd: float, times: int) -> Counter[str]:
    """Return how many null comparisons each test rejects."""
    rng = np.random.default_rng(5)
    keys = slice_index(patients, slices)
    resamples = draw_resamples(keys, rng, times=2)  # no test here uses them
    rejected: Counter[str] = Counter()
    for _ in range(times):
        gains = correlated_gains(patients, slices, patient_sd, rng).ravel()
        values = pd.DataFrame({"one": 0.0, "other": gains}, index=keys)
        paired = PairedTable("ssim", "paper8", values, "simulated", "test", ())
        found = contrast(paired, "one", "other", resamples, rng)
        rejected["verdict"] += verdict_of(found).outcome in ("better", "worse")
        rejected["clustered"] += found.patients.clustered.p <= ALPHA
        rejected["slices"] += found.slices.test.p <= ALPHA
    return rejected


def main() -> None:
    """Print the share of false positives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--slices", type=int, default=400)
    chosen = parser.parse_args()
    print("patients  patient sd   verdict   clustered   paper's slice test")
    for patients in PATIENTS:
        for sd in PATIENT_SDS:
            found = rejections(patients, chosen.slices, sd, chosen.times)
            shares = [found[test] / chosen.times for test in ("verdict", "clustered", "slices")]
            print(
                f"{patients:>8}  {sd:>10}   {shares[0]:7.3f}   {shares[1]:9.3f}   {shares[2]:.3f}"
            )


if __name__ == "__main__":
    main()
