"""Where patches lie, how they are numbered, and that each is the pixels it says it is."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from ct_files import SECRET, write_patient
from hypothesis import given
from hypothesis import strategies as st

from pi.choices import Grid
from pi.slices.intensity import normalise
from pi.slices.patches import PatchError, PatchPopulation, origins
from pi.slices.preparing import prepare
from pi.slices.store import Store


def test_the_papers_grid_by_hand() -> None:
    assert origins(512, 96, 96, "paper") == (0, 96, 192, 288, 384)
    assert origins(512, 96, 96, "covering") == (0, 96, 192, 288, 384, 416)
    # Where the patches end exactly at the edge the authors' code loses the last one; this not.
    assert origins(512, 64, 64, "paper")[-1] == 448
    assert origins(512, 64, 64, "covering") == origins(512, 64, 64, "paper")
    assert origins(96, 96, 96, "paper") == (0,)


@given(
    st.integers(1, 600),
    st.integers(1, 100),
    st.integers(1, 150),
    st.sampled_from(["paper", "covering"]),
)
def test_every_patch_lies_within_the_slice(length: int, size: int, step: int, grid: Grid) -> None:
    if size > length:
        with pytest.raises(PatchError, match=f"at most the slice's {length} .* but got {size}"):
            origins(length, size, step, grid)
        return
    starts = origins(length, size, step, grid)
    assert starts[0] == 0
    assert all(a < b <= length - size for a, b in itertools.pairwise(starts))
    if grid == "covering":
        assert starts[-1] == length - size
        if step <= size:
            assert set(range(length)) == {x for s in starts for x in range(s, s + size)}


def population(store: Store, **options: object) -> PatchPopulation:
    return PatchPopulation(
        store, **({"split": "train", "size": 32, "step": 32, "grid": "paper"} | options)
    )  # type: ignore[arg-type]


def test_the_numbers_of_the_patches_are_their_places_one_to_one(tiny_store: Store) -> None:
    patches = population(tiny_store)
    described = patches.describe(np.arange(len(patches)))
    assert len(set(described)) == len(patches)
    slices = sum(len(v.positions) for v in tiny_store.volumes if v.split == "train")
    assert len(patches) == slices * 16
    train = {v.patient for v in tiny_store.volumes if v.split == "train"}
    assert {p.key.patient for p in described} == train == set(patches.patients)
    assert {p.key.reconstruction for p in described} == set(patches.reconstructions)
    assert {(p.row, p.column) for p in described} == {
        (r, c) for r in (0, 32, 64, 96) for c in (0, 32, 64, 96)
    }


def test_a_patch_is_the_pixels_of_its_slice_at_its_place(tiny_store: Store) -> None:
    patches = population(tiny_store, grid="covering", size=48, step=48)
    numbers = np.random.default_rng(0).integers(len(patches), size=20)
    low, normal = patches.read(numbers)
    assert low.shape == normal.shape == (20, 48, 48, 1)
    assert low.dtype == normal.dtype == np.float32
    low_hu, normal_hu = patches.read_hu(numbers)
    assert low_hu.dtype == normal_hu.dtype == np.int16
    assert np.array_equal(low, normalise(low_hu))
    assert np.array_equal(normal, normalise(normal_hu))
    where = {
        v.key(i): (n, i) for n, v in enumerate(tiny_store.volumes) for i in range(len(v.positions))
    }
    for k, patch in enumerate(patches.describe(numbers)):
        for pixels, slice_ in zip((low, normal), tiny_store.pair(*where[patch.key]), strict=True):
            window = slice_[patch.row : patch.row + 48, patch.column : patch.column + 48]
            assert np.array_equal(pixels[k, ..., 0], normalise(window))
    assert not np.array_equal(low, normal)


def test_patients_of_other_splits_are_never_seen(tiny_store: Store) -> None:
    sets = [set(population(tiny_store, split=s).patients) for s in ("train", "validation", "test")]
    assert all(sets)
    assert sum(map(len, sets)) == len(set.union(*sets))


def test_batches_are_seeded_and_reach_the_whole_set(tiny_store: Store) -> None:
    patches = population(tiny_store)
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    one, other = (patches.batches(8, np.random.default_rng(3)) for _ in range(2))
    for _ in range(3):
        (low, normal), (again, _) = next(one), next(other)
        assert low.shape == (8, 32, 32, 1)
        assert np.array_equal(low, again)
        assert not np.array_equal(low, normal)
    assert np.random.get_state()[1].tolist() == before


def test_a_patch_larger_than_a_slice_is_refused(tiny_store: Store) -> None:
    with pytest.raises(PatchError, match="at most the slice's 128 pixels but got 160"):
        population(tiny_store, size=160)


def test_a_split_without_patients_is_refused(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    store = prepare(tmp_path / "in", tmp_path / "out", split="auto", seed=0, secret=SECRET).store
    with pytest.raises(PatchError, match="patients in the split `test` but has none"):
        population(store, split="test", size=8)


def test_volumes_of_different_sizes_have_grids_of_their_own(tmp_path: Path) -> None:
    from ct_files import noise, write_stack

    for patient, size in (("L067", 8), ("L096", 8), ("L109", 12)):
        for dose, name in (("FD", "full_3mm"), ("QD", "quarter_3mm")):
            write_stack(
                tmp_path / "in" / patient / name,
                patient=patient,
                dose=dose,
                hu=noise(patient + dose, 20, size),
            )
    store = prepare(
        tmp_path / "in", tmp_path / "out", split="mayo2016", seed=0, secret=SECRET
    ).store
    patches = population(store, size=4, step=4)
    described = patches.describe(np.arange(len(patches)))
    rows = {
        p.key.patient: max(q.row for q in described if q.key.patient == p.key.patient)
        for p in described
    }
    assert set(rows.values()) <= {4, 8}
    assert patches.read(np.arange(len(patches)))[0].shape == (len(patches), 4, 4, 1)
