"""Where things lie, and that a secret is one."""

import stat
from pathlib import Path

import pytest

from pi.places import PlaceError, cache_folder, data_folder, secret, simulated_folder, store_folder


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


def test_the_secret_is_made_once_for_its_owner_alone(cache: Path) -> None:
    first = secret()
    assert len(first) == 32
    assert secret() == first
    assert stat.S_IMODE((cache / "secret").stat().st_mode) == 0o600
    assert [path.name for path in cache.iterdir()] == ["secret"]


def test_another_machine_has_another_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = secret()
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "other"))
    assert secret() != first
