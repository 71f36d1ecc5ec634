"""From what the user calls the data to an open store, made once and not again."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ct_files import write_patient

from pi import source
from pi.places import PlaceError
from pi.readers.scan import SourceError
from pi.slices.folds import FoldError
from pi.slices.manifest import StoreError
from pi.slices.preparing import prepare
from pi.slices.split import SplitError
from pi.slices.store import Store
from pi.source import DataNameError, open_data


def opened(data: str, split: str = "auto", seed: int = 5) -> Store:
    return open_data(data, split=split, split_seed=seed, study_seed=5)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The stores that were made by the test, in a cache of its own."""
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    stores: list[Path] = []

    def counted(folder: Path, destination: Path, **options: Any) -> object:
        stores.append(destination)
        return prepare(folder, destination, **options)

    monkeypatch.setattr(source, "prepare", counted)
    return stores


@pytest.fixture
def dicom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ward 7 Eichendorff"
    for patient in ("Anton", "Berta", "Carl", "Dora", "Emil"):
        write_patient(folder, patient)
    monkeypatch.setenv("PI_DATA", str(folder))
    return folder


def parts(store: Store) -> dict[str, str]:
    return {volume.patient: volume.split for volume in store.volumes}


def test_the_simulated_study_is_made_once(
    tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "prepare", None)  # which would be called in vain
    store = opened("simulated:tiny")
    assert store.simulated
    assert opened("simulated:tiny:5").digest == store.digest
    assert opened("simulated:tiny", seed=6).digest == store.digest


def test_folds_are_views_of_one_store(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "prepare", None)  # which would be called in vain
    folds = [
        open_data("simulated:tiny", split="auto", split_seed=5, study_seed=5, fold=k, folds=10)
        for k in range(1, 11)
    ]
    assert opened("simulated:tiny").digest not in {fold.digest for fold in folds}
    tested = [{p for p, part in parts(fold).items() if part == "test"} for fold in folds]
    assert {len(patients) for patients in tested} == {1}
    assert set.union(*tested) == set(parts(folds[0]))


def test_a_fold_that_there_is_not_is_refused_before_anything_is_made(
    made: list[Path], dicom: Path
) -> None:
    with pytest.raises(FoldError, match="`fold` must be one of the 3 folds"):
        open_data("folder", split="auto", split_seed=5, study_seed=5, fold=4, folds=3)
    assert made == []


@pytest.mark.parametrize(
    "data",
    ["simulated", "simulated:", "simulated:huge", "simulated:tiny:x", "simulated:tiny:-1",
     "simulated:tiny:²", "simulated:tiny:1:2", "simulated:tiny:1.5"],
)  # fmt: skip
def test_a_study_that_there_is_not_is_refused(data: str) -> None:
    with pytest.raises(
        DataNameError, match=f"size of tiny, small, lesions, full, some, many but got {data!r}"
    ):
        opened(data)


def test_a_folder_is_prepared_again_only_if_a_file_in_it_changed(
    made: list[Path], dicom: Path
) -> None:
    digest = opened("folder").digest
    assert opened("folder").digest == digest
    assert len(made) == 1
    write_patient(dicom, "Frieda")
    assert opened("folder").digest != digest
    assert len(made) == 2
    file = next(dicom.rglob("*.IMA"))
    os.utime(file, ns=(1, 1))
    opened("folder")
    assert len(made) == 3


def test_the_name_of_the_store_tells_nothing_of_the_folder(made: list[Path], dicom: Path) -> None:
    opened("folder")
    assert made[0].name.startswith("folder-")
    assert not any(word in made[0].name.lower() for word in ("ward", "eichendorff", "7 "))


def test_another_seed_draws_another_split(made: list[Path], dicom: Path) -> None:
    one, other = opened("folder", seed=1), opened("folder", seed=2)
    assert (one.manifest.split, other.manifest.split) == ("seeded-1", "seeded-2")
    assert parts(one) != parts(other)
    assert parts(opened("folder", seed=1)) == parts(one)
    assert parts(opened("folder", seed=2)) == parts(other)
    assert len(made) == 2


