"""Where things lie."""

from pathlib import Path

import pytest

from pi.places import (
    PlaceError,
    cache_folder,
    checkpoints_folder,
    data_folder,
    simulated_folder,
    split_file,
    store_folder,
    weights_file,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_is_made_where_it_is_said(cache: Path) -> None:
    assert cache_folder() == cache.resolve()
    assert cache.is_dir()


def test_without_a_word_it_is_below_the_users_own_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == (tmp_path / ".cache" / "perceptual-influence").resolve()


def test_a_cache_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "file"))
    with pytest.raises(PlaceError, match="that can be made and written, but: File exists"):
        cache_folder()


@pytest.mark.parametrize("name", ["PI_DATA", "PI_CACHE"])
def test_a_user_that_there_is_not_is_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "~nobody-of-that-name/x")
    with pytest.raises(PlaceError, match=f"{name} must name"):
        data_folder() if name == "PI_DATA" else cache_folder()


def test_studies_and_stores_lie_in_it(cache: Path) -> None:
    assert simulated_folder("tiny", 5).parent == cache / "simulated"
    assert simulated_folder("tiny", 5) != simulated_folder("tiny", 6)
    assert store_folder("mayo") == cache / "stores" / "mayo"


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "a/b", "/a", "../a", "a/"])
def test_a_store_has_a_plain_name(name: str) -> None:
    with pytest.raises(PlaceError, match="plain name such as `mayo`"):
        store_folder(name)


# Files of one's own


def test_the_weight_file_is_the_one_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.h5").touch()
    monkeypatch.setenv("PI_WEIGHTS", str(tmp_path / "a.h5"))
    assert weights_file("own") == tmp_path / "a.h5"
    monkeypatch.setenv("PI_WEIGHTS", str(tmp_path))
    assert weights_file("own:a") == tmp_path / "a.h5"


@pytest.mark.parametrize("name", ["own", "own:none", "own:", "own:../Eichendorff/w", "own:a.h5"])
def test_weights_that_are_not_there_are_a_sentence_without_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(PlaceError, match="PI_WEIGHTS must name a weight file, or a folder of them"):
        weights_file(name)
    place = tmp_path / "Eichendorff"
    place.mkdir()
    (place / "w.h5").touch()
    monkeypatch.setenv("PI_WEIGHTS", str(place))
    with pytest.raises(PlaceError, match="PI_WEIGHTS must name") as caught:
        weights_file(name)
    assert "Eichendorff" not in str(caught.value)


def test_a_split_that_is_not_named_or_not_there_is_a_sentence_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PlaceError, match=r"PI_SPLIT must name the JSON file .* but is not set"):
        split_file()
    monkeypatch.setenv("PI_SPLIT", str(tmp_path / "Eichendorff.json"))
    with pytest.raises(PlaceError, match="PI_SPLIT must name an existing JSON file") as caught:
        split_file()
    assert "Eichendorff" not in str(caught.value)


def test_checkpoints_lie_in_the_cache_or_in_a_folder_that_is_there(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checkpoints_folder() == cache / "checkpoints"
    monkeypatch.setenv("PI_CHECKPOINTS", str(tmp_path))
    assert checkpoints_folder() == tmp_path
    monkeypatch.setenv("PI_CHECKPOINTS", str(tmp_path / "not mounted"))
    with pytest.raises(PlaceError, match="must name an existing folder") as caught:
        checkpoints_folder()
    assert "not mounted" not in str(caught.value)
