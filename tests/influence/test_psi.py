"""Psi, its inverse and the rounding rules, against the authors' published losses first."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.errors import PiError
from pi.influence import psi as module
from pi.influence.psi import (
    InfluenceError,
    InvalidLossError,
    InvalidTargetError,
    InvalidWeightError,
    NoImageLossError,
    NoLossError,
    NoPerceptualLossError,
    checked_losses,
    from_log_odds,
    layer_shares,
    log_odds,
    odds_of,
    psi,
    round_weight,
    weight_for_psi,
)

# The authors' logs: experiment, epoch, MSE, PL; then what method.md 1.1 says of them at a target
# of 0.95: lambda exact, its decade, Psi at the paper's lambda, Psi at 0.1, each as printed.
AUTHORS = [
    ("E1", 1, "2.041e-4", "576.0", "6.732e-06", 1e-5, "0.9658", "0.999996"),
    ("E1", 5, "9.794e-5", "433.2", "4.296e-06", 1e-5, "0.9779", "0.999998"),
    ("E1", 10, "9.700e-5", "422.3", "4.364e-06", 1e-5, "0.9775", "0.999998"),
    ("E2", 1, "2.936e-4", "0.7757", "7.191e-03", 1e-2, "0.9635", "0.99623"),
    ("E2", 5, "1.266e-4", "0.5372", "4.480e-03", 1e-2, "0.9770", "0.99765"),
    ("E2", 10, "1.242e-4", "0.5127", "4.602e-03", 1e-2, "0.9763", "0.99758"),
    ("E3", 1, "2.442e-3", "737.4", "6.293e-05", 1e-4, "0.7512", "0.99997"),
    ("E3", 5, "1.740e-4", "192.4", "1.719e-05", 1e-5, "0.9170", "0.99999"),
    ("E3", 10, "1.611e-4", "163.6", "1.871e-05", 1e-5, "0.9103", "0.99999"),
    ("E4", 1, "2.733e-4", "18.80", "2.763e-04", 1e-4, "0.8731", "0.99985"),
    ("E4", 5, "1.143e-4", "9.154", "2.372e-04", 1e-4, "0.8890", "0.99988"),
    ("E4", 10, "1.097e-4", "8.193", "2.544e-04", 1e-4, "0.8819", "0.99987"),
]
PAPER = {"E1": 1e-5, "E2": 1e-2, "E3": 1e-5, "E4": 1e-4}
AUTHORS_IDS = [f"{row[0]}-epoch{row[1]}" for row in AUTHORS]

losses = st.floats(1e-8, 1e8)
targets = st.floats(1e-4, 1 - 1e-4)


def unit(printed: str) -> float:
    """One unit of the last digit of ``printed``."""
    mantissa, _, exponent = printed.partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


def agrees(value: Callable[[float, float], float], image: str, loss: str, printed: str) -> bool:
    """Whether ``printed`` is ``value`` of losses that are themselves known as printed only.

    ``value`` falls in one of the losses and rises in the other, so its bounds are at corners.
    """
    (m, dm), (p, dp) = ((float(text), unit(text) / 2) for text in (image, loss))
    corners = [value(m - dm, p + dp), value(m + dm, p - dp)]
    half = unit(printed) / 2
    return min(corners) - half <= float(printed) <= max(corners) + half


def rounded(rule: module.Rounding, image: float, perceptual: float) -> float:
    exact = weight_for_psi(image, perceptual, 0.95)
    return round_weight(exact, rule, lambda w: float(psi(image, perceptual, w)))


@pytest.mark.parametrize("row", AUTHORS, ids=AUTHORS_IDS)
def test_the_authors_losses_give_the_lambda_and_psi_worked_out_from_them(
    row: tuple[str, int, str, str, str, float, str, str],
) -> None:
    name, _, image, perceptual, exact, decade, at_paper, at_habit = row
    assert agrees(lambda m, p: weight_for_psi(m, p, 0.95), image, perceptual, exact)
    assert rounded("nearest_decade_log10", float(image), float(perceptual)) == decade
    assert agrees(lambda m, p: float(psi(m, p, PAPER[name])), image, perceptual, at_paper)
    assert agrees(lambda m, p: float(psi(m, p, 0.1)), image, perceptual, at_habit)


def reproduced(rule: module.Rounding) -> dict[str, float]:
    return {row[0]: rounded(rule, float(row[2]), float(row[3])) for row in AUTHORS if row[1] == 10}


def test_the_nearest_decade_in_log10_reproduces_the_four_lambdas_of_the_paper() -> None:
    assert reproduced("nearest_decade_log10") == PAPER


@pytest.mark.parametrize(
    ("rule", "differs"), [("nearest_decade_psi", {"E4"}), ("ceil_decade", {"E3", "E4"})]
)
def test_the_other_rules_do_not_reproduce_all_four(
    rule: module.Rounding, differs: set[str]
) -> None:
    found = reproduced(rule)
    assert {name for name in PAPER if found[name] != PAPER[name]} == differs


def test_rounding_none_leaves_lambda_alone() -> None:
    assert rounded("none", 9.7e-5, 422.3) == weight_for_psi(9.7e-5, 422.3, 0.95)


@pytest.mark.parametrize("rule", ["nearest_decade_log10", "nearest_decade_psi", "ceil_decade"])
@pytest.mark.parametrize("exponent", range(-9, 4))
def test_a_power_of_ten_is_its_own_rounding(rule: module.Rounding, exponent: int) -> None:
    weight = float(f"1e{exponent}")
    assert round_weight(weight, rule, lambda w: float(psi(1.0, 19 / weight, w))) == weight


@given(losses, losses, targets)
def test_rounding_moves_lambda_by_less_than_a_decade(
    image: float, perceptual: float, target: float
) -> None:
    exact = weight_for_psi(image, perceptual, target)

    def moved(rule: module.Rounding) -> float:
        found = round_weight(exact, rule, lambda w: float(psi(image, perceptual, w)))
        return float(np.log10(found / exact))

    assert abs(moved("nearest_decade_log10")) <= 0.5 + 1e-9
    assert abs(moved("nearest_decade_psi")) <= 1 + 1e-9
    assert -1e-9 <= moved("ceil_decade") <= 1 + 1e-9


# By hand


def test_psi_by_hand() -> None:
    assert float(psi(2.0, 3.0, 2.0)) == 6 / 8
    assert psi(1.0, 1.0, [0.0, 1.0, 3.0]).tolist() == [0.0, 0.5, 0.75]
    assert psi(1.0, 1.0, np.ones((2, 3))).shape == (2, 3)


def test_the_inverse_by_hand() -> None:
    assert weight_for_psi(2.0, 4.0, 0.75) == 1.5
    assert weight_for_psi(1.0, 1.0, 0.5) == 1.0


def test_the_odds_of_the_papers_target_are_19() -> None:
    assert odds_of(0.95) == pytest.approx(19, rel=1e-14)
    assert float(log_odds(0.95)) == pytest.approx(np.log(19), rel=1e-14)


def test_layer_shares_by_hand() -> None:
    # Total 2 + 0.5 (4 + 8) = 8: the layers have 2/8 and 4/8 of it.
    assert layer_shares(2.0, [4.0, 8.0], 0.5).tolist() == pytest.approx([0.25, 0.5])


def test_layers_without_any_loss_have_no_share() -> None:
    assert layer_shares(2.0, [0.0, 0.0], 0.5).tolist() == [0.0, 0.0]


# Properties


@given(losses, losses, targets)
def test_the_closed_form_inverts_psi(image: float, perceptual: float, target: float) -> None:
    weight = weight_for_psi(image, perceptual, target)
    assert float(psi(image, perceptual, weight)) == pytest.approx(target, rel=1e-12)


@given(losses, losses, targets)
def test_psi_inverts_the_closed_form(image: float, perceptual: float, target: float) -> None:
    weight = weight_for_psi(image, perceptual, target)
    share = float(psi(image, perceptual, weight))
    # 1 - share loses digits near 1; 1 / (1 - target) of them.
    assert weight_for_psi(image, perceptual, share) == pytest.approx(weight, rel=1e-10)


@given(losses, losses, losses, st.floats(1e-4, 1e4), st.floats(1e-4, 1e4))
def test_psi_does_not_depend_on_the_units_of_the_losses(
    image: float, perceptual: float, weight: float, a: float, b: float
) -> None:
    rescaled = psi(a * image, b * perceptual, weight * a / b)
    assert float(rescaled) == pytest.approx(float(psi(image, perceptual, weight)), rel=1e-12)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(1.1, 10.0))
def test_the_log_odds_of_psi_rise_by_one_per_e_fold_of_lambda(
    image: float, perceptual: float, weight: float, factor: float
) -> None:
    one, other = log_odds(psi(image, perceptual, [weight, weight * factor]))
    # Where Psi is near 1 its log-odds lose the digits that Psi lost.
    assert other - one == pytest.approx(np.log(factor), abs=1e-5)


@given(st.floats(1e-6, 1 - 1e-6))
def test_psi_and_its_log_odds_are_each_others_inverse(share: float) -> None:
    assert float(from_log_odds(log_odds(share))) == pytest.approx(share, rel=1e-12)


def test_psi_stays_in_its_range_however_great_the_log_odds() -> None:
    found = from_log_odds([-1e6, -700.0, 0.0, 700.0, 1e6])
    assert found.tolist() == [0.0, pytest.approx(np.exp(-700.0)), 0.5, 1.0, 1.0]


@given(st.floats(1e-6, 1 - 1e-6))
def test_log_odds_are_antisymmetric(share: float) -> None:
    assert float(log_odds(share)) == pytest.approx(-float(log_odds(1 - share)), abs=1e-9)


@given(losses, st.lists(losses, min_size=1, max_size=5), losses)
def test_layer_shares_sum_to_psi(image: float, layers: list[float], weight: float) -> None:
    assert float(layer_shares(image, layers, weight).sum()) == pytest.approx(
        float(psi(image, sum(layers), weight)), rel=1e-12
    )


# Degenerate cases, each an error of its own


@pytest.mark.parametrize(
    ("image", "perceptual", "error", "sentence"),
    [
        (0.0, 0.0, NoLossError, "lambda must balance two losses but both are 0."),
        (1.0, 0.0, NoPerceptualLossError, "Psi is 0 for every lambda"),
        (0.0, 1.0, NoImageLossError, "Psi is 1 for every lambda"),
    ],
)
def test_no_lambda_and_every_lambda_are_told_apart(
    image: float, perceptual: float, error: type[InfluenceError], sentence: str
) -> None:
    with pytest.raises(error, match=re.escape(sentence)) as caught:
        weight_for_psi(image, perceptual, 0.95)
    assert type(caught.value) is error


def test_psi_of_nothing_is_an_error_and_of_one_loss_is_a_number() -> None:
    with pytest.raises(NoLossError, match="both terms of the total are 0"):
        psi(0.0, 0.0, 1.0)
    with pytest.raises(NoLossError, match="both terms of the total are 0"):
        psi(0.0, 1.0, [1.0, 0.0])
    assert float(psi(1.0, 0.0, 1.0)) == 0
    assert float(psi(0.0, 1.0, 1e-9)) == 1
    assert float(psi(1.0, 1.0, 0.0)) == 0


@pytest.mark.parametrize("bad", [-1e-12, np.nan, np.inf, -np.inf])
def test_losses_that_are_none_are_refused(bad: float) -> None:
    with pytest.raises(InvalidLossError, match=r"the image loss must be finite.* but got"):
        psi(bad, 1.0, 1.0)
    with pytest.raises(InvalidLossError, match=r"the perceptual loss must be finite.* but got"):
        weight_for_psi(1.0, bad, 0.95)
    with pytest.raises(InvalidLossError, match=re.escape(f"but got {bad}")):
        checked_losses([1.0, bad], "losses")


def test_no_items_are_no_losses() -> None:
    with pytest.raises(InvalidLossError, match="must have at least one item but has none"):
        checked_losses([], "losses")


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, 1.2, np.nan, np.inf])
def test_a_target_outside_the_open_unit_interval_is_refused(bad: float) -> None:
    with pytest.raises(InvalidTargetError, match=rf"in \(0, 1\) but got {bad}"):
        weight_for_psi(1.0, 1.0, bad)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_no_weight_is_refused(bad: float) -> None:
    with pytest.raises(InvalidWeightError, match=f"`perceptual_weight` .* but got {bad}"):
        psi(1.0, 1.0, [1.0, bad])


def test_every_error_of_influence_is_a_users_error() -> None:
    errors = [v for v in vars(module).values() if isinstance(v, type) and v.__name__ != "PiError"]
    named = [e for e in errors if e.__name__.endswith("Error")]
    assert len(named) == 7
    assert all(issubclass(error, PiError) for error in named)
