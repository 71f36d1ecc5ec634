from pathlib import Path

import pytest
from dose_folders import understood, write_doses, write_series
from hypothesis import given
from hypothesis import strategies as st

from pi.readers.reconstructions import common_thicknesses


def kinds(source: Path) -> set[tuple[float, str]]:
    headers = understood(source).headers
    return {(one.reconstruction.thickness, one.reconstruction.kernel) for one in headers}


def test_2_999_mm_are_3_mm(tmp_path: Path) -> None:
    write_series(tmp_path / "PT" / "full", "PT", 10, SliceThickness="3")
    write_series(tmp_path / "PT" / "low", "PT", 20, SliceThickness="2.999")
    found = understood(tmp_path)
    assert kinds(tmp_path) == {(3.0, "B30")}
    assert "slices of 2.999 mm are taken with those of 3 mm." in found.messages


def test_the_strength_of_an_iterative_method_makes_two_reconstructions(tmp_path: Path) -> None:
    for strength in ("3", "5"):
        write_doses(
            tmp_path / "PT" / strength, "PT", "full", "low",
            ConvolutionKernel=["Br40d", strength], StudyInstanceUID="1.3.1",
        )  # fmt: skip
    assert kinds(tmp_path) == {(3.0, "BR40-3"), (3.0, "BR40-5")}


def test_a_strength_does_not_contradict_the_kernel_of_a_folder(tmp_path: Path) -> None:
    write_series(tmp_path / "B30" / "full", "PT", 10, ConvolutionKernel=["B30f", "3"])
    assert kinds(tmp_path) == {(3.0, "B30-3")}


def test_missing_kernel_and_thickness_are_one_unknown_of_each_and_are_said(tmp_path: Path) -> None:
    write_doses(tmp_path, "PT", "full", "low", ConvolutionKernel=None, SliceThickness=None)
    found = understood(tmp_path)
    assert kinds(tmp_path) == {(0.0, "unknown")}
    assert sum("no kernel" in text for text in found.messages) == 1
    assert sum("no thickness" in text for text in found.messages) == 1


@pytest.mark.parametrize(
    ("folder", "thickness"),
    [("full_0.625mm", 0.625), ("full 5 mm", 5.0), ("full_2mm_spacing", 0.0), ("full_1,25mm", 1.25)],
)
def test_a_thickness_is_read_off_a_name_where_the_header_has_none(
    tmp_path: Path, folder: str, thickness: float
) -> None:
    write_series(tmp_path / folder, "PT", 10, SliceThickness=None)
    assert kinds(tmp_path) == {(thickness, "B30")}


def test_a_free_text_for_a_kernel_stays_private(tmp_path: Path) -> None:
    write_series(tmp_path / "full", "PT", 10, ConvolutionKernel="Eichendorff")
    found = understood(tmp_path)
    assert kinds(tmp_path) == {(3.0, "other-1")}
    assert "ichendorff" not in repr(found.messages).lower()


def test_the_commonest_thickness_names_its_neighbours() -> None:
    assert common_thicknesses([3, 2.999, 2.999, 1, 5.0]) == {3: 2.999, 2.999: 2.999, 1: 1, 5: 5}
    assert common_thicknesses([3.0, 2.999]) == {3.0: 3.0, 2.999: 3.0}
    assert common_thicknesses([0.0, 0.04]) == {0.0: 0.0, 0.04: 0.04}


@given(st.lists(st.integers(1, 300), min_size=1))
def test_thicknesses_become_neighbours_in_any_order(hundredths: list[int]) -> None:
    values = [one / 100 for one in hundredths]
    common = common_thicknesses(values)
    assert all(abs(value - name) <= 0.05 + 1e-9 for value, name in common.items())
    assert all(common[name] == name for name in common.values())
    assert common_thicknesses(reversed(values)) == common
