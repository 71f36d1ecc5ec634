"""How much training a search saves, and what it costs in SSIM.

    python -m benchmarks.search_efficiency

On the simulated study `tiny`: a small U-Net (unet:8, 32-pixel patches) is trained on demo1 at
each of 15 Psi, evenly spaced in log-odds from 2 % to 99.9 %, for 9 epochs of 40 steps: the
exhaustive grid. Then `search` looks in the same range with the defaults of its pruning, its first
trials included, twice with different seeds of the sampler. Networks, patches and validation slices
are the same everywhere. Printed are the training steps and the greatest validation SSIM, and how
many points of the grid would do as well, because an optimum that is flat is no feat to find.

Ten minutes on two cores. No number is asserted.
"""

import numpy as np
from optuna import Trial
from optuna.storages import InMemoryStorage

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.denoisers import DenoiserSpec
from pi.influence.psi import log_odds
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import input_convention
from pi.network.bank import build_bank
from pi.network.state import identity
from pi.parameters import SearchParameters, SimulateParameters
from pi.progress import progress
from pi.search.answer import answer
from pi.search.objective import Objective, Told
from pi.search.pruning import HalvingOfPairs
from pi.search.sampler import SeededByTrial
from pi.search.space import Balance, Point, find_space
from pi.search.study import Outcome, enqueue, open_study, run_trials
from pi.slices.patches import PatchPopulation
from pi.source import open_data
from pi.states import State
from pi.training.build import Adam, calibrate_each
from pi.training.fit import Settings
from pi.training.plan import StartingWeight
from pi.training.repeated import Bench
from pi.training.state import EpochRecord

PSI = (0.02, 0.999)
GRID, TRIALS, EPOCHS, STEPS = 15, 14, 9, 40
SEEDS = (5, 6)
CLOSE = 0.001
EXPERIMENTS = find_experiments("demo1")
NAME = EXPERIMENTS[0].name


def main() -> None:
    """Print the table."""
    bench = small_bench()
    balance = calibrated(bench)
    found = exhaustive(bench, balance)
    best, steps = max(found.values()), GRID * EPOCHS * STEPS
    print(f"{'':<22}{'steps':>8}{'share':>8}{'SSIM':>10}{'behind':>10}{'Psi':>10}")
    show("exhaustive grid", steps, steps, best, best, max(found, key=lambda psi: found[psi]))
    for seed in SEEDS:
        point, ssim, spent = searched(bench, balance, seed)
        show(f"search, seed {seed}", spent, steps, ssim, best, point.psi)
    close = sum(ssim >= best - CLOSE for ssim in found.values())
    print(f"\n{close} of the grid's {GRID} points are within {CLOSE} of its best:")
    print("  ".join(f"{100 * psi:.4g} %: {ssim:.4f}" for psi, ssim in found.items()))


def small_bench() -> Bench:
    """Return the bench of all trainings here."""
    store = open_data("simulated:tiny", split="auto", split_seed=5,
                      study_seed=SimulateParameters.seed)  # fmt: skip
    patches = PatchPopulation(store.without("test"), "train", 32, 16, "paper")
    settings = Settings(5, EPOCHS, 8, 0, 60.0, "best_validation_ssim", 0, 8, STEPS)
    bank = build_bank(EXPERIMENTS, input_convention("raw255"), seed=5)
    adam = Adam(3e-3, 0.9, 0.999, 1e-7)
    return Bench(
        EXPERIMENTS, bank, settings, patches, DenoiserSpec("unet", 8), adam, "float32", "mean"
    )


def calibrated(bench: Bench) -> Balance:
    """Return the two losses of the one configuration."""
    (found,) = calibrate_each(
        EXPERIMENTS, bench.bank, bench.patches, bench.settings, 0.5, State("identity"), identity
    )
    return Balance(found.image, found.perceptual, found.half_width)


def exhaustive(bench: Bench, balance: Balance) -> dict[float, float]:
    """Return the SSIM of the best epoch at each Psi of the grid."""
    wanted = np.linspace(*log_odds(PSI), GRID).tolist()
    points = [Point(NAME, "fixed", balance.weight_at(value), value) for value in wanted]
    found = {}
    for point in progress(points, "grid", total=GRID, unit="training"):
        history: list[EpochRecord] = []
        bench.train(NAME, "fixed", StartingWeight(point.weight, point.psi), history.append)
        found[point.psi] = max(record.ssim for record in history)
    return found


def searched(bench: Bench, balance: Balance, seed: int) -> tuple[Point, float, int]:
    """Return the best point of a search, its SSIM, and the training steps of all its trials."""
    p, known, spent = SearchParameters(), {NAME: balance}, 0
    space = find_space("psi", PSI, (1e-7, 1.0), EXPERIMENTS, "fixed")
    objective = Objective("val_ssim", p.target_psi, "training", p.tolerance, EPOCHS)

    def train(point: Point, report: Told) -> None:
        def epoch_done(record: EpochRecord) -> None:
            nonlocal spent
            spent += STEPS
            report(record.ssims, record.training.log_odds)

        bench.train(NAME, point.schedule, StartingWeight(point.weight, point.psi), epoch_done)

    def evaluate(trial: Trial) -> Outcome:
        return objective.evaluate(trial, space.suggest(trial, known), train)

    study = open_study(
        InMemoryStorage(), "efficiency", {}, objective.directions, SeededByTrial(seed),
        HalvingOfPairs(p.halving, p.prune_below),
    )  # fmt: skip
    enqueue(study, space.first_trials(EXPERIMENTS, known, p.target_psi))
    run_trials(study, evaluate, TRIALS)
    best = answer(study, objective, known).best
    return best.point, best.ssim, spent


def show(name: str, spent: int, whole: int, ssim: float, best: float, psi: float) -> None:
    """Print a row."""
    row = f"{spent:8}{spent / whole:8.2f}{ssim:10.5f}{best - ssim:10.5f}{100 * psi:8.4g} %"
    print(f"{name:<22}{row}", flush=True)


if __name__ == "__main__":
    main()
