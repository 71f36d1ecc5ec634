"""Influence by gradients at the output, by hand and by finite differences."""

import numpy as np
import pytest

from pi.influence.gradient_pair import GradientPair
from pi.influence.literature import literature_table, literature_text
from pi.influence.output_gradient import OutputInfluence, output_influences
from pi.influence.psi import psi
from pi.losses.experiments import as_mse_plus, chosen, find_experiments
from pi.losses.input_convention import input_convention
from pi.network.bank import build_bank
from pi.network.state import identity
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store

OWN = "vgg16:random:block1_conv1/reduction=sum"
NUMBERS = np.array([3, 700, 15])


@pytest.fixture
def patches(tiny_store: Store) -> PatchPopulation:
    return PatchPopulation(tiny_store, "train", 16, 16, "paper")


def measured(patches: PatchPopulation, *losses: str, batch_size: int = 2) -> list[OutputInfluence]:
    experiments = chosen(find_experiments(",".join(losses)), "", False)
    bank = build_bank(experiments, input_convention("raw255"), seed=2)
    return output_influences(
        experiments, bank, {"identity": identity}, patches, NUMBERS, batch_size, lambda n: n
    )


def test_the_image_gradient_is_that_of_the_formula(patches: PatchPopulation) -> None:
    # method, 2.6: grad M = 2 (prediction - target) / n.
    (found,) = measured(patches, "vgg16:random:block1_conv1")
    low, normal = patches.read(NUMBERS)
    own = 2 * (low.astype(np.float64) - normal) / 16**2
    assert found.gradients.image == pytest.approx(
        np.sqrt((own**2).sum(axis=(1, 2, 3)).mean()), rel=1e-4
    )


def test_the_perceptual_gradient_is_that_of_finite_differences(patches: PatchPopulation) -> None:
    (experiment,) = find_experiments("vgg16:random:block1_conv1")
    bank = build_bank([experiment], input_convention("raw255"), seed=2)
    (found,) = measured(patches, "vgg16:random:block1_conv1")
    kernel, _ = bank.weights_of(experiment.encoder).convolutions[0]
    grey = 255 * kernel.astype(np.float64).sum(axis=2)

    def loss(a: np.ndarray, b: np.ndarray) -> float:
        maps = []
        for image in (a, b):
            padded = np.pad(image[..., 0], 1)
            windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
            maps.append(np.maximum(np.einsum("rcxy,xyo->rco", windows, grey), 0))
        return float(((maps[0] - maps[1]) ** 2).mean())

    squares = []
    for low, normal in zip(*(x.astype(np.float64) for x in patches.read(NUMBERS)), strict=True):
        gradient = np.zeros(low.size)
        for k in range(low.size):
            step = np.zeros(low.size)
            step[k] = 1e-6
            shift = step.reshape(low.shape)
            gradient[k] = (loss(low + shift, normal) - loss(low - shift, normal)) / 2e-6
        squares.append((gradient**2).sum())
    assert found.gradients.perceptual == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-2)


def test_the_answer_does_not_depend_on_batches_or_on_who_else_is_measured(
    patches: PatchPopulation,
) -> None:
    (alone,) = measured(patches, OWN, batch_size=1)
    together = measured(patches, "vgg16:random:block1_conv1", OWN, batch_size=3)[1]
    assert together.gradients.perceptual == pytest.approx(alone.gradients.perceptual, rel=1e-4)
    assert together.gradients.cosine == pytest.approx(alone.gradients.cosine, rel=1e-3)


def test_a_sum_over_features_multiplies_the_gradient_and_not_psi_at_its_own_lambda(
    patches: PatchPopulation,
) -> None:
    mean, total = measured(patches, "vgg16:random:block1_conv1", OWN)
    count = 16 * 16 * 64
    assert total.gradients.perceptual == pytest.approx(count * mean.gradients.perceptual, rel=1e-4)
    assert total.weight_for(0.95) * count == pytest.approx(mean.weight_for(0.95), rel=1e-4)
    assert total.gradients.psi(total.weight_for(0.9)) == pytest.approx(0.9)


def test_a_critics_gradient_has_length_1(patches: PatchPopulation) -> None:
    experiments = chosen(find_experiments("yang2018_wgan_vgg,viana2025_e2"), "random", False)
    bank = build_bank(experiments, input_convention("raw255"), seed=2)
    wgan, mse = output_influences(
        experiments, bank, {"identity": identity}, patches, NUMBERS, 3, lambda n: n
    )
    length = wgan.gradients.perceptual
    assert wgan.gradients.psi(0.1) == pytest.approx(0.1 * length / (1 + 0.1 * length))
    assert np.isnan(wgan.gradients.cosine)
    assert wgan.weight_for(0.5) == pytest.approx(1 / length)
    assert -1 <= mse.gradients.cosine <= 1


def test_without_anything_beside_it_a_loss_has_all_influence_and_no_lambda() -> None:
    (experiment,) = find_experiments("vgg16:random:block1_conv1/pixel=none")
    found = OutputInfluence(experiment, "identity", GradientPair(0.0, 2.0, 0.0), 5)
    assert found.gradients.psi(1e-9) == 1.0
    assert np.isnan(found.weight_for(0.95))


def test_the_table_shows_both_units_and_says_why_a_cell_is_empty() -> None:
    (wgan,) = find_experiments("yang2018_wgan_vgg")
    found = OutputInfluence(wgan, "identity", GradientPair(1.0, 10.0, float("nan")), 5)
    table = literature_table([], [found], 64, 0.95)
    row = table.iloc[0]
    assert row.published * row.mean_units == pytest.approx(409.6)
    assert row.psi_g == pytest.approx(float(psi(1.0, 10.0, 0.1)))
    assert row.lambda_g == pytest.approx(1.9)
    assert np.isnan(row.psi)
    text = literature_text(table, [wgan], 0.95)
    assert "0.1 (410)" in text
    assert "no Psi for yang2018_wgan_vgg: its term of WGAN-GP has no zero" in text
    assert "Gulrajani 2017, Proposition 1" in text
    assert "assumed: as in the code" in text


def test_as_mse_plus_keeps_lambda_and_its_units_and_what_has_influence_already() -> None:
    wgan, edcnn = as_mse_plus(find_experiments("yang2018_wgan_vgg,edcnn2020"))
    assert wgan.name == "yang2018_wgan_vgg as MSE+"
    assert (wgan.refusal, wgan.pixel.kind) == ("", "squared")
    assert wgan.published is not None
    assert wgan.published.value == 0.1
    assert wgan.distance.reduction == "sum_half"
    assert edcnn == find_experiments("edcnn2020")[0]
