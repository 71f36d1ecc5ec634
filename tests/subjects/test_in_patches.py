"""Somebody else's network as a state in which losses are measured: the same patches."""

from pathlib import Path

import numpy as np
import pytest
from subjects.small_store import small_store, write_keyed

from pi.influence.measure import patch_measure
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import RAW255
from pi.network.bank import build_bank
from pi.network.state import identity
from pi.slices.patches import PatchPopulation
from pi.states import State, StateError, find_states
from pi.subjects import fetch_subject
from pi.subjects.in_patches import patch_outputs
from pi.subjects.subject import SubjectError

NUMBERS = np.array([11, 0, 5, 7], np.int64)


@pytest.fixture
def patches() -> PatchPopulation:
    return PatchPopulation(small_store(split="train"), "train", 16, 4, "covering")


def halved(hu: np.ndarray) -> np.ndarray:
    return hu / 2


def test_states_of_others_are_spelt_as_evaluate_takes_them() -> None:
    found = find_states("identity,outputs:mine,onnx:a,models:/x@best")
    assert [str(state) for state in found] == [
        "identity", "outputs:mine", "onnx:a", "models:/x@best",
    ]  # fmt: skip
    assert found[1] == State("subject", "outputs:mine")
    with pytest.raises(StateError, match=r"outputs:, but got 'table:x'"):
        find_states("table:x")


def test_outputs_are_cut_where_the_patches_are(
    patches: PatchPopulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path))
    write_keyed(patches.store, tmp_path / "mine")
    subject = fetch_subject("outputs:mine")
    subject.check(patches.store, "train", 4)
    assert np.array_equal(patch_outputs(subject, patches).of(NUMBERS), patches.read(NUMBERS)[0])


def test_the_losses_of_identitys_outputs_are_those_of_identity(
    patches: PatchPopulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An oracle: Psi of a network that does nothing, by its files, is that of the low dose."""
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path))
    write_keyed(patches.store, tmp_path / "mine")
    states = {
        "identity": identity,
        "outputs:mine": patch_outputs(fetch_subject("outputs:mine"), patches),
        "own": patch_outputs(fetch_subject(f"own:{__name__}:halved"), patches),
    }
    bank = build_bank(find_experiments("vgg16:random:block1_conv1"), RAW255, seed=1)
    measure = patch_measure(patches, states, bank, 3, lambda _: None)
    found = measure(NUMBERS, tuple(states))
    for part in ("pixels", "features"):
        first, second, third = (getattr(found[state], part) for state in states)
        assert np.array_equal(first, second)
        assert not np.allclose(first, third)
    low, normal = (array.astype(np.float64) for array in patches.read_hu(NUMBERS))
    halves = ((low / 2 - normal) / 4096) ** 2
    np.testing.assert_allclose(found["own"].pixels[:, 0], halves.mean((1, 2, 3)), rtol=1e-4)


def test_outputs_of_other_patients_are_refused_before(
    patches: PatchPopulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path))
    write_keyed(small_store(), tmp_path / "mine")
    (tmp_path / "mine" / "x03.npy").unlink()
    with pytest.raises(SubjectError, match="but 1 of 12 are not there"):
        fetch_subject("outputs:mine").check(patches.store, "train", 4)
