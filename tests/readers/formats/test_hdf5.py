from pathlib import Path

import h5py
import numpy as np
import pytest
from array_files import facts_of, hu_of, refusal_of, volume

from pi.readers.claims import claims_of
from pi.readers.names import nearest

LOW, FULL = volume(seed=1, sd=40), volume(seed=1)


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"chunks": (1, 24, 24)}])
def test_every_dataset_is_read_under_its_name(tmp_path: Path, options: dict[str, object]) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("L067/low", data=LOW, **options)
        file.create_dataset("L067/full", data=FULL.astype(np.float32), **options)
        file["L067/spacing"] = [0.7, 0.7]
        file["note"] = "nothing"
    np.testing.assert_array_equal(hu_of(tmp_path / "a.h5", inside="L067/low"), LOW)
    np.testing.assert_array_equal(hu_of(tmp_path / "a.h5", inside="L067/full"), FULL)


def test_names_within_a_file_claim_as_levels_of_a_path_do(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["L067/low"] = LOW
    claims = claims_of(facts_of(tmp_path / "a.h5")[0])
    patient, dose = nearest(claims.path, "patient"), nearest(claims.path, "dose")
    assert patient
    assert patient.value == "L067"
    assert dose
    assert (dose.value, dose.source) == ("low", "array name")


def test_the_projections_of_lodopab_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "observation_train_000.hdf5", "w") as file:
        file.create_dataset("data", data=np.zeros((2, 1000, 513), np.float32))
    refusal = refusal_of(tmp_path / "observation_train_000.hdf5")
    assert refusal.reason == "projections"
    assert "projections" in refusal.detail


def test_the_images_of_lodopab_are_read_once_their_range_is_told(tmp_path: Path) -> None:
    # Its authors' constants: mu of water 20, of air 0.02 and 81.35858 at most, in 1/m.
    mu = np.linspace(0.0, 81.35858, 362 * 362).reshape(1, 362, 362)
    with h5py.File(tmp_path / "ground_truth_train_000.hdf5", "w") as file:
        file.create_dataset("data", data=(mu / 81.35858).astype(np.float32))
    hu = hu_of(tmp_path / "ground_truth_train_000.hdf5", "unit:-1001:3071")
    np.testing.assert_allclose(hu, (mu - 20) / (20 - 0.02) * 1000, atol=0.51)


def test_values_in_other_files_are_not_followed(tmp_path: Path) -> None:
    np.full((9, 9), 7, "<i2").tofile(tmp_path / "other")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (9, 9), "<i2", external=[(str(tmp_path / "other"), 0, 162)])
    assert refusal_of(tmp_path / "a.h5").reason == "unsupported-format"
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["link"] = h5py.ExternalLink(str(tmp_path / "c.h5"), "x")
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["x"] = LOW
    assert refusal_of(tmp_path / "b.h5").reason == "array-shape"
    with h5py.File(tmp_path / "d.h5", "w") as file:
        layout = h5py.VirtualLayout(LOW.shape, LOW.dtype)
        layout[:] = h5py.VirtualSource(str(tmp_path / "c.h5"), "x", LOW.shape)
        file.create_virtual_dataset("x", layout)
    assert refusal_of(tmp_path / "d.h5").reason == "unsupported-format"


def test_what_is_larger_than_its_file_can_hold_is_refused_at_once(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (9000, 9000, 9000), "<f8", chunks=(1, 64, 64))
    assert refusal_of(tmp_path / "a.h5").reason == "not-a-ct-image"
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=np.zeros((40, 512, 512), np.int16), compression="gzip")
    assert refusal_of(tmp_path / "a.h5").reason == "not-a-ct-image"


@pytest.mark.parametrize("keep", [20, 500, 3000])
def test_damaged_files_are_refused(tmp_path: Path, keep: int) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = LOW.astype(float)
    (tmp_path / "a.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:keep])
    assert refusal_of(tmp_path / "a.h5").reason in {"undecodable", "array-shape"}
