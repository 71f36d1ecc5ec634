"""Do bfloat16 and float32 lead to the same denoiser, and what does bfloat16 save?

    python -m benchmarks.precision [--experiments demo1,demo3,mse] [--epochs 3]

Trains Table 2's U-Net on the simulated study in both formats, from the same weights and with the
same batches, in turn; the lambda of each experiment is calibrated for an influence of 95 %. Prints
for both the validation SSIM (of the float32 network with the trained weights, after the last
epoch), the influence of the last epoch, and the time. Some ten minutes on two cores.
"""

import argparse
import time

from pi.network.bank import build_bank  # first, for TensorFlow starts quietly there

# isort: split
import keras

from entrypoints.parameters import CalibrateParameters, TrainParameters
from pi.experiments import MSE, find_experiments
from pi.influence.schedule import Fixed
from pi.network.encoder import RAW255
from pi.slices.patches import PatchPopulation
from pi.source import open_data
from pi.training.build import Adam, build_trainer, calibrate_first
from pi.training.fit import Listener, Settings, fit
from pi.training.machine import make_deterministic
from pi.training.state import EpochRecord, TrainingState

FORMATS = ("float32", "bfloat16")
P = TrainParameters()


def trained(name: str, precision: str, patches: PatchPopulation, epochs: int) -> EpochRecord:
    """Return the record of the last epoch of a training."""
    keras.backend.clear_session()
    settings = Settings(
        P.seed, epochs, P.batch_size, 0, 60.0, "last", P.validation_patches, P.validation_slices
    )
    experiments = () if name == MSE else find_experiments(name)
    specs = [experiment.encoder for experiment in experiments]
    bank = build_bank(specs, RAW255, seed=P.seed, medical_weights="")
    target = CalibrateParameters().target_psi
    weights = [calibrate_first(one, bank, patches, settings, target).weight for one in experiments]
    adam = Adam(P.learning_rate, P.beta_1, P.beta_2, P.epsilon)
    trainer = build_trainer(
        settings, Fixed(weights[0] if weights else 0.0), patches, bank.encoders, P.channels, adam,
        precision, "none", start=P.start,
    )  # fmt: skip
    nothing = Listener(lambda *_: None, lambda _: None, lambda _: None)
    state, _ = fit(trainer, TrainingState(trainer.schedule.start()), [], nothing)
    return state.history[-1]


def main() -> None:
    """Train every experiment in both formats and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", default="demo1,demo3,mse")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--data", default="simulated:small")
    a = parser.parse_args()
    make_deterministic(P.seed)
    store = open_data(a.data, split=P.split, split_seed=P.seed, study_seed=P.seed)
    patches = PatchPopulation(store, "train", P.patch_size, P.patch_step, P.grid)
    print(f"{a.epochs} epochs on {a.data}, {P.channels} channels")
    for name in a.experiments.split(","):
        found = {}
        for precision in FORMATS:
            start = time.perf_counter()
            record = trained(name, precision, patches, a.epochs)
            seconds = time.perf_counter() - start
            found[precision] = record.ssim
            psi = record.validation.metrics(())["psi"]
            print(
                f"  {name} {precision}: validation SSIM {record.ssim:.5f}, Psi on validation "
                f"patients {100 * psi:.2f} %, {seconds:.0f} s",
                flush=True,
            )
        print(f"  {name}: they differ by {abs(found['float32'] - found['bfloat16']):.5f}")


if __name__ == "__main__":
    main()
