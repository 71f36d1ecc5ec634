"""Which share of an epoch goes into its validation?

    python -m benchmarks.validation_share [--data simulated:small]

Trains Table 2's network with demo1's loss (VGG-16 at block3_conv2) as `train` does, for some steps,
and validates, both with `validation_share=.05`, the default, and with all of `validation_patches`.
The epoch's time is that of a step times the steps of a pass over all patches. The median of the
steps and the second of two validations count: the first traces graphs. Two minutes on two cores.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from benchmarks.processor import features
from pi.denoisers import PUBLISHED
from pi.influence.schedule import Fixed
from pi.jobs.opening import open_asked
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import RAW255
from pi.network.bank import build_bank
from pi.parameters import TrainParameters
from pi.slices.patches import PatchPopulation
from pi.training.build import Adam, build_trainer, validation_set
from pi.training.fit import Listener, Settings, Trainer, fit
from pi.training.machine import choose_precision, compute_in
from pi.training.state import TrainingState
from pi.training.validation import ValidationSet, validation_ssims, validation_sums

STEPS = 8


def built(data: str) -> Trainer:
    """Return the trainer, whose epoch ends after `STEPS` steps."""
    p = TrainParameters(data=data)
    store = open_asked(p, 0, "train", "validation")
    patches = PatchPopulation(store, "train", p.patch_size, p.patch_step, p.grid)
    experiments = find_experiments("vgg16:random:block3_conv2")
    loss = build_bank(experiments, RAW255, seed=p.seed).loss_of(experiments[0], p.patch_size)
    precision = choose_precision(p.precision)
    compute_in(loss.encoders, precision)
    settings = Settings(
        p.seed, 1, p.batch_size, 0, 60.0, "last", p.validation_patches, p.validation_slices,
        epoch_steps=STEPS, validation_share=p.validation_share,
    )  # fmt: skip
    adam = Adam(p.learning_rate, p.beta_1, p.beta_2, p.epsilon)
    return build_trainer(
        settings, Fixed(1e-3), patches, loss, PUBLISHED, adam, precision, "none", start="mean"
    )


def step_seconds(trainer: Trainer) -> float:
    """Return the median seconds of a step of a real epoch."""
    ends: list[float] = []
    listener = Listener(lambda *_: None, lambda _: ends.append(time.perf_counter()), lambda _: None)
    fit(trainer, TrainingState(trainer.schedule.start()), [], listener)
    return median(b - a for a, b in pairwise(ends[1:]))


def validation_seconds(trainer: Trainer, chosen: ValidationSet) -> float:
    """Return the seconds of the second of two validations."""
    seconds = 0.0
    for _ in range(2):
        start = time.perf_counter()
        size = trainer.settings.batch_size
        validation_sums(chosen, trainer.measure, size, 1e-3, lambda: None)
        validation_ssims(chosen, trainer.twin, trainer.spec.design.sizes, lambda: None)
        seconds = time.perf_counter() - start
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="simulated:small")
    trainer = built(parser.parse_args(arguments).data)
    whole = replace(trainer.settings, epoch_steps=0)
    steps = whole.steps(len(trainer.patches))
    epoch = steps * step_seconds(trainer)
    print(f"{features()}; an epoch of {steps} steps trains for {epoch:.0f} s")
    for share in (whole.validation_share, 1.0):
        chosen = validation_set(trainer.patches, replace(whole, validation_share=share))
        own = validation_seconds(trainer, chosen)
        print(
            f"  validation_share {share:g}: {chosen.patches.size} patches and "
            f"{len(chosen.slices)} slices, {own:.1f} s, {100 * own / (own + epoch):.1f} % of it",
            flush=True,
        )


if __name__ == "__main__":
    main()
