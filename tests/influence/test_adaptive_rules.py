"""The rules of the literature by hand, by scipy and by plain gradient descent."""

from collections.abc import Callable
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from influence.schedules import after, run
from scipy.optimize import minimize
from scipy.special import softmax

from pi.influence import adaptive_rules
from pi.influence.adaptive_rules import GradNorm, ReLoBRaLo, SoftAdapt, Uncertainty
from pi.influence.calibrated_schedules import esrgan_dp
from pi.influence.psi import InfluenceError, psi
from pi.influence.schedule import Schedule, ScheduleState

LOSS = st.floats(1e-3, 1e3)
LOSSES = st.lists(st.tuples(LOSS, LOSS), min_size=1, max_size=8)
RULES: dict[str, Callable[[float], Schedule]] = {
    "esrgan_dp": esrgan_dp,
    "uncertainty": Uncertainty,
    "gradnorm": lambda weight: GradNorm(weight, every=1),
    "softadapt": SoftAdapt,
    "relobralo": lambda weight: ReLoBRaLo(weight, 5),
}


def trained(schedule: Schedule, losses: list[tuple[float, float]]) -> ScheduleState:
    """The state after steps that are also epochs, and whose gradients are as long as the losses."""
    state = schedule.start()
    for step in losses:
        if schedule.asks_gradients(state):
            state = schedule.after_gradients(state, *step, 0.0)
        state = schedule.after_epoch(schedule.after_step(state, *step), *step)
    return state


@settings(deadline=None, max_examples=50)
@given(LOSSES)
def test_esrgan_dp_is_a_share_of_two_thirds_whatever_the_losses(
    losses: list[tuple[float, float]],
) -> None:
    weights = run(esrgan_dp(losses[0][0] / losses[0][1]), losses[:1])
    assert weights == pytest.approx([2 * losses[0][0] / losses[0][1]])
    assert float(psi(*losses[0], weights[0])) == pytest.approx(2 / 3)


def test_uncertainty_is_gradient_descent_on_its_loss() -> None:
    # Numerical gradients of sum e^-s L + s, L = M and lambda_0 P, where lambda_0 = 0.5.
    rng = np.random.default_rng(0)
    losses = np.exp(rng.normal(0, 1, (30, 2)))

    def gradient(s: np.ndarray, pair: np.ndarray) -> np.ndarray:
        def loss(at: np.ndarray) -> float:
            return float(np.sum(np.exp(-at) * pair + at))

        ways = 1e-6 * np.eye(2)
        return np.array([(loss(s + way) - loss(s - way)) / 2e-6 for way in ways])

    s, expected = np.full(2, np.log(losses[0, 0])), []
    for pair in losses * [1.0, 0.5]:
        expected.append(0.5 * np.exp(s[0] - s[1]))
        s -= 0.01 * gradient(s, pair)
    assert run(Uncertainty(0.5), [tuple(pair) for pair in losses]) == pytest.approx(expected)


def test_uncertainty_by_hand() -> None:
    # L = 1 and 19: s_M stays at 0, s_P goes to 0.01 * 18.
    assert run(Uncertainty(1.0), [(1.0, 19.0)] * 2) == pytest.approx([1.0, exp(-0.18)])


@pytest.mark.parametrize(("image", "odds"), [(1e-3, 19.0), (50.0, 0.05), (2.0, 1.0), (1.0, 60.0)])
def test_uncertainty_ends_at_half_whatever_was_asked_for(image: float, odds: float) -> None:
    perceptual = 7.0
    weight = odds * image / perceptual
    found = minimize(
        lambda s: np.sum(np.exp(-s) * [image, perceptual] + s), np.log([image, perceptual]) + 0.1
    )
    optimum = float(np.exp(found.x[0] - found.x[1]))
    ended = after(Uncertainty(weight), [(image, perceptual)] * 2500)
    assert ended.weight == pytest.approx(optimum, rel=1e-4)
    assert float(psi(image, perceptual, ended.weight)) == pytest.approx(0.5, abs=1e-4)
    assert ended.clips == 0


def test_gradnorm_by_hand() -> None:
    schedule = GradNorm(1.0, every=1)
    state = schedule.after_gradients(schedule.start(), 3.0, 6.0, 0.0)
    assert state.weight == pytest.approx(0.5)
    # M falls to a quarter, P to a half: P lags behind by 2. The averages weigh 0.99 to 1.
    state = schedule.after_step(state, 4.0, 10.0)
    state = schedule.after_step(state, 1.0, 5.0)
    m, p = 0.99 * 4 + 1, 0.99 * 10 + 5
    lag = (p / 10) / (m / 4)
    state = schedule.after_gradients(state, 1.0, 4.0, 0.0)
    assert state.weight == pytest.approx((0.99 * 3 + 1) / (0.99 * 6 + 4) * lag**0.12)


