import dataclasses
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

import pytest
from ct_files import ct_dataset, noise, read_header, write_ct

from pi.readers.header import SliceHeader
from pi.slices.series import build_series, gaps, modal_step, same_pixels_in


def headers(folder: Path, slices: Sequence[dict[str, Any]]) -> list[SliceHeader]:
    found = []
    for number, facts in enumerate(slices):
        write_ct(folder / f"{number}", **facts)
        header = read_header(folder, PurePath(f"{number}"))
        assert isinstance(header, SliceHeader), header
        found.append(header)
    return found


def build(
    folder: Path, slices: Sequence[dict[str, Any]]
) -> tuple[list[tuple[float, ...]], set[str]]:
    series, refused = build_series(headers(folder, slices), same_pixels_in(folder))
    return [one.positions for one in series], {item.refusal.reason for item in refused}


def test_slices_are_ordered_along_their_normal_not_along_z(tmp_path: Path) -> None:
    coronal = [1, 0, 0, 0, 0, -1]
    slices = [
        {"ImageOrientationPatient": coronal, "ImagePositionPatient": [0, y, 5], "z": y}
        for y in (40, 70, 80, 60, 50)
    ]
    assert build(tmp_path, slices)[0] == [(40, 50, 60, 70, 80)]


def test_the_order_of_listing_does_not_matter(tmp_path: Path) -> None:
    found = headers(tmp_path, [{"z": z} for z in (0, 2, 4, 6)])
    same = same_pixels_in(tmp_path)
    assert build_series(found, same) == build_series(reversed(found), same)


def test_a_copy_is_dropped(tmp_path: Path) -> None:
    assert build(tmp_path, [{"z": 0}, {"z": 2}, {"z": 2}]) == ([(0, 2)], {"duplicate"})


def test_a_copy_under_another_uid_is_dropped(tmp_path: Path) -> None:
    slices = [{"z": 0}, {"z": 2}, {"z": 2, "SOPInstanceUID": "1.2.3"}]
    assert build(tmp_path, slices) == ([(0, 2)], {"duplicate"})


def test_two_images_at_one_position_go_both(tmp_path: Path) -> None:
    slices = [{"z": 0}, {"z": 2}, {"z": 2, "SOPInstanceUID": "1.2.3", "hu": noise("other", 9)}]
    assert build(tmp_path, slices) == ([(0,)], {"conflicting-duplicate"})


def test_one_uid_for_two_images_tells_nothing(tmp_path: Path) -> None:
    slices = [{"z": 0}, {"z": 2, "SOPInstanceUID": ct_dataset(z=0).SOPInstanceUID}, {"z": 4}]
    assert build(tmp_path / "a", slices) == ([(0, 2, 4)], set())


def test_one_uid_and_one_image_at_two_places_is_a_copy(tmp_path: Path) -> None:
    same = {"SOPInstanceUID": "1.2.3", "hu": noise("same", 9)}
    slices = [{"z": 0, **same}, {"z": 2, **same}, {"z": 4}]
    assert build(tmp_path, slices) == ([(0, 4)], {"duplicate"})


def test_files_without_a_uid_are_not_copies_of_each_other(tmp_path: Path) -> None:
    found = headers(tmp_path, [{"z": 0}, {"z": 2}])
    nameless = [
        dataclasses.replace(one, facts=dataclasses.replace(one.facts, instance="")) for one in found
    ]
    series, refused = build_series(nameless, same_pixels_in(tmp_path))
    assert (series[0].positions, refused) == ((0, 2), ())


def test_acquisitions_that_interleave_are_refused(tmp_path: Path) -> None:
    slices = [{"z": z} for z in (0, 4, 8)]
    slices += [{"z": z, "AcquisitionNumber": 9} for z in (1, 5, 9)]
    assert build(tmp_path, slices) == ([], {"overlapping-series"})


def test_acquisitions_one_above_the_other_are_one_stack(tmp_path: Path) -> None:
    slices = [{"z": z} for z in (0, 2, 4)] + [{"z": z, "AcquisitionNumber": 9} for z in (6, 8)]
    assert build(tmp_path, slices) == ([(0, 2, 4, 6, 8)], set())


def test_a_slice_of_another_grid_leaves_the_series(tmp_path: Path) -> None:
    slices = [{"z": 0}, {"z": 2}, {"z": 4, "PixelSpacing": [0.9, 0.9]}]
    assert build(tmp_path, slices) == ([(0, 2)], {"mixed-geometry"})


@pytest.mark.parametrize(("lean", "sheared"), [(0.0, False), (0.5, True)])
def test_a_tilted_gantry_is_noticed(tmp_path: Path, lean: float, sheared: bool) -> None:
    slices = [{"z": z, "ImagePositionPatient": [0, lean * z, z]} for z in (0, 2, 4)]
    series, _ = build_series(headers(tmp_path, slices), same_pixels_in(tmp_path))
    assert series[0].sheared is sheared


def test_one_slice_is_a_series(tmp_path: Path) -> None:
    series, _ = build_series(headers(tmp_path, [{"z": 3}]), same_pixels_in(tmp_path))
    assert series[0].positions == (3,)
    assert not series[0].sheared


def test_gaps_are_measured_in_steps_not_in_slice_thickness() -> None:
    assert gaps([0, 2, 4, 6]) == 0  # 3 mm thick, 2 mm apart: no gap
    assert gaps([0, 2, 4, 8, 10]) == 1
    assert gaps([5]) == gaps([]) == 0


def test_the_modal_step_is_the_commonest() -> None:
    assert modal_step([0, 2, 4, 8, 10.0000001]) == 2
    assert modal_step([7]) == 0
