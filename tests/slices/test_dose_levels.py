"""Several low doses in one store: each a reconstruction of its own, one alone, all together."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from ct_files import SECRET, write_patient
from hypothesis import given
from hypothesis import strategies as st

from pi.identity import UNKNOWN_DOSE, DoseError, Reconstruction
from pi.slices.dose_levels import unlike_doses
from pi.slices.folded import in_fold
from pi.slices.folds import Fold
from pi.slices.manifest import Manifest, Volume, from_json, to_json, told_dose
from pi.slices.preparing import prepare
from pi.slices.store import Store

SCHEMA_1 = Path(__file__).with_name("manifest_schema_1.json")
"""Written by the program of the first schema, of three patients of `ct_files`."""

DIGEST_1 = "65eb3ee1cc6f2e8a403373561c99c1de0bf14de18ac04c92154087ca33ffb759"
FOLD_DIGEST_1 = "0535464e0f1299b4fd5a2fa7835edf14d5ef63230ff79244575a7b89e3c403fc"
"""What that program gave for the store, and for the first of three folds."""


def volume(patient: str, dose: float, part: str = "train") -> Volume:
    """A volume whose pixels are known by patient and dose."""
    return Volume(
        patient=patient, thickness=1.0, kernel="B30", split=part,  # type: ignore[arg-type]
        positions=(0.0, 1.0), rows=8, columns=8, pixel_spacing=0.7,
        checksums={"low": (ord(patient), round(1000 * dose)), "normal": (ord(patient), 2)},
        content=f"{patient} {dose} {part}", sheared=False, simulated=False, padded=0, clipped=0,
        dose=dose,
    )  # fmt: skip


def store_of(*volumes: Volume) -> Store:
    """A store in memory; the pixels of a volume are its number."""
    maps = tuple(
        {dose: np.full((2, 8, 8), n, np.int16) for dose in ("low", "normal")}
        for n in range(len(volumes))
    )
    return Store(Manifest(volumes, {}, "mine"), maps)  # type: ignore[arg-type]


SEVERAL = store_of(*(volume(patient, dose) for patient in "ABC" for dose in (0.1, 0.25)))


def test_a_store_of_the_first_schema_is_read_and_stays_the_data_set_it_was() -> None:
    manifest = from_json(SCHEMA_1.read_text())
    assert {volume.dose for volume in manifest.volumes} == {UNKNOWN_DOSE}
    assert manifest.digest == DIGEST_1
    folded, _ = in_fold(manifest, Fold(1, 3))
    assert folded.digest == FOLD_DIGEST_1


def test_a_new_store_without_a_dose_is_the_data_set_of_the_first_schema(tmp_path: Path) -> None:
    for patient in ("L067", "L096", "L109"):
        write_patient(tmp_path / "in", patient, zs=(-2, 0, 2))
    prepare(tmp_path / "in", tmp_path / "store", split="auto", seed=0, secret=SECRET)
    manifest = Store.open(tmp_path / "store").manifest
    unknown = tuple(replace(volume, dose=UNKNOWN_DOSE) for volume in manifest.volumes)
    folded, _ = in_fold(replace(manifest, volumes=unknown), Fold(1, 3))
    assert folded.digest == FOLD_DIGEST_1
    assert told_dose(UNKNOWN_DOSE) == {}
    assert told_dose(0.25) == {"dose": 0.25}


def test_a_dose_that_is_known_makes_another_data_set() -> None:
    one, other = (Manifest((volume("A", dose),), {}, "m") for dose in (UNKNOWN_DOSE, 0.25))
    folds = [
        in_fold(Manifest(tuple(volume(p, dose) for p in "ABC"), {}, "m"), Fold(1, 3))[0].digest
        for dose in (0.1, 0.25)
    ]
    assert one.digest != other.digest
    assert folds[0] != folds[1]


def test_a_manifest_of_today_keeps_dose_and_an_unknown_spacing() -> None:
    manifest = Manifest((replace(volume("A", 0.25), pixel_spacing=None),), {}, "mine")
    assert json.loads(to_json(manifest))["schema"] == 2
    assert from_json(to_json(manifest)) == manifest


def test_one_dose_is_a_view_with_its_own_digest_and_its_own_pixels() -> None:
    quarter = SEVERAL.at_dose(0.25)
    assert [volume.patient for volume in quarter.volumes] == ["A", "B", "C"]
    assert {volume.reconstruction for volume in quarter.volumes} == {
        Reconstruction(1.0, "B30", 0.25)
    }
    assert [int(maps["low"][0, 0, 0]) for maps in quarter.maps] == [1, 3, 5]
    assert len({SEVERAL.digest, quarter.digest, SEVERAL.at_dose(0.1).digest}) == 3
    alone = store_of(*(volume(patient, 0.25) for patient in "ABC"))
    assert quarter.digest == alone.digest


def test_a_dose_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DoseError, match=r"`data` has \(10%, 25%\) but got 50%\."):
        SEVERAL.at_dose(0.5)
    with pytest.raises(DoseError, match=r"\(unknown dose\) but got 25%\."):
        store_of(volume("A", UNKNOWN_DOSE)).at_dose(0.25)


@given(st.lists(st.sampled_from([UNKNOWN_DOSE, 0.05, 0.1, 0.25, 0.5]), min_size=1, max_size=8))
def test_the_doses_divide_a_store(doses: list[float]) -> None:
    store = store_of(*(volume(chr(65 + n), dose) for n, dose in enumerate(doses)))
    views = [store.at_dose(dose) for dose in sorted(set(doses))]
    found = [asdict(volume)["patient"] for view in views for volume in view.volumes]
    assert sorted(found) == [volume.patient for volume in store.volumes]


def test_doses_that_learn_together_are_told_with_what_they_do_to_lambda() -> None:
    said = unlike_doses([volume("A", 0.1), volume("A", 0.25), volume("B", 0.25)])
    assert "2 doses, 10% (1 patient), 25% (2 patients)" in said
    assert "the one lambda of all weighs them together" in said
    assert "`dose` separates them" in said


def test_one_dose_or_another_of_whom_nobody_learns_is_nothing_to_tell() -> None:
    assert unlike_doses([volume("A", 0.25), volume("B", 0.25)]) == ""
    assert unlike_doses([volume("A", 0.25), volume("B", 0.1, "test")]) == ""
