"""The context that needs nobody's file: made once, whole or not at all, made again if damaged."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pi.network.weight_file import read_convolutions
from pi.network.weights import load_weights
from pi.places import cache_folder
from pi.pretraining import near, simulated
from pi.pretraining.recipe import Recipe
from pi.pretraining.simulated import SimulatedContextError, simulated_context
from pi.slices.store import Store


@pytest.fixture
def small(
    tiny_cache: Path, tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The recipe shrunk to a second, in a cache of this test's own; what is said meanwhile."""
    monkeypatch.setattr(simulated, "DATA", "simulated:tiny")
    monkeypatch.setattr(near, "FIT_STEPS", 2)
    recipe = replace(
        simulated.RECIPE, architecture="autoencoder", initial="random", patch_size=16, fitted=8,
        steps=3, batch_size=4, held_out=4,
    )  # fmt: skip
    monkeypatch.setattr(simulated, "RECIPE", recipe)
    monkeypatch.setenv("PI_CACHE", str(tmp_path))
    for name in ("simulated", "stores"):
        (tmp_path / name).symlink_to(tiny_cache / name)
    return []


def test_it_is_made_once_and_made_again_where_it_is_damaged(small: list[str]) -> None:
    file = simulated_context("autoencoder", small.append)
    assert "once" in small[0]
    assert "held-out accuracy (chance) dose" in small[1]
    first = file.read_bytes()
    assert simulated_context("autoencoder", small.append) == file
    assert len(small) == 2

    file.write_bytes(first[:-7])
    assert simulated_context("autoencoder", small.append) == file
    assert "it was damaged in the cache" in small[2]
    assert [a.tobytes() for c in read_convolutions(file, "autoencoder", "x") for a in c]
    (file.parent / simulated.RECORD).write_text("{")
    simulated_context("autoencoder", small.append)
    assert len(small) == 6
    assert sorted(p.name for p in file.parent.parent.iterdir()) == [file.parent.name]


def test_it_is_another_network_than_the_one_it_starts_from(small: list[str]) -> None:
    file = simulated_context("autoencoder", small.append)
    found = read_convolutions(file, "autoencoder", "x")
    start = load_weights("autoencoder", "random", seed=simulated.RECIPE.seed).convolutions
    assert all(not np.array_equal(a[0], b[0]) for a, b in zip(found, start, strict=True))
    record = json.loads((file.parent / simulated.RECORD).read_text())
    assert record["data"] == "simulated:tiny"
    assert set(record["accuracy"]) == {"dose", "kernel", "thickness", "position"}


def test_another_recipe_or_other_data_are_another_context(small: list[str]) -> None:
    recipe = simulated.RECIPE
    names = {recipe.digest("data"), recipe.digest("other"), replace(recipe, seed=6).digest("data")}
    assert len(names) == 3


def test_interrupted_it_leaves_nothing(small: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulated, "make_near", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulated_context("autoencoder", small.append)
    assert not (cache_folder() / "contexts").exists()


def test_it_is_a_vgg16() -> None:
    with pytest.raises(SimulatedContextError, match="must be used with vgg16 but got vgg19"):
        simulated_context("vgg19", print)


def test_its_study_shows_nobody_of_the_users_studies() -> None:
    from pi.parameters import PretrainParameters, SimulateParameters

    assert simulated.DATA.rpartition(":")[2] != str(SimulateParameters.seed)
    assert PretrainParameters.data.rpartition(":")[2] == simulated.DATA.rpartition(":")[2]
    free = Recipe()
    for name in ("patch_size", "steps", "batch_size", "learning_rate", "held_out", "seed"):
        assert getattr(PretrainParameters, name) == getattr(free, name), name


def test_who_is_not_learned_from_is_held_out(tiny_store: Store) -> None:
    parts = Counter(volume.split for volume in tiny_store.volumes)
    found = simulated.nobody_tested(tiny_store)
    assert Counter(volume.split for volume in found.volumes) == {
        "train": parts["train"], "validation": parts["validation"] + parts["test"],
    }  # fmt: skip
    assert found.digest == tiny_store.digest
