"""Do bfloat16 and float32 lead to the same denoiser, and what does bfloat16 save?

    python -m benchmarks.precision [--experiments demo1,mse] [--epochs 10]

Trains Table 2's U-Net on the simulated study in both formats, from the same weights and with the
same batches, in turn; the lambda of each experiment is calibrated for an influence of 95 %. Prints
for both the best validation SSIM of an epoch (of the float32 network with the trained weights), the
influence of the last epoch, and the time; and by how much bfloat16 changes the perceptual loss
where 30 % of the noise are left, by which `precision=auto` chooses. Beside them stands float32 from
another seed, since two trainings differ by chance alone. Three quarters of an hour on two cores.
"""

import argparse
import time

from pi.network.bank import FrozenLoss, build_bank  # first, because TensorFlow starts quietly there

# isort: split
import keras

from pi.denoisers import DenoiserSpec
from pi.influence.schedule import Fixed
from pi.jobs.contexts import find_contexts
from pi.losses.experiments import MSE, find_experiments
from pi.losses.input_convention import RAW255
from pi.parameters import CalibrateParameters, TrainParameters
from pi.slices.patches import PatchPopulation
from pi.source import open_data
from pi.training.build import Adam, build_trainer, calibrate_first
from pi.training.fidelity import loss_added
from pi.training.fit import Listener, Settings, fit
from pi.training.machine import make_deterministic
from pi.training.state import TrainingState

P = TrainParameters()
FLOAT32, BFLOAT16 = "float32", "bfloat16"
TRAININGS = ((FLOAT32, P.seed), (BFLOAT16, P.seed), (FLOAT32, P.seed + 1))


def trained(
    name: str, precision: str, seed: int, patches: PatchPopulation, epochs: int
) -> tuple[float, float, float]:
    """Return best validation SSIM, last influence, and the change of the loss by the format."""
    keras.backend.clear_session()
    settings = Settings(
        seed, epochs, P.batch_size, 0, 60.0, "last", P.validation_patches, P.validation_slices
    )
    experiments = () if name == MSE else find_experiments(name)
    bank = build_bank(experiments, RAW255, seed=P.seed, files=find_contexts(experiments, ""))
    frozen_loss = bank.loss_of(experiments[0], patches.size) if experiments else FrozenLoss()
    target = CalibrateParameters().target_psi
    weights = [calibrate_first(one, bank, patches, settings, target).weight for one in experiments]
    adam = Adam(P.learning_rate, P.beta_1, P.beta_2, P.epsilon)
    trainer = build_trainer(
        settings, Fixed(weights[0] if weights else 0.0), patches, frozen_loss,
        DenoiserSpec.parse(P.denoiser), adam, precision, "none", start=P.start,
    )  # fmt: skip
    nothing = Listener(lambda *_: None, lambda _: None, lambda _: None)
    state, _ = fit(trainer, TrainingState(trainer.schedule.start()), [], nothing)
    psi = state.history[-1].validation.metrics(())["psi"]
    added = loss_added(precision, frozen_loss, patches, P.seed) if experiments else 0.0
    return max(record.ssim for record in state.history), psi, added


def main() -> None:
    """Train every experiment in both formats and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", default="demo1,mse")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--data", default="simulated:small")
    a = parser.parse_args()
    make_deterministic(P.seed)
    store = open_data(a.data, split=P.split, split_seed=P.seed, study_seed=P.seed)
    patches = PatchPopulation(store, "train", P.patch_size, P.patch_step, P.grid)
    print(f"{a.epochs} epochs on {a.data}, {P.denoiser}")
    for name in a.experiments.split(","):
        found = {}
        for precision, seed in TRAININGS:
            start = time.perf_counter()
            found[precision, seed], psi, added = trained(name, precision, seed, patches, a.epochs)
            print(
                f"  {name} {precision}, seed {seed}: validation SSIM "
                f"{found[precision, seed]:.5f}, last Psi on validation patients "
                f"{100 * psi:.2f} %, perceptual loss {100 * added:+.2f} %, "
                f"{time.perf_counter() - start:.0f} s",
                flush=True,
            )
        first, *others = (found[training] for training in TRAININGS)
        by_format, by_seed = (abs(first - other) for other in others)
        print(f"  {name}: the formats differ by {by_format:.5f}, two seeds by {by_seed:.5f}")


if __name__ == "__main__":
    main()
