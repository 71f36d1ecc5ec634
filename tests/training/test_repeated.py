"""Many trainings from one start: they differ by lambda alone, whatever was trained between."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from pi.choices import ScheduleName
from pi.denoisers import DenoiserSpec
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import input_convention
from pi.network.bank import build_bank
from pi.slices.patches import PatchPopulation
from pi.training.build import Adam, calibrate_each, calibrate_first
from pi.training.fit import Settings
from pi.training.plan import StartingWeight
from pi.training.repeated import Bench
from pi.training.state import EpochRecord

EXPERIMENTS = find_experiments("vgg16:random:block1_conv1,vgg16:random:block1_conv2")
ONE, TWO = (experiment.name for experiment in EXPERIMENTS)
SETTINGS = Settings(5, 2, 16, 0, 60.0, "best_validation_ssim", 0, 2, epoch_steps=2)


pytestmark = pytest.mark.usefixtures("eager_module")


@pytest.fixture(scope="module")
def bench(tiny_cache: object) -> Bench:
    from pi.slices.store import Store

    store = Store.open(tiny_cache / "stores" / "simulated-tiny-seed5-recipe2").without("test")  # type: ignore[operator]
    patches = PatchPopulation(store, "train", 32, 64, "paper")
    bank = build_bank(EXPERIMENTS, input_convention("raw255"), seed=5)
    adam = Adam(1e-3, 0.9, 0.999, 1e-7)
    return Bench(
        EXPERIMENTS, bank, SETTINGS, patches, DenoiserSpec("unet", 2), adam, "float32", "auto"
    )


def trained(
    bench: Bench, experiment: str, weight: float, schedule: ScheduleName = "fixed"
) -> list[EpochRecord]:
    history: list[EpochRecord] = []
    bench.train(experiment, schedule, StartingWeight(weight, 0.9), history.append)
    return history


def test_the_same_lambda_gives_the_same_training_whatever_was_trained_between(
    bench: Bench,
) -> None:
    first = trained(bench, ONE, 1e-3)
    other = trained(bench, ONE, 10.0)
    trained(bench, TWO, 1e-3)
    again = trained(bench, ONE, 1e-3)
    assert [record.ssims for record in again] == [record.ssims for record in first]
    assert [record.training for record in again] == [record.training for record in first]
    assert [record.ssims for record in other] != [record.ssims for record in first]
    assert other[0].training.image != first[0].training.image
    assert len(first) == 2
    assert len(first[0].ssims) == 2
    assert first[0].validation.patches == 0


def test_two_configurations_begin_with_the_same_network(bench: Bench) -> None:
    begun = [bench._trainer(name)[1] for name in (ONE, TWO)]
    for a, b in zip(*begun, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert len(bench._trainer(ONE)[0].networks.denoiser.layers) > 10


OF_GRADIENTS = ("gradnorm", "constant_psi_gradient", "config", "upgrad")
"""They move lambda every 50 steps, and this training is shorter."""


@pytest.mark.parametrize("schedule", get_args(ScheduleName))
def test_every_schedule_trains(bench: Bench, schedule: ScheduleName) -> None:
    first, last = trained(bench, ONE, 1e-3, schedule)
    assert np.isfinite([first.ssim, last.ssim, last.weight]).all()
    shares = [record.training.metrics(())["psi"] for record in (first, last)]
    match schedule:
        case "fixed":
            assert first.weight == last.weight == 1e-3
        case "warmup_then_calibrate":
            assert shares[0] == 0  # the warm-up is the first epoch
            assert 0 < shares[1] < 1
        case "esrgan_dp":
            assert shares == pytest.approx([2 / 3, 2 / 3], rel=1e-5)
        case "constant_psi" | "softadapt" | "recalibrate_each_epoch" | "marcos2022":
            assert first.weight == 1e-3  # until the first update, which is steps or an epoch away
        case _:
            assert first.weight != last.weight or schedule in OF_GRADIENTS
            assert 1e-5 < last.weight < 1e-1


def test_whoever_listens_may_end_it_early(bench: Bench) -> None:
    def enough(record: EpochRecord) -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        bench.train(ONE, "fixed", StartingWeight(1e-3, 0.9), enough)


def test_configurations_are_calibrated_together_as_alone(bench: Bench) -> None:
    from pi.network.state import identity
    from pi.states import State

    settings = replace(SETTINGS, batch_size=16)
    state = State("identity")
    together = calibrate_each(
        EXPERIMENTS, bench.bank, bench.patches, settings, 0.9, state, identity
    )
    for experiment, found in zip(EXPERIMENTS, together, strict=True):
        alone = calibrate_first(experiment, bench.bank, bench.patches, settings, 0.9)
        assert found.weight == pytest.approx(alone.weight, rel=1e-6)
        assert float(found.psi_of_sums(found.weight)) == pytest.approx(0.9)
