"""Looks at lesions: of the data, where the table says, and put into slices before the denoiser."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pi.detection.detectability import detect
from pi.detection.inserted import KINDS, Inserted, choose_places, insert_lesions
from pi.detection.look import ANSWERS, EYE, look_at
from pi.detection.observers import area_under_curve
from pi.detection.paired_detection import compare_detection
from pi.detection.requirements import DetectionError, require_lesions
from pi.detection.resamples import interval
from pi.detection.sightings import NORMAL_DOSE, InsertedLesions, OwnLesions
from pi.evaluation.denoising import batches_of, of_pixels
from pi.evaluation.measure import volumes_of
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.influence.expanded_percentile import TOO_NARROW_BELOW
from pi.simulation.lesion import disc
from pi.slices.store import Store

Hu = np.ndarray


def blurred(hu: Hu) -> Hu:
    """A denoiser: the mean of 3 x 3 pixels."""
    padded = np.pad(hu.astype(np.float32), ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows, columns = hu.shape[1:]
    parts = [padded[:, r : r + rows, c : c + columns] for r in range(3) for c in range(3)]
    return np.mean(parts, axis=0, dtype=np.float32)


def seen_by(witness: OwnLesions | InsertedLesions, folder: Path) -> pd.DataFrame:
    """What a witness sees of the blurred test slices."""
    store = Store.open(folder)
    for number in volumes_of(store, "test"):
        for batch in batches_of(store, number, of_pixels(blurred), 4):
            witness(batch)
    return witness.table()


@pytest.fixture(scope="module")
def looks(lesion_folder: Path) -> pd.DataFrame:
    return seen_by(OwnLesions(), lesion_folder)


@pytest.fixture(scope="module")
def put_in(lesion_folder: Path) -> pd.DataFrame:
    return seen_by(InsertedLesions(blurred, 5), lesion_folder)


def test_a_look_answers_contrast_at_its_place_and_no_constant() -> None:
    look = look_at((60, 80), 1.5, (10.0, -7.0), 5.0)
    assert look is not None
    np.testing.assert_allclose(look.answers(np.full((60, 80), 1000.0)), 0, atol=1e-8)
    there, elsewhere = (disc((60, 80), 1.5, place, 5.0) for place in ((10.0, -7.0), (-30.0, 20.0)))
    assert (look.answers(there)[[0, -1]] > 0).all()
    np.testing.assert_allclose(look.answers(elsewhere), 0, atol=1e-12)
    moved = look_at((60, 80), 1.5, (10.0 + 3.0, -7.0 - 4.5), 5.0)  # by whole pixels: the same look
    assert moved is not None
    np.testing.assert_allclose(moved.filters, look.filters, atol=1e-9)


def test_a_place_at_the_edge_is_not_looked_at() -> None:
    assert look_at((60, 80), 1.5, (10.0, -40.0), 5.0) is None
    assert look_at((8, 8), 1.5, (0.0, 0.0), 5.0) is None


def test_every_slice_that_shows_a_lesion_or_its_place_alone_is_looked_at(
    looks: pd.DataFrame, lesion_store: Store
) -> None:
    thin = looks[(looks["thickness"] == 1) & (looks["kernel"] == "B30")]
    assert len(thin) == 2 * 8 * 8 * 3  # patients, lesions, slices, images
    assert thin["present"].mean() == 0.5
    assert set(looks["image"]) == {LOW_DOSE, NORMAL_DOSE, DENOISED}
    assert not looks[ANSWERS].isna().any(axis=None)
    low = lesion_store.manifest.lesions
    row = thin[(thin["image"] == LOW_DOSE) & thin["present"]].iloc[0]
    lesion = next(
        one for n, one in enumerate([o for o in low if o.patient == row["patient"]])
        if n == row["place"]
    )  # fmt: skip
    assert lesion.low_mm < row["position"] < lesion.high_mm
    assert (lesion.contrast_hu, lesion.radius_mm) == (row["contrast_hu"], row["radius_mm"])


def test_the_normal_dose_shows_lesions_as_faint_as_they_are(looks: pd.DataFrame) -> None:
    """The mean answer of the first channel is contrast times what a disc answers."""
    rows = looks[(looks["image"] == NORMAL_DOSE) & (looks["radius_mm"] == 5)]
    for contrast, of in rows.groupby("contrast_hu"):
        answers = of.groupby("present")["channel_0"].mean()
        look = look_at((128, 128), 2.7, (0.0, 0.0), 5.0)
        assert look is not None
        expected = float(contrast) * look.answers(disc((128, 128), 2.7, (0, 0), 5.0))[0]
        # The scanner blurs, at pixels of half a radius, and the anatomy differs.
        assert 0.4 < (answers[True] - answers[False]) / expected < 1.6


def test_inserted_lesions_are_the_same_noise_with_and_without(put_in: pd.DataFrame) -> None:
    assert set(
        map(tuple, put_in[["contrast_hu", "radius_mm"]].drop_duplicates().to_numpy())
    ) <= set(KINDS)
    keys = [*put_in.columns[: put_in.columns.get_loc("present")], "image"]
    by_place = put_in.pivot(index=keys, columns="present", values=EYE)
    assert not by_place.isna().any(axis=None)
    # Rounded, and otherwise linear: in both doses the difference is that of the disc.
    difference = (by_place[True] - by_place[False]).unstack("image")
    np.testing.assert_allclose(difference[LOW_DOSE], difference[NORMAL_DOSE], atol=0.05)
    assert (difference[LOW_DOSE] > 0).all()  # the eye looks for dark lesions


def test_insertion_by_hand_and_by_seed() -> None:
    hu = np.full((64, 64), 40, np.int16)
    one = Inserted((0.0, 0.0), -20.0, 5.0)
    found = insert_lesions(hu, [one], 1.0)
    assert (found[32, 32], found[5, 5], found.dtype) == (20, 40, np.int16)
    assert (40 - found.astype(int)).sum() == pytest.approx(20 * np.pi * 25, rel=0.01)
    places = [choose_places(hu, 1.0, 0, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert places[0] == places[1] != places[2]
    assert [(p.contrast_hu, p.radius_mm) for p in places[0]] == list(KINDS)
    assert choose_places(hu[:16, :16], 1.0, 0, np.random.default_rng(1)) == []
    steps = np.where(np.arange(64) % 8 < 4, 40, -500).astype(np.int16) * np.ones((64, 1), np.int16)
    assert choose_places(steps, 1.0, 0, np.random.default_rng(1)) == []


def test_the_normal_dose_is_the_easier_and_the_fainter_lesion_the_harder(
    put_in: pd.DataFrame,
) -> None:
    table = detect(put_in, 5).table
    means = table.groupby(["observer", "image"])["dprime"].mean()
    for observer in ("cho", "npwe"):
        assert means[observer, NORMAL_DOSE] > means[observer, LOW_DOSE]
    by_contrast = table.groupby(["observer", "image", "radius_mm", "contrast_hu"])["dprime"].mean()
    faint, dark = (by_contrast.xs(contrast, level="contrast_hu") for contrast in (-20.0, -40.0))
    assert (dark > faint).all()
    assert (table["dprime_low"] <= table["dprime"]).all()
    assert (table["dprime"] <= table["dprime_high"]).all()
    np.testing.assert_allclose(table["auc"], area_under_curve(table["dprime"].to_numpy()))


def test_lesions_of_the_data_are_detected_better_than_by_chance(looks: pd.DataFrame) -> None:
    detection = detect(looks, 5)
    table = detection.table
    assert table.groupby(["observer", "image"])["auc"].mean().min() > 0.52
    assert len(table) == 2 * 3 * 4
    assert (set(table["patients"]), set(table["places"])) == ({2}, {4})
    assert "3mm B30 25%" in detection.remark  # two slices show a lesion or its place alone


def test_few_patients_are_said_and_one_has_no_interval(looks: pd.DataFrame) -> None:
    two = detect(looks, 5)
    assert f"rest on 2 patients; below {TOO_NARROW_BELOW}" in two.remark
    one = detect(looks[looks["patient"] == "S002"], 5)
    assert "one patient bound nothing: no interval" in one.remark
    assert one.table["dprime_low"].isna().all()
    assert "[" not in one.text().splitlines()[3]
    scores = two.scores()
    assert set(scores) == {
        f"detection/{observer}_dprime{image}"
        for observer in ("cho", "npwe") for image in ("", "_low_dose", "_normal_dose")
    }  # fmt: skip


def test_an_interval_is_wider_of_few_patients_and_holds_the_estimate() -> None:
    values = np.concatenate([[2.0], np.random.default_rng(1).normal(2.5, 0.1, 1000)])
    wide, narrow = interval(values, 3), interval(values, 30)
    assert wide[0] < narrow[0] < 2.0 < narrow[1] < wide[1]
    assert narrow == pytest.approx((1.8, 2.2), abs=0.03)


def test_too_few_looks_are_an_error_in_words(looks: pd.DataFrame) -> None:
    with pytest.raises(DetectionError, match="looked at often enough for a covariance"):
        detect(looks.groupby(["thickness", "kernel", "image"]).head(4), 5)


def test_runs_are_compared_by_the_same_lesions(looks: pd.DataFrame) -> None:
    """The low dose against its own blur, and against itself."""
    low = looks[looks["image"] == LOW_DOSE]
    same = compare_detection([low], [low], 5)
    assert same["difference"].abs().max() == 0
    assert (same[["low", "high"]] == 0).all(axis=None)
    table = compare_detection([low], [looks, looks], 5)
    whole = table[table["contrast_hu"].isna()].set_index("observer")
    assert list(whole.index) == ["cho", "npwe"]
    assert (table["low"] <= table["difference"]).all()
    kinds = table[table["contrast_hu"].notna()]
    mean = kinds[kinds["observer"] == "cho"]["difference"].mean()
    assert whole.loc["cho", "difference"] == pytest.approx(mean)
    with pytest.raises(DetectionError, match="same lesions"):
        compare_detection([low], [low.iloc[1:]], 5)


def test_data_without_lesions_spacing_or_room_are_refused(lesion_store: Store) -> None:
    store = lesion_store
    require_lesions(store, "test", "lesions")
    none = Store(replace(store.manifest, lesions=()), store.maps)
    with pytest.raises(DetectionError, match=r"must have lesions .* but none has; simulated:les"):
        require_lesions(none, "test", "lesions")
    others = tuple(one for one in store.manifest.lesions if one.patient == "S002")
    parts = tuple(
        replace(v, split="validation" if v.patient == "S003" else v.split) for v in store.volumes
    )
    there = Store(replace(store.manifest, lesions=others, volumes=parts), store.maps)
    with pytest.raises(DetectionError, match="only those of test have"):
        require_lesions(there, "validation", "lesions")
    unscaled = tuple(replace(v, pixel_spacing=None) for v in store.volumes)
    blind = Store(replace(store.manifest, volumes=unscaled), store.maps)
    for task in ("lesions", "inserted_lesions"):
        with pytest.raises(DetectionError, match="must tell the pixel spacing"):
            require_lesions(blind, "test", task)  # type: ignore[arg-type]
    fine = tuple(replace(v, pixel_spacing=0.1) for v in store.volumes)
    with pytest.raises(DetectionError, match="rows and columns for a lesion"):
        require_lesions(
            Store(replace(store.manifest, volumes=fine), store.maps), "test", "inserted_lesions"
        )


class Bumpy(Store):
    """A store none of whose slices is flat anywhere."""

    def pair(self, volume: int, index: int) -> tuple[Hu, Hu]:
        low, _ = super().pair(volume, index)
        rows, columns = np.indices(low.shape)
        return low, np.where((rows // 4 + columns // 4) % 2, 300, -200).astype(np.int16)


def test_slices_without_any_flat_part_are_refused(lesion_store: Store) -> None:
    with pytest.raises(DetectionError, match="must have flat soft tissue with room"):
        require_lesions(Bumpy(lesion_store.manifest, lesion_store.maps), "test", "inserted_lesions")
