"""A secret is one: made once, its owner's or a lab's alone, and long enough."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pi.places import PlaceError
from pi.secret import secret

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


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
    command = [sys.executable, "-c", "from pi.secret import secret; print(secret().hex())"]
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
