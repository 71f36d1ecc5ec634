import os
from pathlib import Path

import pytest
from ct_files import write_patient, write_stack

from pi.readers.files import list_files
from pi.readers.identification import identify
from pi.readers.scan import scan


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    write_stack(tmp_path / "disk" / "full_3mm")
    source = tmp_path / "source"
    source.mkdir()
    (source / "a").symlink_to(tmp_path / "disk")
    (source / "b").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "loop").symlink_to(source)
    assert len(scan(source).slices) == 3


def test_a_folder_that_cannot_be_listed_is_refused_not_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patient(tmp_path / "in")
    (tmp_path / "in" / "locked").mkdir()
    listed = os.scandir

    def scandir(folder: str) -> object:
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scan(tmp_path / "in")
    assert [(item.file, item.refusal.reason) for item in found.refused] == [
        ("locked", "unreadable")
    ]
    assert found.files == 7


def test_files_are_listed_relative_to_the_source(tmp_path: Path) -> None:
    write_stack(tmp_path / "x", [0.0])
    assert [path.as_posix() for path in list_files(tmp_path, [])] == ["x/000001.IMA"]


def test_what_slices_share_is_held_once(tmp_path: Path) -> None:
    write_stack(tmp_path / "full")
    slices = scan(tmp_path).slices
    headers = identify(slices).headers
    assert len({id(one.frame) for one in slices}) == len({id(one.text) for one in slices}) == 1
    assert len({id(header.what) for header in headers}) == 1
