"""The states of the denoiser: how they are spelt, and what is in them."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pi.denoisers import NAMES, DenoiserSpec
from pi.network.denoiser_file import SavedDenoiser, save_denoiser
from pi.network.state import Batch, identity, prepare_denoiser, warm_up
from pi.states import State, StateError, find_states

UNET = DenoiserSpec("unet", 2)


def batches() -> Iterator[Batch]:
    rng = np.random.default_rng(0)
    for _ in itertools.count():
        normal = 0.25 + 0.1 * rng.random((4, 32, 32, 1)).astype(np.float32)
        noise = rng.normal(0, 0.02, normal.shape).astype(np.float32)
        yield normal + noise, normal


def no_run(_: str) -> SavedDenoiser:
    raise AssertionError("no run may be fetched")


def test_states_are_spelt_as_they_are_written() -> None:
    found = find_states(" identity, warmup:20,logged:abc,untrained,identity")
    assert [str(s) for s in found] == ["identity", "warmup:20", "logged:abc", "untrained"]
    assert found[1] == State("warmup", "20")


@pytest.mark.parametrize(
    "word",
    ["trained", "identity:1", "warmup", "warmup:", "warmup:0", "warmup:-1", "warmup:1.5",
     "warmup:²", "logged", "logged:", "untrained:x"],
)  # fmt: skip
def test_a_state_of_another_form_is_refused(word: str) -> None:
    with pytest.raises(StateError, match=f"`states` must be made of .* but got {word!r}"):
        find_states(f"identity,{word}")


@pytest.mark.parametrize("text", ["", " ", ",,"])
def test_no_state_at_all_is_refused(text: str) -> None:
    with pytest.raises(StateError, match="at least one state"):
        find_states(text)


def test_identity_returns_the_low_dose() -> None:
    low, _ = next(batches())
    denoise = prepare_denoiser(State("identity"), UNET, 0, batches(), no_run)
    assert denoise is identity
    assert np.array_equal(denoise(low), low)


@pytest.mark.parametrize("name", NAMES)
def test_untrained_is_the_seeded_network_as_it_is_built(name: str) -> None:
    spec = DenoiserSpec(name, 2)
    found = prepare_denoiser(State("untrained"), spec, 7, batches(), no_run)
    for a, b in zip(found.weights, spec.build(7).weights, strict=True):  # type: ignore[attr-defined]
        assert np.array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_a_warm_up_moves_every_weight_and_lowers_the_loss(name: str, eager: None) -> None:
    spec = DenoiserSpec(name, 4)
    network = spec.build(0)
    weights: list[list[np.ndarray]] = []

    def watched() -> Iterator[Batch]:
        for number, batch in enumerate(batches()):
            if number in (0, 6):  # what six steps moved
                weights.append([w.numpy() for w in network.weights])
            yield batch

    low, normal = next(batches())
    loss = float(np.mean((np.asarray(network(low)) - normal) ** 2))
    taken, steps = watched(), 20 if name == "unet" else 7
    warm_up(network, spec, taken, steps)
    assert all(not np.array_equal(a, b) for a, b in zip(*weights, strict=True))
    if name == "unet":  # the others begin at the low dose: see `test_start`
        assert float(np.mean((np.asarray(network(low)) - normal) ** 2)) < 0.7 * loss
    unseen = next(itertools.islice(batches(), steps, None))  # so many batches and no more
    assert np.array_equal(next(taken)[0], unseen[0])


def test_a_logged_network_is_the_one_that_was_saved_and_of_the_denoiser_asked_for(
    tmp_path: Path,
) -> None:
    network = UNET.build(1)
    weights, _ = save_denoiser(network, UNET, tmp_path)
    asked: list[str] = []

    def fetch(run: str) -> SavedDenoiser:
        asked.append(run)
        return SavedDenoiser(UNET, weights)

    state = State("logged", "abc")
    found = prepare_denoiser(state, UNET, 99, batches(), fetch)
    assert asked == ["abc"]
    for a, b in zip(network.weights, found.weights, strict=True):  # type: ignore[attr-defined]
        assert np.array_equal(a.numpy(), b.numpy())
    with pytest.raises(StateError, match="must be unet:2, as run 'abc' has it, but got dncnn:2"):
        prepare_denoiser(state, DenoiserSpec("dncnn", 2), 99, batches(), fetch)
