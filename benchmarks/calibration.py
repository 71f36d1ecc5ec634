"""Is the adaptive calibration right, how much does it save, and does it grow with the data?

    python -m benchmarks.calibration

1. `coverage`: all patches of a training set are measured once; then lambda is estimated from
   random subsets, 100 seeds, and must lie within its own interval of the exhaustive lambda: by
   random patches (`plain`), and by a survey that knows every patch's image loss and target, for
   both estimators of Psi. Also on log-normal losses with the spreads of the method's table 2.3.
2. `saving`: seconds for four configurations at 5 % against four separate literal passes of
   Algorithm 2 over the paper's 279,200 patches. The literal pass is measured on some patches and
   extrapolated linearly.
3. `growth`: the same calibration on 1, 4 and 16 times the slices.

Coverage of other data, such as a prepared store of real pairs: `--part coverage --data NAME`, of
whose train patients every patch is measured, `--patch_step` apart. `--whole` repeats the losses to
as many patches as the paper has, for what a small set needs is bounded by its size.

Needs about fifteen minutes on two cores; `--part lognormal` needs no network and three.
`simulated:small` is made if it is not there.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.choices import Estimator
from pi.denoisers import PUBLISHED
from pi.influence.losses import Measured
from pi.influence.measure import patch_facts, patch_measure
from pi.influence.psi import Floats
from pi.influence.sampling import (
    Measure,
    Precision,
    exact_weight,
    sample_losses,
    weight_and_interval,
)
from pi.influence.survey import PatchFacts, frame_of
from pi.influence.surveying import survey_losses
from pi.jobs.contexts import find_encoders
from pi.losses.experiments import Experiment, find_experiments
from pi.losses.input_convention import RAW255
from pi.losses.loss import Reading
from pi.network.bank import EncoderBank
from pi.network.state import identity
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.source import open_data

PAPER_PATCHES = 279_200
ESTIMATORS: tuple[Estimator, ...] = ("ratio_of_sums", "mean_of_ratios")
PRECISION = Precision(target_psi=0.95, estimator="ratio_of_sums", tolerance=0.05, exhaustive=False)
LOG_NORMAL = (
    (1.0, 1.0, 0.95),
    (1.0, 1.0, 0.9),
    (1.43, 1.43, 0.94),
    (1.3, 1.0, 0.8),
    (1.5, 1.2, 0.8),
)
"""sd of ln MSE, sd of ln PL and their correlation, from the method's table 2.3."""


def replayed(image: Floats, perceptual: Floats) -> Measure:
    """Return a measure that reads losses known beforehand, both (n,)."""

    def measure(numbers: NDArray[np.int64], states: Sequence[str]) -> dict[str, Measured]:
        return {
            s: Measured(numbers, *(x[numbers, np.newaxis] for x in (image, perceptual)))
            for s in states
        }

    return measure


def count_covered(
    facts: PatchFacts,
    perceptual: Floats,
    strata: NDArray[np.int64],
    estimator: Estimator,
    seeds: int,
) -> str:
    """Return in how many seeds the interval holds the exhaustive lambda, on how many patches.

    Args:
        facts: of all n patches, their one image loss among them.
        perceptual: (n,) of all patches.
        strata: (n,) their reconstructions.
        estimator: which Psi.
        seeds: how many.
    """
    precision = replace(PRECISION, estimator=estimator)
    image = facts.image[:, 0]
    truth = exact_weight(image, perceptual, precision)
    measure, frame = replayed(image, perceptual), frame_of(facts, strata, estimator)
    asked = ["x"], [Reading(0, (0,), (1.0,))]
    words = []
    for kind in ("plain", "survey"):
        covered, sizes = 0, []
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            if kind == "plain":
                found = sample_losses(measure, *asked, image.size, precision, rng)
            else:
                found = survey_losses(measure, *asked, frame, precision, rng)
            losses = found["x"].read(asked[1][0])
            weight, interval = weight_and_interval(losses, image.size, precision)
            covered += abs(np.log(weight / truth)) <= interval.half_width + 1e-12
            sizes.append(losses.image.size)
        words.append(f"{kind} {covered} of {seeds} on {np.mean(sizes):.0f}")
    return ", ".join(words)


