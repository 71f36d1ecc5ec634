import dataclasses
import random
from pathlib import Path, PurePath

import pytest
from ct_files import read_header, write_stack
from hypothesis import given
from hypothesis import strategies as st

from pi.readers.files import list_files
from pi.readers.header import SliceHeader
from pi.readers.refusal import Refused
from pi.slices.pairing import PairedVolume, pair_series
from pi.slices.partners import match, tolerance
from pi.slices.series import build_series, same_pixels_in


def read_all(folder: Path) -> list[SliceHeader]:
    found = [read_header(folder, relative) for relative in sorted(list_files(folder, []))]
    return [header for header in found if isinstance(header, SliceHeader)]


def paired(folder: Path, headers: list[SliceHeader]) -> tuple[PairedVolume, tuple[Refused, ...]]:
    series, _ = build_series(headers, same_pixels_in(folder))
    (volume,), refused = pair_series(series)
    return volume, refused


def test_a_missing_slice_in_each_dose_shifts_nothing(tmp_path: Path) -> None:
    zs = [2.0 * i for i in range(20)]
    write_stack(tmp_path / "full", [z for z in zs if z != 10], dose="FD")
    write_stack(tmp_path / "low", [z for z in zs if z != 30], dose="QD")
    volume, refused = paired(tmp_path, read_all(tmp_path))
    assert [pair.low.position for pair in volume.pairs] == [z for z in zs if z not in (10, 30)]
    assert all(pair.low.position == pair.normal.position for pair in volume.pairs)
    assert (volume.low_left, volume.normal_left, volume.gaps) == (1, 1, 2)
    assert [item.refusal.reason for item in refused] == ["unpaired-slice"] * 2


def test_pairing_does_not_depend_on_the_order_of_listing(tmp_path: Path) -> None:
    write_stack(tmp_path / "full", (0, 2, 4, 8), dose="FD")
    write_stack(tmp_path / "low", (0, 4, 6, 8), dose="QD")
    headers = read_all(tmp_path)
    expected = paired(tmp_path, headers)
    for seed in range(5):
        shuffled = random.Random(seed).sample(headers, len(headers))
        assert paired(tmp_path, shuffled) == expected


def test_one_dose_alone_is_left_out_with_its_reason(tmp_path: Path) -> None:
    write_stack(tmp_path / "low", dose="QD")
    volume, refused = paired(tmp_path, read_all(tmp_path))
    assert (volume.pairs, volume.low_left, volume.normal_left) == ((), 3, 0)
    assert {item.refusal.reason for item in refused} == {"one-dose-only"}


@pytest.mark.parametrize(
    "change",
    [
        {"origin": (-3.4, -3.5, 0.0)},
        {"frame": {"spacing": 0.71}},
        {"frame": {"rows": 9}},
        {"frame": {"across": (0.0, 1.0, 0.0)}},
    ],
)
def test_doses_of_another_geometry_are_refused(tmp_path: Path, change: dict) -> None:
    write_stack(tmp_path / "full", [0.0], dose="FD")
    write_stack(tmp_path / "low", [0.0], dose="QD")
    full, low = read_all(tmp_path)
    if "frame" in change:
        change = {"frame": dataclasses.replace(low.frame, **change["frame"])}
    low = dataclasses.replace(low, facts=dataclasses.replace(low.facts, **change))
    volume, refused = paired(tmp_path, [full, low])
    if volume.pairs == () and {item.refusal.reason for item in refused} == {"unpaired-slice"}:
        return  # turned so far that it lies elsewhere
    assert volume.pairs == ()
    assert {item.refusal.reason for item in refused} == {"geometry-differs"}


def test_tolerance_follows_the_modal_step_and_has_a_floor() -> None:
    assert tolerance([0, 2, 4]) == pytest.approx(0.1)
    assert tolerance([0, 0.1, 0.2]) == 0.01
    assert tolerance([3]) == 0.01


def test_partners_lie_within_the_tolerance_and_no_farther() -> None:
    assert match([0, 2, 4], [0.09, 2.2, 4], 0.1) == ((0, 0), (2, 2))


lattice = st.lists(st.integers(0, 60), unique=True).map(sorted)


@given(lattice, lattice, st.floats(-0.09, 0.09))
def test_slices_of_one_lattice_pair_exactly_where_both_are(
    one: list[int], other: list[int], jitter: float
) -> None:
    found = match([2.0 * i for i in one], [2.0 * j + jitter for j in other], 0.1)
    assert {one[i] for i, _ in found} == set(one) & set(other)
    assert all(one[i] == other[j] for i, j in found)


@given(lattice, lattice)
def test_matching_is_symmetric(one: list[int], other: list[int]) -> None:
    turned = tuple((j, i) for i, j in match(other, one, 0.1))
    assert match(one, other, 0.1) == turned


def test_relative_paths_only(tmp_path: Path) -> None:
    write_stack(tmp_path / "full", [0.0])
    assert all(not PurePath(header.file).is_absolute() for header in read_all(tmp_path))