def test_a_split_of_ones_own_that_was_edited_is_read_anew(
    made: list[Path], dicom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "split.json"
    monkeypatch.setenv("PI_SPLIT", str(own))
    own.write_text(json.dumps({"train": ["Anton"], "test": ["Berta", "Carl", "Dora", "Emil"]}))
    one = opened("folder", split="own")
    assert list(parts(one).values()).count("train") == 1
    own.write_text(json.dumps({"train": ["Anton", "Berta", "Carl"], "test": ["Dora", "Emil"]}))
    other = opened("folder", split="own")
    assert list(parts(other).values()).count("train") == 3
    assert len(made) == 2


def test_three_of_the_ten_are_drawn_anew_for_every_seed_and_kept_where_asked_for(
    made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patient in ("L067", "L109", "L143"):
        write_patient(tmp_path / "ten", patient)
    monkeypatch.setenv("PI_DATA", str(tmp_path / "ten"))
    assert opened("folder", seed=1).manifest.split == "seeded-1"
    assert set(parts(opened("folder", split="mayo2016")).values()) == {"train"}
    assert opened("folder", seed=2).manifest.split == "seeded-2"
    assert opened("folder", seed=1).manifest.split == "seeded-1"
    assert len(made) == 3


def test_a_store_of_a_named_split_that_leaves_parts_empty_is_not_what_auto_means(
    made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patient in ("L067", "L109", "L143"):
        write_patient(tmp_path / "ten", patient)
    monkeypatch.setenv("PI_DATA", str(tmp_path / "ten"))
    opened("folder", split="mayo2016")
    made[0].rename(made[0].with_name(made[0].name.rpartition("-")[0]))  # as auto once made it
    assert opened("folder", seed=1).manifest.split == "seeded-1"


def test_a_file_behind_a_link_that_was_replaced_by_one_of_equal_size_and_date_is_seen(
    made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patient(tmp_path / "elsewhere", "Anton")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "linked").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("PI_DATA", str(tmp_path / "data"))
    opened("folder")
    opened("folder")
    assert len(made) == 1
    file = next((tmp_path / "elsewhere").rglob("*.IMA"))
    facts = file.stat()
    os.utime(file, ns=(1, 1))
    opened("folder")
    assert len(made) == 2
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.replace(file)
    os.utime(file, ns=(facts.st_atime_ns, 1))
    opened("folder")
    assert len(made) == 3


def test_the_fingerprint_sees_what_the_scan_sees_under_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "to nothing").symlink_to("nowhere")
    (folder / "to itself").symlink_to("to itself")
    os.mkfifo(folder / "pipe")
    before = source._fingerprint(folder)
    assert source._fingerprint(folder) == before
    file = folder / os.fsdecode(b"M\xfcller.dcm")
    file.write_bytes(b"1")
    one = source._fingerprint(folder)
    file.write_bytes(b"22")
    assert len({before, one, source._fingerprint(folder)}) == 3


def test_a_split_that_there_is_not_is_refused_and_leaves_no_store(
    made: list[Path], dicom: Path
) -> None:
    with pytest.raises(SplitError, match="but got 'mayo2017'"):
        opened("folder", split="mayo2017")
    assert not any(folder.exists() for folder in made)


def test_a_folder_that_is_not_named_or_not_there_is_a_sentence_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PlaceError, match="PI_DATA must name your folder of scans but is not"):
        opened("folder")
    monkeypatch.setenv("PI_DATA", str(tmp_path / "Eichendorff"))
    with pytest.raises(PlaceError, match="must name an existing folder") as caught:
        opened("folder")
    assert "Eichendorff" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "notes"])
def test_a_folder_without_slices_is_a_sentence(
    made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    folder = tmp_path / "Eichendorff"
    folder.mkdir()
    if content:
        (folder / "notes.txt").write_text(content)
    monkeypatch.setenv("PI_DATA", str(folder))
    with pytest.raises(SourceError) as caught:
        opened("folder")
    assert "Eichendorff" not in str(caught.value)


def test_a_store_is_opened_by_its_name(made: list[Path], dicom: Path, tmp_path: Path) -> None:
    store = tmp_path / "cache" / "stores" / "mayo"
    prepare(dicom, store, split="auto", seed=0, secret=b"0" * 32)
    assert opened("mayo").digest == Store.open(store).digest
    assert made == []


@pytest.mark.parametrize("name", ["none", "SIMULATED:tiny"])
def test_a_store_that_there_is_not_is_refused(made: list[Path], name: str) -> None:
    with pytest.raises(StoreError, match="must exist but does not; make it with `prepare`"):
        opened(name)


def test_the_nearest_store_is_asked_about_and_all_are_told(
    made: list[Path], dicom: Path, tmp_path: Path, tiny_cache: Path
) -> None:
    stores = tmp_path / "cache" / "stores"
    stores.mkdir(parents=True)
    for known in (tiny_cache / "stores").glob("simulated-tiny-*"):
        (stores / known.name).symlink_to(known)
    store = tmp_path / "cache" / "stores" / "mayo"
    prepare(dicom, store, split="auto", seed=0, secret=b"0" * 32)
    with pytest.raises(
        StoreError, match=r"'mayp' \(did you mean mayo\?\).* take mayo, simulated:t"
    ):
        opened("mayp")
    with pytest.raises(StoreError, match=r"did you mean simulated:tiny\?"):
        opened("simulatd:tiny")


@pytest.mark.parametrize("name", ["../outside", "/etc", ".hidden", ""])
def test_a_path_is_no_name_of_a_store(made: list[Path], name: str) -> None:
    with pytest.raises(PlaceError, match="must be a plain name"):
        opened(name)