def coverage(
    store: Store, experiments: Sequence[Experiment], seeds: int, step: int, *, whole: bool
) -> None:
    """Print how often the interval holds the exhaustive lambda of the experiments.

    Args:
        store: whose training patients are measured.
        experiments: the configurations.
        seeds: how many.
        step: between two patches in pixels.
        whole: repeat the losses to about `PAPER_PATCHES`, so that no set's end is in sight.
    """
    patches = PatchPopulation(store, "train", size=96, step=step, grid="paper")
    bank = _bank(experiments)
    measure = patch_measure(patches, {"identity": identity}, bank, 32, lambda n: n)
    losses = measure(np.arange(len(patches)), ["identity"])["identity"]
    beside = patch_facts(patches, bank.pixels).beside
    times = -(-PAPER_PATCHES // len(patches)) if whole else 1
    print(f"coverage: intervals that hold the exhaustive lambda, {times} x {len(patches)} patches")
    for experiment in experiments:
        read = losses.read(bank.reading(experiment, patches.size))
        image, perceptual = read.image, read.perceptual.sum(axis=1)
        print(f"  {experiment.name}: lambda {exact_weight(image, perceptual, PRECISION):.4g}")
        for estimator in ESTIMATORS:
            facts = PatchFacts(*(np.tile(x, (times, 1)) for x in (image[:, np.newaxis], beside)))
            said = count_covered(
                facts, np.tile(perceptual, times), np.tile(patches.strata, times), estimator, seeds
            )
            print(f"    {estimator}: {said}", flush=True)


def log_normal_coverage(seeds: int, population: int) -> None:
    """Print the same of log-normal losses."""
    print(f"log-normal losses of {population} patches in four reconstructions")
    strata = np.arange(population) % 4
    for image_sd, perceptual_sd, correlation in LOG_NORMAL:
        cross = correlation * image_sd * perceptual_sd
        spread = [[image_sd**2, cross], [cross, perceptual_sd**2]]
        draws = np.random.default_rng(5).multivariate_normal([0, 0], spread, population)
        image, perceptual = np.exp(draws).T
        facts = PatchFacts(image[:, np.newaxis], np.empty((population, 0)))
        for estimator in ESTIMATORS:
            print(
                f"  sd {image_sd} and {perceptual_sd}, correlation {correlation}, {estimator}: "
                f"{count_covered(facts, perceptual, strata, estimator, seeds)}",
                flush=True,
            )


def literal_seconds(patches: PatchPopulation, experiment: Experiment, batches: int) -> float:
    """Return seconds per patch of Algorithm 2 as written, for one configuration on its own."""
    bank = _bank([experiment])
    unet = PUBLISHED.build(seed=5)
    measure = patch_measure(patches, {"untrained": unet}, bank, 32, lambda n: n)
    measure(np.arange(64), ["untrained"])  # traced before the clock runs
    start = time.perf_counter()
    measure(np.arange(64, 64 + 32 * batches), ["untrained"])
    return (time.perf_counter() - start) / (32 * batches)


def saving(store: Store, experiments: Sequence[Experiment]) -> None:
    """Print the time of the adaptive calibration beside that of the literal one."""
    patches = PatchPopulation(store, "train", size=96, step=16, grid="paper")
    literal = sum(literal_seconds(patches, experiment, 10) for experiment in experiments)
    seconds, _, measured = _timed(patches, experiments, seed=5)
    whole = literal * PAPER_PATCHES
    print("saving: four configurations at 5 %")
    print(
        f"  literal: {1e3 * literal:.0f} ms per patch for all four, measured on 320 patches each;"
    )
    print(f"    extrapolated linearly to {PAPER_PATCHES} patches: {whole / 3600:.2f} h")
    print(f"  adaptive: {seconds:.1f} s on {measured} of {len(patches)} patches (identity)")
    print(f"  ratio {whole / seconds:.0f}")


def growth(store: Store, experiments: Sequence[Experiment], seeds: int) -> None:
    """Print time and subset on 1, 4 and 16 times the slices, taken in turn."""
    sizes = (1, 4, 16)
    populations = [
        PatchPopulation(_repeated(store, times), "train", size=96, step=16, grid="paper")
        for times in sizes
    ]
    runs = np.array(
        [[_timed(patches, experiments, seed) for patches in populations] for seed in range(seeds)]
    ).mean(axis=0)
    print(f"growth: mean of {seeds} seeds")
    for times, patches, (wall, cpu, measured) in zip(sizes, populations, runs, strict=True):
        print(
            f"  {times:2d}x, {len(patches)} patches: {wall:.1f} s, {cpu:.1f} s of processor, on "
            f"{measured:.0f} patches; {wall / runs[0][0]:.2f} and {cpu / runs[0][1]:.2f} of 1x"
        )


def _timed(
    patches: PatchPopulation, experiments: Sequence[Experiment], seed: int
) -> tuple[float, float, int]:
    bank = _bank(experiments)
    readings = [bank.reading(experiment, patches.size) for experiment in experiments]
    measure = patch_measure(patches, {"identity": identity}, bank, 32, lambda n: n)
    measure(np.arange(64), ["identity"])  # traced before the clock runs
    wall, cpu = time.perf_counter(), time.process_time()
    rng = np.random.default_rng(seed)
    known = patch_facts(patches, bank.pixels)
    read = time.perf_counter() - wall
    frame = frame_of(known, patches.strata, PRECISION.estimator)
    found = survey_losses(measure, ["identity"], readings, frame, PRECISION, rng)
    print(f"  (of which {read:.1f} s to read {len(patches)} patches)")
    measured = found["identity"].patches.size
    return time.perf_counter() - wall, time.process_time() - cpu, measured


def _bank(experiments: Sequence[Experiment]) -> EncoderBank:
    return find_encoders(experiments, RAW255, 5, "", 96).bank(print)


def _repeated(store: Store, times: int) -> Store:
    """Return a store that holds every volume of ``store`` several times, as other volumes."""
    manifest = replace(store.manifest, volumes=store.volumes * times)
    return Store(manifest, store.maps * times)


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100, help="seeds of `coverage`")
    parser.add_argument("--growth-seeds", type=int, default=2, help="seeds of `growth`")
    parser.add_argument("--experiments", default="demo")
    parser.add_argument("--population", type=int, default=20_000, help="log-normal patches")
    parser.add_argument("--data", default="simulated:small", help="for `coverage`: a store")
    parser.add_argument("--patch_step", type=int, default=96, help="for `coverage`, in pixels")
    parser.add_argument("--whole", action="store_true", help="`coverage` of the paper's size")
    parser.add_argument("--part", choices=("saving", "growth", "coverage", "lognormal"))
    asked = parser.parse_args()
    if asked.part in (None, "lognormal"):
        log_normal_coverage(asked.seeds, asked.population)
    if asked.part == "lognormal":
        return
    store = open_data(asked.data, split="auto", split_seed=5, study_seed=5)
    experiments = find_experiments(asked.experiments)
    if asked.part in (None, "saving"):
        saving(store, experiments)
    if asked.part in (None, "growth"):
        growth(store, experiments, asked.growth_seeds)
    if asked.part in (None, "coverage"):
        coverage(store, experiments, asked.seeds, asked.patch_step, whole=asked.whole)


if __name__ == "__main__":
    main()
