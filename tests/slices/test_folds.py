"""Folds: everybody is tested once, nobody is on two sides, and no machine says otherwise."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from ct_files import write_patient
from hypothesis import given
from hypothesis import strategies as st

from pi.slices.folded import in_fold
from pi.slices.folds import Fold, FoldError, find_fold, parts_in
from pi.slices.manifest import Manifest, Volume
from pi.slices.preparing import prepare
from pi.slices.split import PARTS
from pi.slices.store import Store

NAMES = "ABCDEFGHIJ"


@st.composite
def folds_and_patients(draw: st.DrawFn) -> tuple[int, list[str]]:
    """Every number of folds that so many patients allow."""
    patients = draw(st.lists(st.text(max_size=3), min_size=3, max_size=20, unique=True))
    folds = st.integers(2, len(patients)).filter(
        lambda k: -(-len(patients) // k) + 2 <= len(patients)
    )
    return draw(folds), patients


def volume(patient: str, scan: int, kernel: str = "B30", part: str = "train") -> Volume:
    """A volume whose pixels are known by ``scan``, as if a store held it."""
    return Volume(
        patient=patient, thickness=1.0, kernel=kernel, split=part,  # type: ignore[arg-type]
        positions=(0.0, 1.0), rows=8, columns=8, pixel_spacing=0.7,
        checksums={"low": (scan, 1), "normal": (scan, 2)}, content=f"{scan} {kernel} {part}",
        sheared=False, simulated=False, padded=0, clipped=0,
    )  # fmt: skip


def study(names: str = NAMES, part: str = "train") -> Manifest:
    """Ten patients, two kernels each."""
    volumes = [
        volume(name, scan, kernel, part)
        for scan, name in enumerate(names)
        for kernel in ("B30", "D45")
    ]
    return Manifest(tuple(volumes), {}, "mine")


def scans_by_part(manifest: Manifest) -> dict[str, set[int]]:
    """Who is where, by their scans instead of their names."""
    return {
        part: {v.checksums["low"][0] for v in manifest.volumes if v.split == part} for part in PARTS
    }


def test_ten_patients_are_left_out_one_by_one() -> None:
    parts = parts_in(Fold(3, 10), NAMES)
    assert {name: part for name, part in parts.items() if part != "train"} == {
        "C": "test",
        "D": "validation",
    }
    assert parts_in(Fold(10, 10), NAMES)["A"] == "validation"


def test_five_patients_are_dealt_out_to_two_folds_in_turn() -> None:
    assert parts_in(Fold(1, 2), "ABCDE") == {
        "A": "test", "B": "validation", "C": "test", "D": "train", "E": "test",
    }  # fmt: skip


@given(folds_and_patients())
def test_everybody_is_tested_once_and_every_part_has_somebody(given: tuple[int, list[str]]) -> None:
    folds, patients = given
    tested: Counter[str] = Counter()
    for number in range(1, folds + 1):
        parts = parts_in(Fold(number, folds), patients)
        assert parts.keys() == set(patients)  # in one part each
        sizes = Counter(parts.values())
        assert sizes["validation"] == 1
        assert sizes["train"] > 0
        assert abs(sizes["test"] - len(patients) / folds) < 1
        tested.update(patient for patient, part in parts.items() if part == "test")
    assert tested == dict.fromkeys(patients, 1)


@pytest.mark.parametrize(
    ("fold", "folds", "sentence"),
    [
        (1, 0, "`fold` must be 0 where `folds` is 0 but got 1."),
        (0, 5, "`fold` must be one of the 5 folds, from 1, but got 0."),
        (6, 5, "`fold` must be one of the 5 folds, from 1, but got 6."),
        (1, 1, "`folds` must be 2 or greater, or 0 for none, but got 1."),
    ],
)
def test_a_fold_that_there_is_not_is_refused(fold: int, folds: int, sentence: str) -> None:
    with pytest.raises(FoldError, match=sentence):
        find_fold(fold, folds)


def test_without_folds_there_is_no_fold() -> None:
    assert find_fold(0, 0) is None
    assert find_fold(2, 3) == Fold(2, 3)


def test_more_folds_than_patients_are_refused() -> None:
    with pytest.raises(FoldError, match=r"`folds` must be at most the 3 patients .* but got 4"):
        parts_in(Fold(1, 4), "ABC")


@pytest.mark.parametrize("patients", ["AB", "ABC"])
@pytest.mark.parametrize("number", [1, 2])
def test_folds_in_one_of_which_nobody_would_train_are_refused(patients: str, number: int) -> None:
    said = f"another to train but 2 folds of {len(patients)} patients do not"
    with pytest.raises(FoldError, match=said):
        parts_in(Fold(number, 2), patients)


@given(st.integers(1, 4), st.permutations(NAMES), st.randoms())
def test_folds_are_the_same_under_any_names_and_in_any_order(
    number: int, names: list[str], order: Random
) -> None:
    here, there = study(), study("".join(names))
    volumes = order.sample(there.volumes, len(there.volumes))
    one, _ = in_fold(here, Fold(number, 4))
    other, _ = in_fold(replace(there, volumes=tuple(volumes)), Fold(number, 4))
    assert one.digest == other.digest
    assert scans_by_part(one) == scans_by_part(other)
    assert [v.content for v in one.volumes] == [v.content for v in other.volumes]


def test_folds_do_not_depend_on_the_split() -> None:
    assert in_fold(study(part="test"), Fold(1, 5))[0] == in_fold(study(), Fold(1, 5))[0]


def test_the_digest_says_which_fold_of_which_patients() -> None:
    folds = [Fold(number, of) for of in (2, 5, 10) for number in range(1, of + 1)]
    digests = [in_fold(study(), fold)[0].digest for fold in folds]
    assert len(set(digests)) == len(folds)
    first = study().volumes[0]
    rescanned = replace(first, checksums={"low": (0, 1), "normal": (0, 3)})
    other = replace(study(), volumes=(rescanned, *study().volumes[1:]))
    assert in_fold(other, Fold(1, 2))[0].digest != digests[0]
    assert study().digest not in digests


def test_all_volumes_of_a_patient_are_in_one_part() -> None:
    manifest, _ = in_fold(study(), Fold(2, 3))
    parts = {(volume.patient, volume.split) for volume in manifest.volumes}
    assert len(parts) == len(NAMES)
    assert manifest.fold == Fold(2, 3)


def test_a_fold_of_a_fold_is_the_fold() -> None:
    once, _ = in_fold(study(), Fold(1, 3))
    assert in_fold(in_fold(study(), Fold(2, 5))[0], Fold(1, 3))[0] == once


def test_whom_the_split_leaves_out_stays_out() -> None:
    outside = volume("K", 99, part="unassigned")
    manifest, _ = in_fold(replace(study(), volumes=(*study().volumes, outside)), Fold(1, 10))
    assert {v.patient for v in manifest.volumes if v.split == "unassigned"} == {"K"}
    with pytest.raises(FoldError, match="at most the 10 patients"):
        in_fold(manifest, Fold(1, 11))


def test_a_store_on_another_machine_has_the_same_folds_of_the_same_pixels(tmp_path: Path) -> None:
    for patient in ("Anton", "Berta", "Carl", "Dora"):
        write_patient(tmp_path / "in", patient)
    stores = []
    for name, secret, seed in (("here", b"0" * 32, 1), ("there", b"1" * 32, 2)):
        prepare(tmp_path / "in", tmp_path / name, split="auto", seed=seed, secret=secret)
        stores.append(Store.open(tmp_path / name))
    here, there = stores
    assert {v.patient for v in here.volumes}.isdisjoint(v.patient for v in there.volumes)
    for number in range(1, 5):
        one, other = (store.in_fold(Fold(number, 4)) for store in stores)
        assert one.digest == other.digest
        assert [v.split for v in one.volumes] == [v.split for v in other.volumes]
        for n in range(len(one.volumes)):
            for mine, theirs in zip(one.pair(n, 0), other.pair(n, 0), strict=True):
                assert np.array_equal(mine, theirs)


def test_a_fold_of_a_store_copies_nothing(tiny_store: Store) -> None:
    fold = tiny_store.in_fold(Fold(1, 10))
    assert {id(maps) for maps in fold.maps} == {id(maps) for maps in tiny_store.maps}
    by_place = {(v.patient, v.reconstruction): n for n, v in enumerate(tiny_store.volumes)}
    for n, described in enumerate(fold.volumes):
        same = by_place[described.patient, described.reconstruction]
        assert fold.maps[n] is tiny_store.maps[same]
        assert described.checksums == tiny_store.volumes[same].checksums
    assert tiny_store.manifest.fold is None
