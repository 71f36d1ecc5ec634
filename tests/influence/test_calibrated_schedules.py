"""Schedules that aim at a Psi, by hand; constant Psi is the gradient of a geometric mean."""

import math

import numpy as np
import pytest
import tensorflow as tf
from influence.schedules import after, run

from pi.influence.calibrated_schedules import (
    ConstantPsi,
    RecalibrateEachEpoch,
    WarmupThenCalibrate,
)
from pi.influence.psi import InvalidTargetError, InvalidWeightError, NoPerceptualLossError, psi
from pi.influence.schedule import Fixed


@pytest.mark.parametrize("weight", [-1e-9, math.nan, math.inf])
def test_a_lambda_that_is_none_is_refused(weight: float) -> None:
    for schedule in (Fixed(weight), ConstantPsi(weight, 0.5, 0.5, 10)):
        with pytest.raises(InvalidWeightError, match="must be finite and 0 or greater but got"):
            schedule.start()


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5])
def test_a_psi_that_is_none_is_refused(target: float) -> None:
    for schedule in (
        WarmupThenCalibrate(1.0, target, 2),
        RecalibrateEachEpoch(1.0, target),
        ConstantPsi(1.0, target, 0.5, 9),
    ):
        with pytest.raises(InvalidTargetError, match="must be in"):
            schedule.start()


def test_warm_up_is_mse_alone_and_then_what_its_losses_ask_for() -> None:
    # Psi 3/4: k = 3; with constant losses M = 2, P = 4 the average is M / P = 1/2 from step one.
    assert run(WarmupThenCalibrate(9.0, 0.75, 3), [(2.0, 4.0)] * 5) == pytest.approx(
        [0, 0, 0, 1.5, 1.5]
    )
    state = after(WarmupThenCalibrate(9.0, 0.75, 3), [(2.0, 4.0)] * 3 + [(100.0, 1.0)] * 4)
    assert state.weight == pytest.approx(1.5)
    assert state.steps == 7


def test_warm_up_averages_with_its_last_losses_weighing_most() -> None:
    found = run(WarmupThenCalibrate(9.0, 0.5, 2), [(1.0, 1.0), (3.0, 1.0), (0.0, 0.0)])[-1]
    assert found == pytest.approx((0.99 * 1 + 3) / (0.99 + 1))


def test_each_epoch_asks_for_its_lambda_by_the_sums_of_the_one_before() -> None:
    schedule = RecalibrateEachEpoch(0.1, 0.95)
    state = after(schedule, [(1.0, 1.0)] * 4)
    assert state.weight == 0.1
    assert schedule.after_epoch(state, 30.0, 60.0).weight == pytest.approx(19 * 0.5)
    with pytest.raises(NoPerceptualLossError):
        schedule.after_epoch(state, 30.0, 0.0)


def test_the_exact_rule_holds_psi_in_every_single_step() -> None:
    rng = np.random.default_rng(0)
    losses = [(float(m), float(p)) for m, p in rng.uniform(0.5, 2.0, (20, 2))]
    weights = run(ConstantPsi(1.0, 0.8, 0.8, 20, every=1, decay=0.0), losses)
    found = [float(psi(m, p, w)) for (m, p), w in zip(losses, weights, strict=True)]
    assert found == pytest.approx([0.8] * 20)


def test_the_moving_average_is_corrected_for_its_start() -> None:
    losses = [(1.0, 2.0), (3.0, 1.0), (2.0, 2.0)]
    schedule = ConstantPsi(5.0, 0.5, 0.5, 3, every=3, decay=0.9)
    weights = run(schedule, losses)
    assert weights[:2] == [5.0, 5.0]
    steps = np.array([0.9**2, 0.9, 1.0]) * 0.1 / (1 - 0.9**3)
    image, perceptual = steps @ np.array(losses)
    assert weights[2] == pytest.approx(image / perceptual)


def test_lambda_moves_every_so_many_steps_and_stays_between() -> None:
    losses = [(float(k), 1.0) for k in range(1, 9)]
    weights = run(ConstantPsi(5.0, 0.5, 0.5, 8, every=4, decay=0.5), losses)
    assert weights[:3] == [5.0] * 3
    assert weights[3] == weights[4] == weights[6] != weights[7]


def test_lambda_stays_within_a_hundredfold_and_what_was_cut_is_counted() -> None:
    schedule = ConstantPsi(2.0, 0.5, 0.5, 4, every=1, decay=0.0)
    losses = [(1e6, 1.0), (1.0, 1e6), (1.0, 0.0), (3.0, 1.0)]
    assert run(schedule, losses) == pytest.approx([200.0, 0.02, 200.0, 3.0])
    assert after(schedule, losses).clips == 3


def test_psi_may_be_led_along_a_straight_line_in_log_odds() -> None:
    schedule = ConstantPsi(1.0, 0.2, 0.9, 11, every=1, decay=0.0)
    weights = run(schedule, [(1.0, 1.0)] * 11)  # M = P: lambda is the odds
    assert weights[0] == pytest.approx(0.25)
    assert weights[-1] == pytest.approx(9.0)
    assert np.diff(np.log(weights)) == pytest.approx(np.full(10, np.log(36) / 10))
    assert schedule.target_at(5) == pytest.approx(0.6)  # odds sqrt(9 / 4)


def test_constant_psi_follows_the_weighted_geometric_mean() -> None:
    # Method, finding 6: the gradient equals M / (1 - psi) times that of (1-psi) ln M + psi ln P.
    share = 0.95
    theta = tf.Variable(tf.random.stateless_normal((7,), (1, 2), dtype=tf.float64))
    matrices = tf.random.stateless_normal((2, 5, 7), (3, 4), dtype=tf.float64)
    rule = ConstantPsi(1.0, share, share, 1, every=1, decay=0.0)
    with tf.GradientTape(persistent=True) as tape:
        m, p = (
            tf.reduce_mean(tf.square(tf.tanh(tf.linalg.matvec(a, theta)) - 0.3)) for a in matrices
        )
        weight = rule.rule(rule.start())(float(m), float(p))  # a number: no gradient goes through
        followed = m + weight * p
        geometric = (1 - share) * tf.math.log(m) + share * tf.math.log(p)
    found, expected = (tape.gradient(loss, theta).numpy() for loss in (followed, geometric))
    assert found == pytest.approx(float(m) / (1 - share) * expected, rel=1e-5)
