"""A folder that appears whole or not at all."""

import os
from pathlib import Path

import pytest

from pi.new_folder import new_folder, require_new
from pi.places import PlaceError


def test_it_appears_at_the_end_and_is_private(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "out", "PI_EXPORT") as partial:
        (partial / "part").mkdir()
        (partial / "part" / "file").write_text("x")
        assert not (tmp_path / "deep" / "out").exists()
        assert partial.name.startswith(".out.")
    out = tmp_path / "deep" / "out"
    assert (out / "part" / "file").read_text() == "x"
    assert [(p.stat().st_mode & 0o777) for p in (out, out / "part", out / "part" / "file")] == [
        0o700, 0o700, 0o600,
    ]  # fmt: skip
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out", "PI_EXPORT") as partial:
        (partial / "file").touch()
    assert (tmp_path / "out" / "file").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_what_went_wrong(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), new_folder(tmp_path / "out", "PI_EXPORT") as partial:  # noqa: PT012
        (partial / "file").touch()
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Eichendorff").mkdir()
    (tmp_path / "Eichendorff" / "mine").touch()
    with pytest.raises(PlaceError, match="PI_EXPORT must name a folder that is new") as refused:
        require_new(tmp_path / "Eichendorff", "PI_EXPORT")
    assert "Eichendorff" not in str(refused.value)


def test_what_somebody_put_there_meanwhile_stays(tmp_path: Path) -> None:
    with (  # noqa: PT012
        pytest.raises(PlaceError, match="nothing was written"),
        new_folder(tmp_path / "out", "PI_DENOISED"),
    ):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "theirs"]


def test_a_disk_that_fails_is_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(PlaceError, match=r"PI_DENOISED must name .* No space left on device"),
        new_folder(tmp_path / "out", "PI_DENOISED"),
    ):
        raise OSError(28, os.strerror(28))
    assert list(tmp_path.iterdir()) == []
