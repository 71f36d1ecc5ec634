"""The matrix of all pairs."""

from io import BytesIO

import numpy as np
from report.compared import compared

from pi.figures.pair_matrix import draw_pair_matrix, pair_matrix

RUNS = ["E1", "E4", "E2", "baseline", "E3"]


def test_effects_are_antisymmetric_and_p_symmetric() -> None:
    comparison = compared(reference=None)
    matrix = pair_matrix(comparison.contrasts, RUNS)
    off = ~np.eye(5, dtype=bool)
    assert np.isnan(np.diag(matrix.effects)).all()
    assert (matrix.effects[off] == -matrix.effects.T[off]).all()
    assert (matrix.log10_ps[off] == matrix.log10_ps.T[off]).all()


def test_a_row_that_is_better_is_above_zero() -> None:
    comparison = compared(reference=None)
    matrix = pair_matrix(comparison.contrasts, RUNS)
    pair = next(o for o in comparison.contrasts if (o.reference, o.other) == ("E1", "E3"))
    assert pair.slices.effects.rank_biserial.value < 0
    assert matrix.effects[RUNS.index("E1"), RUNS.index("E3")] > 0.9


def test_pairs_that_were_not_compared_stay_empty_and_it_can_be_drawn() -> None:
    matrix = pair_matrix(compared().contrasts, RUNS)
    assert np.isfinite(matrix.effects).sum() == 8
    figure = draw_pair_matrix(matrix)
    assert len(figure.axes[0].texts) == 8
    figure.savefig(BytesIO(), format="svg")
