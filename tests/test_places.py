"""Where things lie, and that a secret is one."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pi.places import (
    PlaceError,
    cache_folder,
    checkpoints_folder,
    data_folder,
    secret,
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


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 31])
def test_a_secret_that_is_too_short_is_an_error_and_stays(cache: Path, content: bytes) -> None:
    cache.mkdir()
    (cache / "secret").write_bytes(content)
    with pytest.raises(PlaceError, match=f"32 bytes or more but holds {len(content)}: ") as caught:
        secret()
    assert str(cache) not in str(caught.value)
    assert (cache / "secret").read_bytes() == content


@pytest.mark.parametrize("kind", ["folder", "link to nothing"])
def test_a_secret_that_cannot_be_read_is_an_error_without_its_path(cache: Path, kind: str) -> None:
    cache.mkdir()
    if kind == "folder":
        (cache / "secret").mkdir()
    else:
        (cache / "secret").symlink_to("nowhere")
    with pytest.raises(PlaceError, match="`secret` in PI_CACHE must be readable by you") as caught:
        secret()
    assert str(cache) not in str(caught.value)


def test_a_secret_that_another_process_made_first_is_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner = b"w" * 32

    def late(file: Path, scratch: Path) -> None:
        file.write_bytes(winner)
        os.link(scratch, file)

    monkeypatch.setattr(Path, "hardlink_to", late)
    assert secret() == winner
    assert [path.name for path in cache.iterdir()] == ["secret"]


def test_processes_that_start_at_once_agree_on_one_secret(cache: Path) -> None:
    command = [sys.executable, "-c", "from pi.places import secret; print(secret().hex())"]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in started}) == 1
    assert [path.name for path in cache.iterdir()] == ["secret"]


def test_a_file_system_without_hard_links_has_a_secret_too(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path, scratch: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    first = secret()
    assert (len(first), secret()) == (32, first)
    assert stat.S_IMODE((cache / "secret").stat().st_mode) == 0o600


def test_file_and_folder_are_on_disk_before_the_secret_is_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_mode))
    secret()
    assert [stat.S_ISDIR(mode) for mode in synced] == [False, True]


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


def shared_secret(patch: pytest.MonkeyPatch, file: Path, content: bytes, mode: int) -> None:
    file.write_bytes(content)
    file.chmod(mode)
    patch.setenv("PI_SECRET_FILE", str(file))


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_a_lab_has_one_secret_whatever_the_machine(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    shared_secret(monkeypatch, tmp_path / "lab", b"s" * 40, mode)
    assert secret() == b"s" * 40
    assert not (cache / "secret").exists()


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        (b"s" * 40, 0o644, "readable by its owner and group alone .* but its mode is 644"),
        (b"s" * 40, 0o660, "but its mode is 660"),
        (b"s" * 31, 0o600, "32 bytes or more but holds 31"),
        (None, 0, "must name an existing file .* chmod 640 FILE"),
    ],
)
def test_a_secret_that_is_none_or_everybodys_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, mode: int, message: str
) -> None:
    file = tmp_path / "lab"
    if content is None:
        monkeypatch.setenv("PI_SECRET_FILE", str(file))
    else:
        shared_secret(monkeypatch, file, content, mode)
    with pytest.raises(PlaceError, match=message) as caught:
        secret()
    assert str(file) not in str(caught.value)


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
