"""Which series is denoised, and in which order."""

from pathlib import Path

import pytest
from ct_files import write_ct, write_stack

from pi.derived.chosen_series import choose_series
from pi.derived.found_scan import ScanError, find_scan


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    write_stack(tmp_path / "a", SeriesNumber=10, patient="Eichendorff")
    write_stack(tmp_path / "b", [0.0, 1.0], SeriesNumber=2, thickness=1, kernel="D45f")
    return tmp_path


def test_several_series_are_listed_and_one_is_chosen_by_its_number(mixed: Path) -> None:
    slices = find_scan(mixed).slices
    with pytest.raises(ScanError, match="the folder holds 2") as refused:
        choose_series(slices, 0)
    assert "1 (2 slices of 8 x 8, 1mm, D45), 2 (3 slices of 8 x 8, 3mm, B30)." in str(refused.value)
    assert "Eichendorff" not in str(refused.value)
    assert len(choose_series(slices, 1)) == 2
    assert len(choose_series(slices, 2)) == 3
    with pytest.raises(ScanError, match="got 3 of 2"):
        choose_series(slices, 3)


def test_slices_are_in_the_order_of_their_numbers_or_else_of_their_places(tmp_path: Path) -> None:
    for name, number, z in (("a", 2, 0.0), ("b", 10, 4.0), ("c", 1, 8.0)):
        write_ct(tmp_path / "numbered" / name, z=z, InstanceNumber=number)
        write_ct(tmp_path / "placed" / name, z=z, InstanceNumber=1)
    for folder, order in (("numbered", ["c", "a", "b"]), ("placed", ["a", "b", "c"])):
        chosen = choose_series(find_scan(tmp_path / folder).slices, 0)
        assert [one.file for one in chosen] == order


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"SOPInstanceUID": None}, "1 of 4 have not"),
        ({"SOPInstanceUID": "1.2.3"}, "1 of its 5 slices have"),
    ],
)
def test_a_slice_without_a_uid_of_its_own_is_refused(
    tmp_path: Path, tags: dict[str, str | None], told: str
) -> None:
    write_stack(tmp_path)
    write_ct(tmp_path / "x.dcm", z=7, **tags)
    if tags["SOPInstanceUID"]:
        write_ct(tmp_path / "y.dcm", z=9, **tags)
    with pytest.raises(ScanError, match=told):
        choose_series(find_scan(tmp_path).slices, 0)
