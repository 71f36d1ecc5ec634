"""Where noise is measured: regions by a loop over their pixels, and what is cut out of them."""

import numpy as np
import pytest

from pi.evaluation.regions import RegionRule, block_sums, cut_regions, regions_of


@pytest.mark.parametrize("shape", [(64, 64), (47, 90), (33, 32)])
@pytest.mark.parametrize("side", [8, 18, 9])
def test_regions_are_those_by_a_loop_over_their_pixels(shape: tuple[int, int], side: int) -> None:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    target = np.where(np.hypot(rows - 20, columns - 22) < 19, 40, -1000).astype(np.int16)
    rule, step = RegionRule(inside=0.8), side // 2
    expected = [
        (r, c)
        for r in range(0, shape[0] - side + 1, step)
        for c in range(0, shape[1] - side + 1, step)
        if (target[r : r + side, c : c + side] == 40).mean() >= 0.8
    ]
    found = regions_of(target, rule, side)
    assert found == expected != []
    cut = cut_regions(target, found, side)
    assert (cut.dtype, cut.shape) == (np.float32, (len(found), side, side))
    row, column = found[-1]
    np.testing.assert_array_equal(cut[-1], target[row : row + side, column : column + side])


def test_blocks_are_summed_by_hand() -> None:
    plane = np.arange(15).reshape(3, 5)
    np.testing.assert_array_equal(block_sums(plane, 2), [[0 + 1 + 5 + 6, 2 + 3 + 7 + 8]])
    assert block_sums(plane, 1).tolist() == plane.tolist()
