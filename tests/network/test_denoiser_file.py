"""Weights and what they are of: written together, checked whenever they are read."""

import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from pi.denoisers import NAMES, PUBLISHED, DenoiserError, DenoiserSpec
from pi.network.denoiser_file import (
    DenoiserFileError,
    SavedDenoiser,
    facts_of,
    open_denoiser,
    open_folder,
    restore_weights,
    save_denoiser,
)

UNET = DenoiserSpec("unet", 2)


def saved(folder: Path, spec: DenoiserSpec = UNET, seed: int = 3) -> Path:
    return save_denoiser(spec.build(seed), spec, folder)[0]


@pytest.mark.parametrize("name", NAMES)
def test_all_weights_come_back_and_moving_averages_with_them(name: str, tmp_path: Path) -> None:
    spec = DenoiserSpec(name, 2)
    network = spec.build(3)
    rng = np.random.default_rng(0)
    network.set_weights([rng.random(array.shape) for array in network.get_weights()])
    weights, facts = save_denoiser(network, spec, tmp_path)
    assert (weights.name, facts.name) == ("denoiser.weights.h5", "denoiser.json")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert json.loads(facts.read_text()) == {"denoiser": f"{name}:2", "sha256": digest}
    found = open_denoiser(weights)
    assert found == SavedDenoiser(spec, weights)
    for a, b in zip(found.load().get_weights(), network.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_weights_that_were_changed_or_are_anothers_are_one_sentence(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        saved(tmp_path / name, seed=seed)
    weights = tmp_path / "one" / "denoiser.weights.h5"
    whole = weights.read_bytes()
    foreign = (tmp_path / "other" / "denoiser.weights.h5").read_bytes()
    for content in (foreign, whole[:-1], whole[:999] + b"?" + whole[1000:]):
        weights.write_bytes(content)
        with pytest.raises(DenoiserFileError, match=r"must be the weights of unet:2 .* sha256"):
            open_denoiser(weights)


@pytest.mark.parametrize(
    "facts", [None, "", "no json", "[]", "3", '{"denoiser": "unet:2"}', '{"sha256": "0"}']
)
def test_facts_that_are_missing_or_damaged_are_one_sentence(
    facts: str | None, tmp_path: Path
) -> None:
    weights = saved(tmp_path)
    facts_of(weights).unlink()
    if facts is not None:
        facts_of(weights).write_text(facts)
    with pytest.raises(DenoiserFileError, match=r"^denoiser\.weights\.h5 must "):
        open_denoiser(weights)


def test_a_denoiser_that_this_version_does_not_know_is_told(tmp_path: Path) -> None:
    weights = saved(tmp_path)
    facts = json.loads(facts_of(weights).read_text()) | {"denoiser": "transformer:8"}
    facts_of(weights).write_text(json.dumps(facts))
    with pytest.raises(DenoiserError, match="but got transformer:8"):
        open_denoiser(weights)


def test_older_weights_have_nothing_beside_them(tmp_path: Path) -> None:
    for name in ("unet.weights.h5", "warmup-20.weights.h5"):
        UNET.build(3).save_weights(tmp_path / name)
        found = open_denoiser(tmp_path / name, UNET)
        assert found.spec == UNET
        assert len(found.load().get_weights()) == 46
        assert open_denoiser(tmp_path / name).spec == PUBLISHED


def test_the_folder_of_an_older_service_is_read(tmp_path: Path) -> None:
    UNET.build(3).save_weights(tmp_path / "unet.weights.h5")
    (tmp_path / "denoiser.json").write_text('{"channels": 2}')
    assert open_folder(tmp_path).spec == UNET
    (tmp_path / "new").mkdir()
    saved(tmp_path / "new")
    assert open_folder(tmp_path / "new").spec == UNET
    with pytest.raises(DenoiserFileError, match=r"must have its denoiser\.json beside it"):
        open_folder(tmp_path / "nothing")


def test_weights_of_another_width_or_kind_and_damaged_files_are_refused(tmp_path: Path) -> None:
    UNET.build(1).save_weights(tmp_path / "wide.weights.h5")
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    other.save_weights(tmp_path / "other.weights.h5")
    content = (tmp_path / "other.weights.h5").read_bytes()
    (tmp_path / "cut.weights.h5").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.weights.h5").write_text("no weights")
    spec = DenoiserSpec("unet", 4)
    for name in ("wide", "other", "cut", "text"):
        with pytest.raises(DenoiserFileError, match="must be unet:4 but its weights do not fit"):
            restore_weights(spec.build(1), tmp_path / f"{name}.weights.h5", spec)
