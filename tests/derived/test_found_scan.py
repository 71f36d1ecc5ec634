"""What of a folder can be denoised, and refusals of one sentence that name nobody."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ct_files import write_ct, write_stack

from pi.derived.found_scan import ScanError, find_scan


def truncated(folder: Path) -> None:
    file = write_ct(folder / "Eichendorff.dcm", z=9)
    file.write_bytes(file.read_bytes()[:-50])


def test_what_lies_beside_a_scan_is_counted(tmp_path: Path) -> None:
    write_stack(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    write_ct(tmp_path / "scout.dcm", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    found = find_scan(tmp_path)
    assert len(found.slices) == 3
    assert not found.arrays
    assert found.beside == {"not-dicom": 1, "localizer": 1}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (truncated, r"1 of 4 files or slices cannot be read \(truncated 1\)"),
        (
            lambda folder: np.save(folder / "a.npy", np.full((4, 4), 9.5)),
            "3 slices of DICOM and 1 of arrays",
        ),
        (
            lambda folder: np.save(folder / "a.npy", np.full((4, 4), np.nan)),
            r"\(not-finite 1\)",
        ),
    ],
)
def test_a_scan_that_is_not_whole_or_not_alone_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    write_stack(tmp_path)
    spoil(tmp_path)
    with pytest.raises(ScanError, match=told) as refused:
        find_scan(tmp_path)
    assert "Eichendorff" not in str(refused.value)


def test_a_folder_without_slices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="none was found: it is empty"):
        find_scan(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ScanError, match=r"none was found: of 1 files \(not-dicom 1\)"):
        find_scan(tmp_path)
