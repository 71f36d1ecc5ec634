import json
from pathlib import Path

import numpy as np
import pytest
from ct_files import SECRET, write_patient

from pi.identity import Reconstruction, SliceKey
from pi.slices.manifest import from_json, to_json
from pi.slices.preparing import prepare
from pi.slices.store import Store, StoreError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_patient(tmp_path / "in", zs=(-2, 0, 2))
    prepare(tmp_path / "in", tmp_path / "store", split="auto", seed=0, secret=SECRET)
    return tmp_path / "store"


def test_a_slice_has_a_key(folder: Path) -> None:
    (volume,) = Store.open(folder).volumes
    assert volume.reconstruction == Reconstruction(3.0, "B30", 0.25)
    assert volume.key(0) == SliceKey(volume.patient, 3.0, "B30", -2.0, 0.25)
    assert str(volume.key(1)).endswith("/3mm/B30/25%/+0.00")


def test_slices_are_read_only_int16(folder: Path) -> None:
    low, normal = Store.open(folder).pair(0, 1)
    assert (low.shape, low.dtype, type(normal)) == ((8, 8), np.int16, np.ndarray)
    with pytest.raises(ValueError, match="read-only"):
        low[0, 0] = 1


def test_the_manifest_survives_a_round_trip(folder: Path) -> None:
    manifest = Store.open(folder).manifest
    assert from_json(to_json(manifest)) == manifest


def test_no_store_and_half_a_store_are_told_apart(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(StoreError, match="store 'none' must exist but does not"):
        Store.open(tmp_path / "none")
    (folder / "manifest.json").unlink()
    with pytest.raises(StoreError, match="store 'store' must be complete but has no manifest"):
        Store.open(folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"schema": 2', '"schema": 3', "must have schema version 2 or earlier but has 3"),
        ('"split": "train"', '"split": "test"', "as `prepare` wrote it but was changed"),
        ("{", "", "must be JSON with a schema"),
    ],
)
def test_a_manifest_that_was_changed_is_refused(
    folder: Path, old: str, new: str, sentence: str
) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(StoreError, match=sentence):
        Store.open(folder)


def test_a_missing_and_a_cut_volume_are_noticed_on_opening(folder: Path) -> None:
    volume = folder / "volumes" / "0_low.npy"
    content = volume.read_bytes()
    volume.write_bytes(content[:-2])
    with pytest.raises(StoreError, match="3mm B30 25% low dose whole but the volume is cut"):
        Store.open(folder)
    np.save(volume, np.zeros((3, 8, 8), np.float32))
    with pytest.raises(StoreError, match=r"must be \(3, 8, 8\) int16 but is .* float32"):
        Store.open(folder)
    volume.unlink()
    with pytest.raises(StoreError, match="3mm B30 25% low dose but the volume is missing"):
        Store.open(folder)


def test_changed_pixels_are_noticed_when_first_touched(folder: Path) -> None:
    path = folder / "volumes" / "0_normal.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    store = Store.open(folder)
    store.pair(0, 0)
    with pytest.raises(StoreError, match=r"slice P-\w+/3mm/B30/25%/\+2\.00 must have the pixels"):
        store.pair(0, 2)


def test_volumes_are_plain_npy_files(folder: Path) -> None:
    assert np.load(folder / "volumes" / "0_low.npy").shape == (3, 8, 8)


def test_the_manifest_is_json_with_a_line_a_volume(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    assert json.loads(text)["volumes"][0]["kernel"] == "B30"
    assert len(text.splitlines()) < 20


def test_a_part_out_of_reach_cannot_be_read_and_the_data_set_is_the_same(tiny_store: Store) -> None:
    tuning = tiny_store.without("test")
    assert tuning.digest == tiny_store.digest
    for number, volume in enumerate(tuning.volumes):
        if volume.split == "test":
            with pytest.raises(StoreError, match="the test patients must stay out of reach"):
                tuning.pair(number, 0)
        else:
            assert np.array_equal(tuning.pair(number, 0), tiny_store.pair(number, 0))
    assert {"train", "validation", "test"} == {volume.split for volume in tuning.volumes}
