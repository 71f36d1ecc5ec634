"""A table of anybody's metrics: whose columns, which slices, and what it lacks."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from subjects.small_store import SLICES, small_store

from pi.errors import PiError
from pi.evaluation.measure import Evaluation
from pi.evaluation.protocol import FULL_FLOAT, PAPER8, Protocol
from pi.evaluation.scores import scores
from pi.evaluation.summary import summary_text
from pi.evaluation.table import KEY, wide
from pi.slices.store import Store
from pi.subjects import fetch_subject, require_images
from pi.subjects.table_columns import COLUMNS_FILE

EVERY = 4 * SLICES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_TABLES", str(tmp_path))
    return tmp_path


@pytest.fixture
def store() -> Store:
    return small_store()


def measured(name: str, store: Store, protocols: tuple[Protocol, ...] = (PAPER8,)) -> Evaluation:
    subject = fetch_subject(name)
    subject.check(store, "test", 4, protocols)
    return subject.evaluation(store, "test", protocols, 4, lambda _: None)


def public(store: Store, **more: object) -> pd.DataFrame:
    """As one that exists in public: configuration, seed, slice_id, patient_id, ssim, psnr."""
    rows = [
        {"configuration": name, "seed": seed, "slice_id": i + 1, "patient_id": volume.patient,
         "kernel": f"{volume.kernel}f", "ssim": 0.9 + seed / 100 + i / 1000, "psnr": 30.0 + i}
        for name in ("demo", "mse") for seed in (1, 2)
        for volume in store.volumes for i in range(SLICES)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**more)


def test_a_public_table_is_read_by_configuration_and_seed(store: Store, folder: Path) -> None:
    public(store).to_csv(folder / "theirs.csv", index=False)
    found = measured("table:theirs:demo:2", store).slices
    assert len(found) == EVERY
    assert set(found["image"]) == {"denoised"}
    assert set(found["protocol"]) == {"paper8"}
    index = found.groupby(["patient", "thickness"]).cumcount()
    assert found["ssim"].tolist() == pytest.approx((0.92 + index / 1000).tolist())
    assert [*found] == [*KEY[:-1], "position", "protocol", "image", "ssim", "psnr"]
    subject = fetch_subject("table:theirs:demo:2")
    assert subject.params == {"experiment": "demo", "table_seed": "2"}
    assert subject.model
    assert "has no nrmse, rmse_clipped_hu, rmse_hu, mae_hu, bias_hu" in subject.remark


@pytest.mark.parametrize("options", [{"sep": ";"}, {"sep": ";", "decimal": ","}, {"sep": "\t"}])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_of_a_spreadsheet_is_the_same_table(
    store: Store, folder: Path, options: dict[str, str], encoding: str
) -> None:
    public(store).to_csv(folder / "plain.csv", index=False)
    public(store).to_csv(folder / "other.csv", index=False, encoding=encoding, **options)  # type: ignore[arg-type]
    plain, other = (measured(f"table:{name}:demo:2", store) for name in ("plain", "other"))
    assert other.slices.equals(plain.slices)


def test_a_table_without_low_dose_has_means_and_no_gains(store: Store, folder: Path) -> None:
    public(store).to_csv(folder / "theirs.csv", index=False)
    found = measured("table:theirs:mse:1", store)
    numbers = scores(found)
    assert numbers["paper8/psnr"] == pytest.approx(31.0)
    assert not [name for name in numbers if "gain" in name or "low_dose" in name or "hu" in name]
    assert [*wide(found.slices)] == ["slice", "paper8/ssim", "paper8/psnr", *KEY]
    assert "RMSE" not in summary_text(found.slices)


def test_our_own_table_comes_back_as_it_was(store: Store, folder: Path) -> None:
    """An oracle: the table that an evaluation logs, evaluated."""
    identity = fetch_subject("identity").evaluation(
        store, "test", (FULL_FLOAT, PAPER8), 4, lambda _: None
    )
    identity.slices.to_parquet(folder / "ours.parquet")
    found = measured("table:ours", store, (FULL_FLOAT, PAPER8))
    assert found.slices.equals(identity.slices)
    assert fetch_subject("table:ours").remark == ""
    only = measured("table:ours", store, (FULL_FLOAT,)).slices
    assert set(only["protocol"]) == {"full_float"}


def test_slices_are_found_by_place_and_by_the_whole_key(store: Store, folder: Path) -> None:
    keys = [v.key(i) for v in store.volumes for i in range(SLICES)]
    by_place = pd.DataFrame(
        {
            "case": [k.patient for k in keys],
            "Position_mm": [k.position for k in keys],
            "slice_thickness": [k.thickness for k in keys],
            "rmse": 1.0,
        }
    )
    by_place.to_csv(folder / "place.csv", index=False)
    (folder / COLUMNS_FILE).write_text(json.dumps({"rmse_hu": "rmse"}))
    assert len(measured("table:place", store).slices) == EVERY
    whole = pd.DataFrame({"patient": "any", "slice": [*map(str, keys)], "rmse": 1.0})
    whole.to_csv(folder / "whole.csv", index=False)
    assert len(measured("table:whole", store).slices) == EVERY


def changed(
    change: Callable[[pd.DataFrame], pd.DataFrame], file: str = "t.csv"
) -> Callable[[Store, Path], None]:
    def write(store: Store, folder: Path) -> None:
        table = public(store)
        change(table[(table["configuration"] == "demo") & (table["seed"] == 1)]).to_csv(
            folder / file, index=False
        )

    return write


def swapped(store: Store) -> pd.DataFrame:
    """Whole keys, each beside the other of the two patients."""
    keys = [v.key(i) for v in store.volumes for i in range(SLICES)]
    others = {"S001": "S002", "S002": "S001"}
    return pd.DataFrame(
        {"patient": [others[k.patient] for k in keys], "slice": [*map(str, keys)], "ssim": 0.9}
    )


WRONG: list[tuple[Callable[[Store, Path], object], str]] = [
    (changed(lambda t: t.drop(columns="patient_id")), "patient and slice but has none for patient"),
    (changed(lambda t: t.drop(columns="slice_id")), "but has none for slice or position"),
    (changed(lambda t: t.drop(columns=["ssim", "psnr"])), "at least one of the columns ssim"),
    (changed(lambda t: t.iloc[2:]), "evaluated but 2 have none, and 0 of its 10"),
    (changed(lambda t: t.assign(patient_id="L067")), "and 12 of its 12 rows are of no slice"),
    (changed(lambda t: pd.concat([t, t.iloc[:1]])), "a slice must be in the table once"),
    (changed(lambda t: t.assign(ssim=float("nan"))), "`ssim` must be finite"),
    (changed(lambda t: t.assign(ssim="good")), "`ssim` of 'table:t' must be numbers but 12 of 12"),
    (changed(lambda t: t.assign(ssim=93.0)), "must be between -1 and 1 but 12 of 12 are not, such"),
    (changed(lambda t: t.assign(rmse_hu=-1.0)), "`rmse_hu` of .* must be between 0 and inf but 12"),
    (lambda s, f: swapped(s).to_csv(f / "t.csv"), "12 have none, and 12 of its 12 rows are of no"),
    (changed(lambda t: t.drop(columns="kernel")), "in thickness, kernel and dose, but 12 of 12"),
    (changed(lambda t: t.assign(image="mine")), "must say low_dose or denoised but says others"),
    (changed(lambda t: t.assign(protocol="other")), "that are asked for but its are other"),
    (lambda s, f: (f / "t.csv").write_bytes(b"\xff\xfe\x01,\n"), "must be a readable CSV"),
    (lambda s, f: (f / "t.parquet").write_bytes(b"PAR1"), "must be a readable CSV or Parquet"),
    (lambda s, f: public(s).to_csv(f / "t.csv"), "one configuration of the table, demo, mse"),
    (lambda s, f: public(s, configuration="x").to_csv(f / "t.csv"), "one seed of the table, 1, 2"),
    (lambda s, f: None, "PI_TABLES must name NAME.csv or NAME.parquet"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "said"), WRONG, ids=[said[-25:] for _, said in WRONG])
def test_what_is_wrong_is_one_sentence(
    store: Store, folder: Path, write: Callable[[Store, Path], object], said: str
) -> None:
    write(store, folder)
    with pytest.raises(PiError, match=said) as caught:
        measured("table:t", store)
    assert str(folder) not in str(caught.value)


def test_the_protocol_of_a_table_is_not_guessed(store: Store, folder: Path) -> None:
    public(store).to_csv(folder / "t.csv", index=False)
    with pytest.raises(PiError, match=r"`protocols` must be the one by which .* but are 2"):
        measured("table:t:demo:1", store, (PAPER8, FULL_FLOAT))
    for name in ("table:t:demo:1:2", "table:t:none:1"):
        with pytest.raises(PiError, match="`run` must"):
            measured(name, store)


@pytest.mark.parametrize("mapping", ["{", "[]", '{"ssim": "nowhere"}', '{"colour": "ssim"}'])
def test_a_mapping_that_does_not_fit_is_refused(store: Store, folder: Path, mapping: str) -> None:
    public(store).to_csv(folder / "t.csv", index=False)
    (folder / COLUMNS_FILE).write_text(mapping)
    with pytest.raises(PiError, match=rf"{COLUMNS_FILE} must map"):
        fetch_subject("table:t:demo:1")


def test_a_table_has_no_slices_to_look_at(store: Store, folder: Path) -> None:
    public(store).to_csv(folder / "t.csv", index=False)
    subject = fetch_subject("table:t:demo:1")
    assert not subject.pictured
    with pytest.raises(PiError, match="it has no slices"):
        subject.denoising(store)
    with pytest.raises(PiError, match="`metrics_table` must be False with 'table:t:demo:1'"):
        require_images(subject, "metrics_table")
