"""Patches against the store that they are cut from; whose they are; how they are turned."""

import numpy as np
import pytest

from pi.pretraining.examples import (
    WHOLE_EVERY,
    body_patch,
    header_examples,
    mirrored,
    whole_slice,
)
from pi.pretraining.sources import from_store
from pi.pretraining.tasks import UNKNOWN, TaskError, header_tasks
from pi.slices.intensity import denormalise
from pi.slices.store import Store, StoreError


def read_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """A set that fills with the parts whose pixels are read."""
    read: set[str] = set()
    pair = Store.pair

    def reading(self: Store, volume: int, index: int) -> object:
        read.add(self.volumes[volume].split)
        return pair(self, volume, index)

    monkeypatch.setattr(Store, "pair", reading)
    return read


def test_a_patch_is_a_piece_of_the_slice_that_its_labels_name(tiny_store: Store) -> None:
    headed = header_tasks(tiny_store.manifest)
    size = tiny_store.volumes[0].rows  # a patch as large as the slice shows which one it is
    examples = header_examples(tiny_store, headed, size)
    images, labels = examples.held_out(np.random.default_rng(1), 2 * WHOLE_EVERY)
    assert images.shape == (2 * WHOLE_EVERY, size, size, 1)
    assert images.dtype == np.float32
    slices = {
        tiny_store.pair(number, index)[dose].tobytes(): headed.labels(volume, index, dose)
        for number, volume in enumerate(tiny_store.volumes)
        if volume.split == "validation"
        for index in range(len(volume.positions))
        for dose in (0, 1)
    }
    for k, (image, label) in enumerate(zip(images, labels, strict=True)):
        if k % WHOLE_EVERY == 0:  # a whole slice, asked for its position alone
            assert label.tolist()[:3] == [UNKNOWN] * 3
            assert label[3] in {told[3] for told in slices.values()}
        else:
            pixels = np.rint(denormalise(image[..., 0])).astype(np.int16)
            assert label.tolist() == [*slices[pixels.tobytes()][:3], UNKNOWN]


def test_a_whole_slice_is_the_mean_of_its_pixels() -> None:
    image = np.zeros((64, 64), np.int16)
    image[:, 32:] = 100
    small = whole_slice(image, 16, np.random.default_rng(0))
    assert small.shape == (16, 16)
    assert small.mean() == pytest.approx(50, abs=10)
    assert small[:, 0].tolist() == [0] * 16
    assert small[:, -1].tolist() == [100] * 16


def test_training_and_held_out_patients_are_apart_and_nobody_else_is_read(
    tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_parts(tiny_store, monkeypatch)
    examples = from_store(tiny_store, "headers", 32).examples
    examples.training(np.random.default_rng(1), 40)
    assert read == {"train"}
    read.clear()
    examples.held_out(np.random.default_rng(1), 40)
    assert read == {"validation"}


def test_the_test_patients_pixels_are_out_of_reach(tiny_store: Store) -> None:
    source = from_store(tiny_store, "headers", 32)
    reachable = tiny_store.without("test")
    test = next(n for n, volume in enumerate(reachable.volumes) if volume.split == "test")
    with pytest.raises(StoreError, match="test patients must stay out of reach"):
        reachable.pair(test, 0)
    source.examples.training(np.random.default_rng(1), 8)  # and nothing needs them
    assert source.digest == tiny_store.digest


def test_reconstruction_has_no_labels(tiny_store: Store) -> None:
    examples = from_store(tiny_store, "autoencoder", 32).examples
    assert examples.tasks == ()
    assert examples.training(np.random.default_rng(1), 3)[1].shape == (3, 0)


def test_a_patch_shows_the_body() -> None:
    image = np.full((64, 64), -1024, np.int16)
    image[:32, :32] = 40
    for seed in range(20):
        patch = body_patch(image, 16, np.random.default_rng(seed))
        assert (patch > -500).mean() >= 0.5
    empty = np.full((64, 64), -1024, np.int16)  # and where there is none, an end is found
    assert body_patch(empty, 16, np.random.default_rng(0)).shape == (16, 16)


def test_a_mirrored_image_is_itself_or_left_for_right() -> None:
    image = np.arange(9, dtype=np.int16).reshape(3, 3)
    seen = {mirrored(image, np.random.default_rng(seed)).tobytes() for seed in range(50)}
    assert seen == {image.tobytes(), image[:, ::-1].tobytes()}


def test_a_patch_larger_than_a_slice_and_a_part_without_patients_are_refused(
    tiny_store: Store,
) -> None:
    headed = header_tasks(tiny_store.manifest)
    with pytest.raises(TaskError, match="at most the slice's 128 pixels but got 144"):
        header_examples(tiny_store, headed, 144)
    from dataclasses import replace

    kept = [v for v in tiny_store.volumes if v.split != "validation"]
    alone = Store(replace(tiny_store.manifest, volumes=tuple(kept)), tiny_store.maps[: len(kept)])
    with pytest.raises(TaskError, match="patients in the split `validation` but has none"):
        header_examples(alone, headed, 32)
