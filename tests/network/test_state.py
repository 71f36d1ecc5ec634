"""The states of the denoiser: how they are spelt, and what is in them."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from pi.network.state import (
    Batch,
    State,
    StateError,
    find_states,
    identity,
    prepare_denoiser,
    restore_weights,
    warm_up,
)
from pi.network.unet import build_unet


def batches() -> Iterator[Batch]:
    rng = np.random.default_rng(0)
    for _ in itertools.count():
        normal = 0.25 + 0.1 * rng.random((4, 32, 32, 1)).astype(np.float32)
        noise = rng.normal(0, 0.02, normal.shape).astype(np.float32)
        yield normal + noise, normal


def no_run(_: str) -> Path:
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
    denoise = prepare_denoiser(State("identity"), 4, 0, batches(), no_run)
    assert denoise is identity
    assert np.array_equal(denoise(low), low)


def test_untrained_is_the_seeded_network_as_it_is_built() -> None:
    unet = prepare_denoiser(State("untrained"), 2, 7, batches(), no_run)
    for a, b in zip(unet.weights, build_unet(2, 7).weights, strict=True):  # type: ignore[attr-defined]
        assert np.array_equal(a.numpy(), b.numpy())


def test_a_warm_up_lowers_the_loss_and_moves_every_weight() -> None:
    unet = build_unet(2, 0)
    low, normal = next(batches())
    before = [w.numpy() for w in unet.weights]
    loss = float(np.mean((np.asarray(unet(low)) - normal) ** 2))
    warm_up(unet, batches(), 20)
    assert float(np.mean((np.asarray(unet(low)) - normal) ** 2)) < 0.7 * loss
    assert all(not np.array_equal(a, b.numpy()) for a, b in zip(before, unet.weights, strict=True))


def test_a_warm_up_takes_so_many_batches_and_no_more() -> None:
    taken = batches()
    warm_up(build_unet(1, 0), taken, 3)
    again = batches()
    for _ in range(3):
        next(again)
    assert np.array_equal(next(taken)[0], next(again)[0])


def test_a_logged_network_is_the_one_that_was_saved(tmp_path: Path) -> None:
    saved = build_unet(2, 1)
    saved.save_weights(tmp_path / "w.weights.h5")
    asked: list[str] = []

    def fetch(run: str) -> Path:
        asked.append(run)
        return tmp_path / "w.weights.h5"

    found = prepare_denoiser(State("logged", "abc"), 2, 99, batches(), fetch)
    assert asked == ["abc"]
    for a, b in zip(saved.weights, found.weights, strict=True):  # type: ignore[attr-defined]
        assert np.array_equal(a.numpy(), b.numpy())


def test_a_network_of_another_width_is_refused(tmp_path: Path) -> None:
    build_unet(2, 1).save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(StateError, match="must be a U-Net of 4 channels but its weights do not"):
        restore_weights(build_unet(4, 1), tmp_path / "w.weights.h5")


def test_a_network_of_another_kind_and_damaged_files_are_refused(tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    other.save_weights(tmp_path / "other.weights.h5")
    content = (tmp_path / "other.weights.h5").read_bytes()
    (tmp_path / "cut.weights.h5").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.weights.h5").write_text("no weights")
    for name in ("other", "cut", "text"):
        with pytest.raises(StateError, match="its weights do not fit"):
            restore_weights(build_unet(2, 1), tmp_path / f"{name}.weights.h5")
