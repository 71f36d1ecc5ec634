"""A format too coarse for an encoder is told by the encoder's own loss."""

import numpy as np
import pytest

from pi.losses.experiments import find_experiments
from pi.losses.input_convention import RAW255
from pi.network.bank import FrozenLoss, build_bank
from pi.slices.patches import PatchPopulation
from pi.training import fidelity
from pi.training.fidelity import loss_added, settle_precision


@pytest.fixture(autouse=True)
def multiplies_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine of the test does."""
    monkeypatch.setattr(
        fidelity, "choose_precision", lambda asked: "bfloat16" if asked == "auto" else asked
    )


def frozen_loss(layer: str) -> FrozenLoss:
    experiments = find_experiments(f"vgg16:random:{layer}")
    bank = build_bank(experiments, RAW255, seed=5)
    return bank.loss_of(experiments[0], 32)


def test_bfloat16_invents_loss_in_a_deep_untrained_encoder(patches: PatchPopulation) -> None:
    deep = frozen_loss("block5_conv3")
    assert loss_added("bfloat16", deep, patches, 5) > 0.1
    assert settle_precision("auto", deep, patches, 5) == "float32"
    assert {layer.compute_dtype for layer in deep.encoders[0].layers} == {"float32"}
    assert settle_precision("bfloat16", deep, patches, 5) == "bfloat16"


def test_the_first_convolution_computes_in_float32_and_so_bears_it(
    patches: PatchPopulation,
) -> None:
    shallow = frozen_loss("block1_conv1")
    assert loss_added("bfloat16", shallow, patches, 5) == 0
    assert settle_precision("auto", shallow, patches, 5) == "bfloat16"


def test_nothing_is_measured_where_there_is_nothing_to_choose(
    patches: PatchPopulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fidelity, "loss_added", lambda *_: np.nan)
    monkeypatch.setattr(fidelity, "choose_precision", lambda asked: "float32")
    assert settle_precision("auto", frozen_loss("block1_conv1"), patches, 5) == "float32"
    monkeypatch.setattr(fidelity, "choose_precision", lambda asked: "bfloat16")
    assert settle_precision("auto", FrozenLoss(), patches, 5) == "bfloat16"
