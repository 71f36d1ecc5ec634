"""What the board is given of these runs, by the paper's names."""

import numpy as np
import pytest
from report.compared import compared, configuration, configurations

from pi.comparison.effect import pooled_d
from pi.report.board import given, paper_names
from pi.report.configuration import DataFacts

NOT_SIMULATED = DataFacts(simulated=False)


def test_a_paper_experiment_is_found_by_name_then_by_encoder_then_as_a_demonstration() -> None:
    found = paper_names([configuration("demo1"), configuration("E2")])
    assert {name: one.name for name, one in found.items()} == {"E1": "demo1", "E2": "E2"}
    both = paper_names([configuration("demo1"), configuration("E1")])
    assert both["E1"].name == "E1"


def test_the_baseline_is_not_taken_for_e2_whose_encoder_it_has() -> None:
    assert set(paper_names([configuration("E2")])) == {"E2"}


def test_means_effects_and_lambdas_are_of_the_runs() -> None:
    comparison = compared()
    found = given(configurations(), comparison, NOT_SIMULATED)
    values = comparison.paired["ssim"].values
    assert found.means["E3"]["ssim"] == pytest.approx(values["E3"].mean())
    assert found.effects["E3"] == pytest.approx(pooled_d(values["E3"], values["E1"]))
    assert found.effects["E3"] > 0  # E1 over E3
    assert found.log10_ps["E3"] < np.log10(0.001)
    assert found.lambdas["E1"] == pytest.approx(1e-5)
    assert "baseline" not in found.lambdas
    assert found.psi_at_tenth["E2"] == pytest.approx(0.1 * 1900 / (1 + 0.1 * 1900))


def test_demonstrations_have_weights_of_their_own_and_simulated_data_are_called_so() -> None:
    comparison = compared({"demo1": 0.0, "demo2": -0.01}, reference=None)
    found = given([configuration("demo1"), configuration("demo2", -0.01)], comparison,
                  DataFacts(simulated=True))  # fmt: skip
    assert found.own_weights == {"E1", "E2"}
    assert found.data == "simulated"
    assert given(configurations(), compared(), NOT_SIMULATED).data == "other"


def test_without_the_papers_best_there_is_nothing_to_test_against() -> None:
    gains = {"E2": 0.0, "E3": -0.01}
    found = given(configurations(gains), compared(gains, reference=None), NOT_SIMULATED)
    assert (found.effects, found.log10_ps) == ({}, {})
    assert set(found.means) == {"E2", "E3"}
