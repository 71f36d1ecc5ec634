"""The strip of patients: who stands where."""

from io import BytesIO

import numpy as np
import pytest
from report.compared import compared

from pi.figures.patient_gains import draw_patient_strips, patient_strips


def test_a_dot_is_a_patients_mean_gain() -> None:
    comparison = compared({"E1": 0.0, "E2": -0.01}, patients=3)
    (strip,) = patient_strips(comparison.contrasts)
    values = comparison.paired["ssim"].patient_means()
    assert strip.patients == ("S000", "S001", "S002")
    assert strip.gains == pytest.approx(values["E2"] - values["E1"])
    assert strip.mean == pytest.approx(strip.gains.mean())
    assert strip.agreement == "3 of 3 agree"


def test_a_patient_has_the_same_height_in_every_row_and_all_are_drawn() -> None:
    comparison = compared(patients=4)
    figure = draw_patient_strips(patient_strips(comparison.contrasts), "ssim")
    (axes,) = figure.axes
    first, second = (np.asarray(dots.get_offsets())[:, 1] for dots in axes.collections[:2])
    assert second - first == pytest.approx([1, 1, 1, 1])
    figure.savefig(BytesIO(), format="png")
