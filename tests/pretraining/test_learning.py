"""Networks that learn against the frozen encoder; learning against chance; scores by hand."""

from dataclasses import replace

import numpy as np
import pytest

from pi.losses.input_convention import input_convention
from pi.network.encoder import build_encoder
from pi.network.weights import load_weights
from pi.pretraining.examples import Examples
from pi.pretraining.held_out import reconstruction, task_score
from pi.pretraining.learning import LearningError, learn, rate_at
from pi.pretraining.networks import build_trunk, learned, with_decoder, with_heads
from pi.pretraining.recipe import Recipe, RecipeError, find_recipe, make_context
from pi.pretraining.sources import from_store
from pi.pretraining.tasks import Task
from pi.slices.store import Store

SMALL = Recipe(
    architecture="autoencoder", initial="random", patch_size=32, steps=30, batch_size=16,
    learning_rate=1e-3, held_out=64, precision="float32",
)  # fmt: skip


@pytest.mark.parametrize(
    ("architecture", "convention"),
    [("vgg16", "raw255"), ("vgg16", "keras_caffe"), ("vgg16", "torch_imagenet"),
     ("vgg16", "window:-160:240"), ("autoencoder", "raw255")],
)  # fmt: skip
def test_what_learns_gives_the_features_of_the_encoder_that_is_used(
    architecture: str, convention: str
) -> None:
    weights = load_weights(architecture, "random", seed=3)
    trunk = build_trunk(architecture, weights.convolutions, input_convention(convention))
    last = trunk.layers[-1].name
    encoder = build_encoder(architecture, (last,), weights, input_convention(convention))
    image = np.random.default_rng(0).random((2, 32, 48, 1)).astype(np.float32)
    expected = np.asarray(encoder(image)[0] if isinstance(encoder(image), list) else encoder(image))
    np.testing.assert_allclose(np.asarray(trunk(image)), expected, atol=2e-5 * expected.max())
    for found, given in zip(learned(trunk), weights.convolutions, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(found, given, strict=True))


def test_heads_begin_by_guessing() -> None:
    weights = load_weights("autoencoder", "random", seed=3)
    trunk = build_trunk("autoencoder", weights.convolutions, input_convention("raw255"))
    network = with_heads(trunk, [Task("a", ("x", "y")), Task("b", ("x", "y", "z"))], seed=1)
    one, other = network(np.zeros((2, 32, 32, 1), np.float32))
    assert (one.shape, other.shape) == ((2, 2), (2, 3))
    assert not np.asarray(one).any()
    assert not np.asarray(other).any()


def test_the_decoder_gives_an_image_of_the_same_size() -> None:
    weights = load_weights("autoencoder", "random", seed=3)
    trunk = build_trunk("autoencoder", weights.convolutions, input_convention("raw255"))
    image = with_decoder(trunk, seed=1)(np.zeros((2, 32, 48, 1), np.float32))
    assert image.shape == (2, 32, 48, 1)


def test_the_loss_falls_below_that_of_guessing_on_a_tiny_study(tiny_store: Store) -> None:
    source = from_store(tiny_store, "headers", SMALL.patch_size)
    context = make_context(SMALL, source.examples, lambda losses: None)
    names = [task.name for task in source.examples.tasks]
    entropies = [np.log(len(task.classes)) for task in source.examples.tasks]
    assert context.history[0] == pytest.approx(entropies, rel=1e-5)
    kernel = names.index("kernel")
    assert context.history[-5:, kernel].mean() < 0.8 * entropies[kernel]
    scores = {judged.task: judged.score for judged in context.scores}
    assert scores["kernel"] > 0.6


def test_the_same_recipe_gives_the_same_weights(tiny_store: Store, eager: None) -> None:
    source = from_store(tiny_store, "headers", SMALL.patch_size)
    recipe = replace(SMALL, steps=2, batch_size=4, held_out=8)
    one, other = (make_context(recipe, source.examples, lambda _: None) for _ in range(2))
    assert np.array_equal(one.history, other.history)
    for a, b in zip(one.convolutions, other.convolutions, strict=True):
        assert np.array_equal(a[0], b[0])


def test_an_autoencoder_learns_the_image(tiny_store: Store) -> None:
    source = from_store(tiny_store, "autoencoder", SMALL.patch_size)
    recipe = replace(SMALL, encoder_input="unit")
    context = make_context(recipe, source.examples, lambda losses: None)
    (judged,) = context.scores
    assert (judged.task, judged.chance) == ("reconstruction", 0.0)
    assert context.history[-5:, 0].mean() < 0.8 * context.history[:3, 0].mean()


def test_scores_by_hand() -> None:
    task = Task("kernel", ("a", "b", "c"))
    labels = np.array([0, 0, 0, 0, 1, 1, -1], np.int32)
    answers = np.array([0, 0, 0, 2, 1, 0, 1])
    judged = task_score(task, labels, answers)
    assert judged.score == pytest.approx((3 / 4 + 1 / 2) / 2)  # c is not there
    assert (judged.chance, judged.images) == (0.5, 6)
    assert judged.confusion.tolist() == [[3, 0, 1], [1, 1, 0], [0, 0, 0]]


def test_one_class_alone_tells_nothing() -> None:
    judged = task_score(Task("a", ("x", "y")), np.zeros(5, np.int32), np.zeros(5, np.int64))
    assert np.isnan([judged.score, judged.chance]).all()


def test_reconstruction_by_hand() -> None:
    images = np.array([0.0, 1.0, 0.0, 1.0], np.float32).reshape(1, 2, 2, 1)  # variance 1/4
    assert reconstruction(images, images).score == 1
    assert reconstruction(images, np.full_like(images, 0.5)).score == 0
    assert reconstruction(images, images + np.float32(0.25)).score == pytest.approx(0.75)


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rates = [rate_at(step, 100, 2.0) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert np.argmax(rates) == 9
    assert max(rates) <= 2.0
    assert rates[-1] < 1e-3
    assert rate_at(0, 1, 2.0) == 2.0


def test_a_loss_that_is_no_number_ends_the_learning() -> None:
    def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((count, 16, 16, 1), np.float32), np.zeros((count, 1), np.int32)

    losses = iter([np.array([1.0], np.float32), np.array([np.nan], np.float32)])
    with pytest.raises(LearningError, match="not at step 2; take a smaller `learning_rate` than 3"):
        learn(
            lambda images, labels, rate: next(losses), Examples((), draw, draw, ""), steps=5,
            batch_size=2, learning_rate=3.0, rng=np.random.default_rng(0),
            step_done=lambda losses: None,
        )  # fmt: skip


def test_auto_means_what_goes_together() -> None:
    asked = {
        "task": "headers", "architecture": "auto", "context": "auto", "encoder_input": "auto",
        "patch_size": 32, "steps": 1, "batch_size": 1, "learning_rate": 1.0, "held_out": 1,
        "seed": 1, "precision": "float32",
    }  # fmt: skip
    found = [
        (recipe.architecture, recipe.initial, recipe.encoder_input)
        for more in ({}, {"architecture": "vgg19"}, {"task": "autoencoder"}, {"context": "random"})
        for recipe in [find_recipe(asked | more)]
    ]
    assert found == [
        ("vgg16", "natural-offline", "raw255"), ("vgg19", "imagenet", "raw255"),
        ("autoencoder", "random", "unit"), ("vgg16", "random", "raw255"),
    ]  # fmt: skip
    with pytest.raises(RecipeError, match="must be autoencoder for the task of that name but got"):
        find_recipe(asked | {"task": "autoencoder", "architecture": "vgg16"})
