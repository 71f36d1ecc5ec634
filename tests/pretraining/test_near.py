"""A context near its start: the length of a step, the energy kept, heads before the encoder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pi.losses.input_convention import input_convention
from pi.network.encoder import build_encoder
from pi.network.weights import Weights, load_weights
from pi.pretraining import near
from pi.pretraining.examples import Examples
from pi.pretraining.near import (
    NearRecipe,
    energies,
    fit_heads,
    make_near,
    moving_step,
    pooled,
    rescaled,
)
from pi.pretraining.networks import build_trunk, learned, probe_of, with_heads
from pi.pretraining.recipe import Context
from pi.pretraining.sources import from_store
from pi.slices.store import Store

pytestmark = pytest.mark.usefixtures("eager_module")

SMALL = NearRecipe(
    architecture="autoencoder", initial="random", patch_size=16, fitted=32, steps=2, batch_size=4,
    held_out=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def examples(tiny_cache: Path) -> Examples:
    store = Store.open(tiny_cache / "stores" / "simulated-tiny-seed5-recipe2")
    return from_store(store, "headers", 16).examples


@pytest.fixture(scope="module", autouse=True)
def few_steps() -> Iterator[None]:
    """Heads are fitted in few steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "FIT_STEPS", 20)
        yield


@pytest.fixture(scope="module")
def made(eager_module: None, few_steps: None, examples: Examples) -> tuple[Context, list[int]]:
    """The small context, and of how many losses each step told."""
    told: list[int] = []
    return make_near(SMALL, examples, lambda losses: told.append(losses.size)), told


def test_scaled_layers_give_scaled_features_and_no_more() -> None:
    weights = load_weights("autoencoder", "random", seed=3)
    convention = input_convention("raw255")
    factors = np.random.default_rng(0).uniform(0.2, 5, len(weights.convolutions))
    scaled = replace(weights, convolutions=tuple(rescaled(weights.convolutions, factors)))
    trunk = build_trunk("autoencoder", weights.convolutions, convention)
    names = [layer.name for layer in trunk.layers if layer.weights]
    image = np.random.default_rng(1).random((2, 16, 16, 1)).astype(np.float32)
    before, after = (
        build_encoder("autoencoder", names, w, convention)(image) for w in (weights, scaled)
    )
    for a, b, factor in zip(before, after, factors, strict=True):
        np.testing.assert_allclose(b, factor * np.asarray(a), rtol=1e-3, atol=1e-3 * factor)


def test_a_step_is_as_long_as_it_is_told_in_every_layer(examples: Examples) -> None:
    first = load_weights("autoencoder", "random", seed=3).convolutions
    trunk = build_trunk("autoencoder", first, input_convention("raw255"))
    network = with_heads(trunk, examples.tasks, seed=1)
    images, labels = examples.training(np.random.default_rng(0), 32)
    probe = probe_of(network, examples.tasks)
    seen = pooled(probe, images, lambda: None)
    fit_heads(probe, seen, labels)
    np.testing.assert_allclose(probe.standardise.moving_mean, seen.mean(axis=0), rtol=1e-6)
    assert all(
        np.array_equal(a, b) for now, was in zip(learned(trunk), first, strict=True)
        for a, b in zip(now, was, strict=True)
    )  # fmt: skip
    step = moving_step(network, trunk)
    fitted = step(images, labels, 1e-5).sum()
    guessing = sum(np.log(len(task.classes)) for task in examples.tasks)
    assert fitted < guessing
    trunk_after = learned(trunk)
    step(images, labels, 1e-3)
    for (kernel, bias), (was, offset) in zip(learned(trunk), trunk_after, strict=True):
        moved = np.hypot(np.linalg.norm(kernel - was), np.linalg.norm(bias - offset))
        assert moved == pytest.approx(1e-3 * np.linalg.norm(was), rel=1e-2)


def test_each_layer_has_the_energy_of_the_encoder_it_starts_from(
    examples: Examples, made: tuple[Context, list[int]]
) -> None:
    context, told = made
    assert len(told) == SMALL.work
    first = load_weights("autoencoder", "random", seed=SMALL.seed).convolutions
    trunk = build_trunk("autoencoder", first, input_convention("raw255"))
    images, _ = examples.training(np.random.default_rng([SMALL.seed, 0]), SMALL.fitted)
    own, found = (energies(trunk, c, images[:16]) for c in (first, context.convolutions))
    np.testing.assert_allclose(found, own, rtol=1e-3)
    assert not np.array_equal(context.convolutions[-1][0], first[-1][0])
    again = make_near(SMALL, examples, lambda losses: None)
    assert np.array_equal(again.history, context.history)


def test_another_recipe_other_data_and_the_recipe_of_before_have_other_names() -> None:
    from pi.pretraining.recipe import Recipe

    names = {
        SMALL.digest("a"), SMALL.digest("b"), replace(SMALL, movement=1e-3).digest("a"),
        Recipe().digest("a"), NearRecipe().digest("a"),
    }  # fmt: skip
    assert len(names) == 5


def test_weights_are_those_of_a_file(made: tuple[Context, list[int]]) -> None:
    context, _ = made
    weights = Weights(tuple(context.convolutions), "", "")
    encoder = build_encoder("autoencoder", ("block3_conv2",), weights, input_convention("raw255"))
    assert np.isfinite(encoder(np.zeros((1, 16, 16, 1), np.float32))).all()
