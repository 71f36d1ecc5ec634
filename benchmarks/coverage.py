"""Do the intervals of a comparison cover what they claim to cover?

    python -m benchmarks.coverage

1. Hodges-Lehmann over independent slices: normal, skewed about its own pseudo-median, and rounded
   differences.
2. Hodges-Lehmann of patients' means and the hierarchical bootstrap, by number of patients, on the
   correlated slices of `benchmarks.false_positives`, with a true gain of 0 and patients that
   differ by 0, .3 and 1 slice deviations. Of the rank-biserial and d_z, too, the truth is 0.

Each cell is the share of simulated comparisons whose 95 % interval holds the truth. What stays
below 93 % is what `pi.influence.expanded_percentile` says.
"""

import argparse
from collections.abc import Callable

import numpy as np

from benchmarks.false_positives import PATIENT_SDS, correlated_gains, slice_index
from pi.comparison.gains import Estimate, Floats
from pi.comparison.resampling import draw_resamples, patient_intervals
from pi.comparison.walsh import hodges_lehmann
from pi.influence.expanded_percentile import TOO_NARROW_BELOW

PATIENTS = (2, 3, 4, 5, 6, 8, 10, 15, 20)
SIZES = (6, 20, 50, 51, 400, 3780)
REUSED = 20
"""Comparisons that share their resamples here, to save time."""

Draw = Callable[[int, np.random.Generator], Floats]

SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda n, rng: rng.normal(size=n), 0.0),
    "three normals' product": (lambda n, rng: np.prod(rng.normal(size=(3, n)), axis=0), 0.0),
    "normal in steps of .5": (lambda n, rng: np.round(2 * rng.normal(size=n)) / 2, 0.0),
}
"""How differences are drawn, and their true shift."""


def covers(interval: Estimate, truth: float) -> bool:
    """Return whether an interval holds the truth."""
    return interval.low <= truth <= interval.high


def independent_slices(times: int) -> None:
    """Print how often the Hodges-Lehmann interval of independent slices holds the shift."""
    print("Hodges-Lehmann of independent slices\n" + " " * 26 + "".join(f"{n:>7}" for n in SIZES))
    for name, (draw, truth) in SHAPES.items():
        rng = np.random.default_rng(5)
        shares = [
            np.mean([covers(hodges_lehmann(draw(n, rng)), truth) for _ in range(times)])
            for n in SIZES
        ]
        print(f"{name:<26}" + "".join(f"{share:7.3f}" for share in shares))


def correlated_slices(slices: int, times: int) -> None:
    """Print how often the intervals over patients hold the truth, by number of patients."""
    print(f"\nover patients, {slices} slices each, AR(1) of .9 between neighbours")
    print("patients  patient sd   HL of means   mean gain   rank-biserial   d_z   HL of slices")
    for m in PATIENTS:
        keys = slice_index(m, slices)
        for sd in PATIENT_SDS:
            rng = np.random.default_rng(5)
            found = np.zeros(5)
            for number in range(times):
                if number % REUSED == 0:  # they do not depend on the gains
                    resamples = draw_resamples(keys, rng)
                gains = correlated_gains(m, slices, sd, rng)
                of_patients = hodges_lehmann(gains.mean(axis=1))
                by = patient_intervals(gains.ravel(), resamples)
                naive = hodges_lehmann(gains.ravel())
                intervals = (of_patients, by.mean_gain, by.rank_biserial, by.d_z, naive)
                found += [covers(one, 0.0) for one in intervals]
            cells = found / times
            bounded = "" if m >= 6 else " (unbounded)"
            print(
                f"{m:>8}  {sd:>10}   {cells[0]:11.3f}   {cells[1]:9.3f}   {cells[2]:13.3f}   "
                f"{cells[3]:.3f}   {cells[4]:.3f}{bounded}"
            )
    print(f"\nthe code says that the bootstrap is too narrow below {TOO_NARROW_BELOW} patients")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--slices", type=int, default=400)
    chosen = parser.parse_args()
    independent_slices(chosen.times)
    correlated_slices(chosen.slices, chosen.times)


if __name__ == "__main__":
    main()
