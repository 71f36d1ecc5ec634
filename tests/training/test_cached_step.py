"""A training with features kept is the one without, bit for bit; where none can be, it goes on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pi.choices import FeatureCacheName
from pi.influence.schedule import WeightRule
from pi.network.feature_cache import FeatureCache
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.training.cached_step import FeaturePlan, patches_needed
from pi.training.feed import batch_numbers
from pi.training.fit import Settings, Trainer
from pi.training.step import StepLosses

BATCH = 16
Made = Callable[..., Trainer]


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_CACHE", str(tmp_path))
    return tmp_path


def settings(epochs: int, epoch_steps: int = 0) -> Settings:
    return Settings(5, epochs, BATCH, 0, 60, "last", 0, 1, epoch_steps)


def two_epochs(trainer: Trainer) -> list[StepLosses]:
    """The losses of four steps of an epoch and of the next, whose batches are others."""
    rng, some = np.random.default_rng(5), np.arange(4 * BATCH)
    losses = []
    for order in (rng.permutation(some), rng.permutation(some)):
        for numbers in order.reshape(-1, BATCH):
            low, normal = trainer.patches.read_hu(numbers)
            rule = WeightRule(1e-3)
            if trainer.cached is None:
                losses.append(trainer.step(low, normal, rule))
            else:
                losses.append(trainer.cached(numbers, low, normal, rule))
    return losses


@pytest.mark.parametrize("asked", ["memory", "disk"])
def test_losses_and_weights_are_bit_for_bit_those_without(
    asked: FeatureCacheName,
    make_trainer: Made,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if asked == "disk":  # where they are kept changes no graph
        request.getfixturevalue("eager")
    recalled = []
    recall = FeatureCache.recall

    def noting(self: FeatureCache, numbers: np.ndarray) -> object:
        found = recall(self, numbers)
        recalled.append(found is not None)
        return found

    monkeypatch.setattr(FeatureCache, "recall", noting)
    said: list[str] = []
    plan = FeaturePlan(asked, 1.0, say=said.append)
    without = make_trainer(batch_size=BATCH)
    kept = make_trainer(batch_size=BATCH, features=plan)
    assert without.cached is None
    for plain, cached in zip(two_epochs(without), two_epochs(kept), strict=True):
        assert np.array_equal(plain.image, cached.image)
        assert np.array_equal(plain.perceptual, cached.perceptual)
    for a, b in zip(without.networks.arrays(), kept.networks.arrays(), strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert recalled == [False] * 4 + [True] * 4
    assert said == []


def test_what_is_on_disk_serves_the_next_training(
    eager: None, make_trainer: Made, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_trainer(batch_size=BATCH, features=FeaturePlan("disk", 1.0)) for _ in range(2)]
    first = two_epochs(made[0])
    monkeypatch.setattr(FeatureCache, "keep", None)  # which nobody needs any more
    second = two_epochs(made[1])
    assert all(
        np.array_equal(a.perceptual, b.perceptual) for a, b in zip(first, second, strict=True)
    )


def test_there_is_no_cache_where_it_serves_nothing(make_trainer: Made) -> None:
    plan = FeaturePlan("auto", 1.0)
    assert make_trainer(batch_size=BATCH, epochs=1, features=plan).cached is None
    assert make_trainer(batch_size=BATCH, encoders=(), features=plan).cached is None
    assert make_trainer(batch_size=BATCH, features=replace(plan, gib=1e-9)).cached is None
    assert make_trainer(batch_size=BATCH, features=plan).cached is not None


def test_a_divided_batch_has_none_and_says_so(make_trainer: Made) -> None:
    said: list[str] = []
    plan = FeaturePlan("memory", 1.0, say=said.append)
    made = make_trainer(batch_size=BATCH, features=plan, distribution="mirrored")
    assert made.cached is None
    assert len(said) == 1
    assert "must be off where a batch is divided" in said[0]


def test_the_patches_needed_are_those_that_will_be_drawn() -> None:
    short = settings(epochs=2, epoch_steps=3)
    drawn = {
        int(n)
        for epoch in range(2)
        for k, numbers in enumerate(batch_numbers(100, BATCH, 5, epoch))
        if k < 3
        for n in numbers
    }
    assert patches_needed(short, 100, repeated=False).tolist() == sorted(drawn)
    assert patches_needed(settings(epochs=1), 100, repeated=False).size == 0
    assert patches_needed(settings(epochs=1), 100, repeated=True).size == 96


def test_patches_cut_otherwise_are_other_patches(tiny_store: Store) -> None:
    cut = [(32, 64, "paper"), (32, 32, "paper"), (32, 64, "covering"), (48, 64, "paper")]
    found = [PatchPopulation(tiny_store, "train", *how) for how in cut]  # type: ignore[arg-type]
    digests = [p.digest for p in [*found, found[0].of("validation")]]
    assert len(set(digests)) == len(digests)
    again = PatchPopulation(tiny_store, "train", 32, 64, "paper")
    assert again.digest == digests[0]
