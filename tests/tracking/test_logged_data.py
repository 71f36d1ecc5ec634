"""The data of a run in the tracking store: by digest, and by fold where they are one."""

from dataclasses import replace
from pathlib import Path

from pi.slices.folds import Fold
from pi.slices.store import Store
from pi.tracking.logged_data import log_data
from pi.tracking.records import Record, read_run
from pi.tracking.tracker import Tracked


def logged(store: Store) -> tuple[Record, dict[str, object]]:
    with Tracked().open("train", "train mse") as tracked:
        facts = log_data(tracked, store, {"patches": 3})
    return read_run(tracked.run_id), facts


def test_a_run_on_a_fold_says_which_and_finds_others_by_it(
    tiny_store: Store, database: Path
) -> None:
    fold = tiny_store.in_fold(Fold(2, 10))
    record, facts = logged(fold)
    assert record.tags["pi.data_digest"] == fold.digest
    assert (record.tags["pi.fold"], record.tags["pi.folds"]) == ("2", "10")
    assert record.tags["mlflow.runName"] == "train mse · fold 2 of 10"
    assert facts == {
        "digest": fold.digest, "simulated": True, "patches": 3, "fold": 2, "folds": 10,
    }  # fmt: skip


def test_a_run_on_a_split_has_no_fold(tiny_store: Store, database: Path) -> None:
    record, facts = logged(tiny_store)
    assert record.tags["pi.data_digest"] == facts["digest"] == tiny_store.digest
    assert not {"pi.fold", "pi.folds"} & record.tags.keys()
    assert record.tags["mlflow.runName"] == "train mse"


def test_a_low_dose_that_was_not_scanned_is_said_so(tiny_store: Store, database: Path) -> None:
    volumes = [replace(one, low_dose="simulated") for one in tiny_store.volumes]
    manifest = replace(tiny_store.manifest, volumes=tuple(volumes))
    record, facts = logged(Store(manifest, tiny_store.maps))
    assert facts["simulated_low_doses"] == ["25%"]
    assert record.tags["pi.simulated_low_doses"] == "25%"
