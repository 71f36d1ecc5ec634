"""Lesions of simulated patients: where the record says they are, as faint as it says, no others."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pi.simulation.lesion import LESIONS, RECORD, Lesion, disc, read_lesions
from pi.simulation.lesion_places import CONTRASTS, RADII, SURROUND, with_lesions
from pi.simulation.patient import SIZES, StudySize, lesions_of, scan_patient
from pi.simulation.scanner import ScanSettings
from pi.slices.manifest import from_json, to_json
from pi.slices.preparing import prepare
from pi.slices.store import Store

TOY = StudySize("toy", pixels=64, views=90, slices=6, patients=3, with_lesions=(3,))
NOISELESS = ScanSettings(photons=1e12, electronic_variance=0.0)
ROD = Lesion("S003", 10.0, -5.0, 5.0, -20.0, 1.5, 4.5)


@pytest.mark.parametrize(
    ("position", "thickness", "shows"),
    [(2.0, 1.0, True), (4.0, 1.0, True), (5.0, 1.0, False), (1.0, 1.0, False), (3.0, 3.0, True),
     (4.0, 3.0, None), (6.0, 3.0, False), (3.0, 20.0, None)],
)  # fmt: skip
def test_a_slice_shows_a_rod_whole_not_at_all_or_is_cut_by_its_end(
    position: float, thickness: float, shows: bool | None
) -> None:
    assert ROD.is_in(position, thickness) is shows


def test_a_disc_has_its_area_and_its_middle() -> None:
    cover = disc((200, 100), 0.5, (7.0, -11.0), 6.0)
    assert cover.sum() * 0.25 == pytest.approx(np.pi * 36, rel=5e-3)
    rows, columns = np.mgrid[:200, :100]
    assert (cover * (columns - 49.5)).sum() / cover.sum() * 0.5 == pytest.approx(7.0, abs=1e-3)
    assert (cover * (rows - 99.5)).sum() / cover.sum() * 0.5 == pytest.approx(-11.0, abs=1e-3)


def test_every_radius_and_contrast_is_in_either_half_and_none_touches_another() -> None:
    lesions = lesions_of(SIZES["lesions"], 9, 5)
    assert sorted((one.radius_mm, one.contrast_hu) for one in lesions) == sorted(
        2 * [(radius, contrast) for radius in RADII for contrast in CONTRASTS]
    )
    top = max(one.high_mm for one in lesions)
    for radius in RADII:
        for contrast in CONTRASTS:
            ends = {
                (one.low_mm, one.high_mm)
                for one in lesions
                if (one.radius_mm, one.contrast_hu) == (radius, contrast)
            }
            assert ends == {(top - 8, top), (top - 16, top - 8)}
    for n, one in enumerate(lesions):
        for other in lesions[:n]:
            apart = np.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm)
            assert apart >= SURROUND * (one.radius_mm + other.radius_mm)


def test_the_scan_shows_the_contrast_at_the_place_and_nothing_elsewhere() -> None:
    small = replace(SIZES["lesions"], views=180)
    with_, placement = scan_patient(small, 9, 5, range(2), NOISELESS)
    without, _ = scan_patient(replace(SIZES["small"], views=180), 9, 5, range(2), NOISELESS)
    difference = (with_ - without)[0, 0, 0].astype(np.float64)
    shown = [one for one in lesions_of(small, 9, 5) if one.is_in(placement.top, 1.0)]
    assert len(shown) == 4
    expected = np.zeros_like(difference)
    for one in shown:
        place = (one.x_mm, one.y_mm)
        expected += one.contrast_hu * disc(expected.shape, placement.pixel, place, one.radius_mm)
        wide = disc(expected.shape, placement.pixel, place, 2 * one.radius_mm)
        known = one.contrast_hu * np.pi * one.radius_mm**2
        assert (difference * wide).sum() * placement.pixel**2 == pytest.approx(known, rel=0.05)
    away = sum(
        disc(expected.shape, placement.pixel, (one.x_mm, one.y_mm), 2 * one.radius_mm)
        for one in shown
    )
    assert np.abs(difference[np.asarray(away) == 0]).mean() < 0.3


def test_painted_contrast_is_exact() -> None:
    hu = np.full((64, 64), 100, np.float32)
    found = with_lesions(hu, [ROD], 2.0, 3.0)
    np.testing.assert_allclose(found, 100 - 20 * disc((64, 64), 2.0, (10.0, -5.0), 5.0), atol=1e-4)
    np.testing.assert_array_equal(with_lesions(hu, [ROD], 2.0, 5.0), hu)


def test_other_patients_are_those_of_the_study_without(tmp_path: Path) -> None:
    plain = replace(TOY, with_lesions=())
    for patient, same in ((1, True), (3, False)):
        scans = [scan_patient(size, patient, 5, range(1))[0] for size in (TOY, plain)]
        assert np.array_equal(*scans) is same
    assert SIZES["lesions"] == replace(SIZES["small"], name="lesions", with_lesions=(9, 10))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pi.simulation.dataset import simulate

    return simulate(TOY, tmp_path_factory.mktemp("lesions") / "toy", seed=5, workers=1)


def test_the_table_goes_with_the_study_and_the_store(study: Path, tmp_path: Path) -> None:
    lesions = lesions_of(TOY, 3, 5)
    assert len(lesions) == 8
    assert read_lesions(study) == lesions
    store = prepare(
        study, tmp_path / "store", split="auto", seed=5, secret=b"s", low_doses=()
    ).store
    assert store.manifest.lesions == lesions
    assert Store.open(tmp_path / "store").manifest == store.manifest
    assert {one.patient for one in lesions} <= {volume.patient for volume in store.volumes}
    assert from_json(to_json(replace(store.manifest, lesions=()))).lesions == ()
    assert LESIONS not in to_json(replace(store.manifest, lesions=()))  # as stores of before


def test_any_other_folder_tells_of_no_lesions(tmp_path: Path) -> None:
    assert read_lesions(tmp_path) == ()
    for content in ("[]", "{", '{"lesions": [{"x": 1}]}', json.dumps({"recipe": 1})):
        (tmp_path / RECORD).write_text(content)
        assert read_lesions(tmp_path) == ()