@pytest.mark.parametrize(
    ("alpha", "lag", "within"),
    [(0.0, 3.0, 2e-3), (1.0, 3.0, 2e-3), (1.0, 0.3, 2e-3), (0.12, 1.0, 2e-3), (0.12, 3.0, 0.04)],
)
def test_gradnorm_is_where_its_gradient_descent_ends(
    alpha: float, lag: float, within: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Algorithm 1 of Chen et al. with the gradients of 1 and 5 as they are, in small steps.
    lengths, rate = np.array([1.0, 5.0]), np.array([1.0, lag])
    weights = np.ones(2)
    for _ in range(20_000):
        target = np.mean(weights * lengths) * (rate / rate.mean()) ** alpha
        weights -= 1e-4 * np.sign(weights * lengths - target) * lengths
        weights *= 2 / weights.sum()
    monkeypatch.setattr(adaptive_rules, "GRADNORM_ASYMMETRY", alpha)
    schedule = GradNorm(1.0, every=1)
    state = schedule.after_step(schedule.start(), 1.0, 1.0)
    for _ in range(2000):  # until the averages are of these losses alone
        state = schedule.after_step(state, 1.0, lag)
    found = schedule.after_gradients(state, *lengths, 0.0).weight
    assert found == pytest.approx(weights[1] / weights[0], rel=within)


def test_gradnorm_asks_before_the_first_step_and_every_so_many() -> None:
    schedule = GradNorm(1.0, every=3)
    states = [after(schedule, [(1.0, 1.0)] * steps) for steps in range(7)]
    assert [schedule.asks_gradients(state) for state in states] == [True, False, False] * 2 + [True]
    assert not Uncertainty(1.0).asks_gradients(states[0])


def test_softadapt_by_hand_and_by_softmax() -> None:
    schedule = SoftAdapt(4.0)
    sums = [(2.0, 100.0), (4.0, 50.0), (5.0, 80.0)]
    state, weights = schedule.start(), []
    for epoch in sums:
        state = schedule.after_epoch(state, *epoch)
        weights.append(state.weight)
    # M rises by 1 and 0.5 of its first sum, P by -0.5 and 0.3 of its own.
    w_m, w_p = softmax(0.1 * np.array([0.5, 0.3]))
    assert weights == pytest.approx([4.0, 4 * exp(-0.15), 4 * w_p / w_m])


def test_relobralo_by_hand() -> None:
    # P falls to a half, so that b_P = 2 / (1 + e^0.5).
    state = after(ReLoBRaLo(3.0, 5), [(1.0, 1.0), (1.0, 0.5)])
    w = 0.999 + 0.001 * 2 / (1 + exp(0.5))
    assert state.weight == pytest.approx(3 * w / (2 - w), rel=1e-12)


def test_relobralo_by_its_paper_with_its_lookback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptive_rules, "RELOBRALO_LOOKBACK", 0.5)
    losses = np.exp(np.random.default_rng(1).normal(0, 0.5, (12, 2)))
    w, expected, drawn = np.ones(2), [], []
    for t, now in enumerate(losses):
        expected.append(w[1] / w[0])
        drawn.append(np.random.default_rng((5, t)).random() < 0.5)
        lookback, last = (2 * softmax(now / then) for then in (losses[0], losses[max(t - 1, 0)]))
        w = 0.999 * (drawn[-1] * w + (1 - drawn[-1]) * lookback) + 0.001 * last
    assert set(drawn) == {True, False}
    assert run(ReLoBRaLo(1.0, 5), [tuple(pair) for pair in losses]) == pytest.approx(expected)


@pytest.mark.parametrize("name", RULES)
@settings(deadline=None, max_examples=50)
@given(LOSSES, LOSS, st.floats(1e-6, 1e6))
def test_in_another_unit_of_the_perceptual_loss_lambda_is_its_inverse(
    name: str, losses: list[tuple[float, float]], weight: float, unit: float
) -> None:
    rescaled = [(image, unit * perceptual) for image, perceptual in losses]
    one, other = trained(RULES[name](weight), losses), trained(RULES[name](weight / unit), rescaled)
    assert other.weight * unit == pytest.approx(one.weight, rel=1e-6)


@pytest.mark.parametrize("name", RULES)
@settings(deadline=None, max_examples=50)
@given(LOSSES, LOSS)
def test_lambda_stays_within_a_hundredfold_of_its_start(
    name: str, losses: list[tuple[float, float]], weight: float
) -> None:
    state = trained(RULES[name](weight), losses)
    assert weight / 100 <= state.weight <= weight * 100
    if state.weight in (weight / 100, weight * 100):
        assert state.clips > 0


@pytest.mark.parametrize(
    ("name", "losses"),
    [
        ("esrgan_dp", [(1.0, 1e-9)]),
        ("uncertainty", [(1.0, 1.0), (1e9, 1.0), (1.0, 1.0)]),
        ("gradnorm", [(1e9, 1.0)]),
        ("softadapt", [(1.0, 1.0), (1.0, 1e4)]),
    ],
)
def test_what_is_cut_is_counted(name: str, losses: list[tuple[float, float]]) -> None:
    state = trained(RULES[name](1.0), losses)
    assert state.weight == 100
    assert state.clips >= 1


def test_a_lookback_may_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptive_rules, "RELOBRALO_LOOKBACK", 0.0)
    state = after(ReLoBRaLo(1.0, 5), [(1.0, 1.0), (1.0, 1e4)])  # w_P = 2, w_M = 0
    assert (state.weight, state.clips) == (100, 1)


@pytest.mark.parametrize("name", ["uncertainty", "gradnorm", "softadapt", "relobralo"])
@pytest.mark.parametrize("losses", [(0.0, 1.0), (1.0, 0.0)])
def test_a_loss_of_zero_is_no_measure(name: str, losses: tuple[float, float]) -> None:
    with pytest.raises(InfluenceError, match="must be greater than 0 but is 0"):
        trained(RULES[name](1.0), [losses])
