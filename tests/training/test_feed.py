"""The order of the patches, and reading ahead of their use."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from pi.slices.patches import PatchPopulation
from pi.slices.store import Store, StoreError
from pi.training.feed import (
    AHEAD,
    TOGETHER,
    FeedError,
    epoch_order,
    read_ahead,
    steps_per_epoch,
    training_batches,
)


def test_an_epoch_sees_every_patch_once_in_an_order_of_its_own() -> None:
    first, second = epoch_order(5, 0, 100), epoch_order(5, 1, 100)
    assert sorted(first) == sorted(second) == list(range(100))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, epoch_order(5, 0, 100))
    assert not np.array_equal(first, epoch_order(6, 0, 100))


def test_the_order_touches_no_global_generator() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    epoch_order(5, 0, 10)
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]


def test_batches_are_read_in_the_order_of_the_epoch(patches: PatchPopulation) -> None:
    order = epoch_order(3, 1, len(patches))
    for k, (low, normal) in enumerate(training_batches(patches, 40, 3, 1, 0)):
        expected = patches.read_hu(order[k * 40 : (k + 1) * 40])
        assert np.array_equal(low, expected[0])
        assert np.array_equal(normal, expected[1])
    assert k + 1 == steps_per_epoch(len(patches), 40) == len(patches) // 40


def test_a_resumed_epoch_goes_on_with_the_same_patches(patches: PatchPopulation) -> None:
    whole = [low for low, _ in training_batches(patches, 30, 5, 2, 0)]
    rest = [low for low, _ in training_batches(patches, 30, 5, 2, 3)]
    assert len(rest) == len(whole) - 3
    assert all(np.array_equal(a, b) for a, b in zip(whole[3:], rest, strict=True))
    assert list(training_batches(patches, 30, 5, 2, len(whole))) == []


def test_only_a_few_batches_are_read_ahead(patches: PatchPopulation) -> None:
    asked = []

    def numbers() -> Iterator[np.ndarray]:
        for k in range(50):
            asked.append(k)
            yield np.array([k])

    batches = read_ahead(patches, numbers())
    next(batches)
    assert len(asked) == (AHEAD + 1) * TOGETHER
    batches.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("patches")]


def test_a_damaged_slice_is_told_where_the_batch_is_asked_for(
    tiny_store: Store, patches: PatchPopulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(self: Store, volume: int, index: int) -> None:
        raise StoreError("slice x must have the pixels that were written")

    monkeypatch.setattr(Store, "pair", damaged)
    with pytest.raises(StoreError, match="must have the pixels that were written"):
        next(training_batches(patches, 4, 5, 0, 0))


def test_a_batch_that_cannot_be_filled_is_refused() -> None:
    with pytest.raises(FeedError, match="at most the 9 training patches but got 10"):
        steps_per_epoch(9, 10)


def test_pages_can_be_let_go_and_read_again(patches: PatchPopulation) -> None:
    before = patches.read([0, 7])
    patches.release()
    assert np.array_equal(before, patches.read([0, 7]))


def test_pages_are_let_go_where_a_store_is_larger_than_may_be_mapped(
    patches: PatchPopulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = []
    monkeypatch.setattr(PatchPopulation, "release", lambda self: released.append(self))
    groups = [np.arange(4), np.arange(4), np.arange(3)]
    expected = [patches.read_hu(group) for group in groups]

    def held(mapped_at_most: int) -> None:
        found = list(read_ahead(patches, groups, mapped_at_most))
        assert all(map(np.array_equal, found, expected))

    held(patches.store_bytes)
    assert released == []
    held(9 * patches.bytes_mapped)  # 8 patches are read together, then 3
    assert len(released) == 1


def test_of_a_patch_a_slice_of_both_doses_is_mapped(patches: PatchPopulation) -> None:
    low_dose, normal_dose = patches.store.pair(*patches.slices[0])
    assert patches.bytes_mapped == low_dose.nbytes + normal_dose.nbytes
    assert patches.store_bytes == len(patches.slices) * patches.bytes_mapped
