"""Lambda of two gradients, against projections by scipy, a pseudo-inverse, a descent by hand."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import nnls

from pi.influence.gradient_pair import GradientPair
from pi.influence.gradient_rules import ConFIG, ConstantPsiGradient, GradientRule, UPGrad
from pi.influence.psi import InvalidTargetError
from pi.influence.schedule import DECAY

Vector = NDArray[np.float64]
VECTOR = st.lists(st.floats(-3, 3), min_size=3, max_size=3).map(np.array)


def pair(g: Vector, p: Vector) -> GradientPair:
    return GradientPair(float(np.linalg.norm(g)), float(np.linalg.norm(p)), float(g @ p))


def weight_of(rule: GradientRule, g: Vector, p: Vector) -> float:
    found = pair(g, p)
    return rule.after_gradients(rule.start(), found.image, found.perceptual, found.dot).weight


def onto_cone(vector: Vector, g: Vector, q: Vector) -> Vector:
    """The nearest direction along which neither loss rises, by non-negative least squares."""
    rows = np.stack([g, q], axis=1)
    return np.asarray(vector + rows @ nnls(rows, -vector)[0])


def long_enough(*vectors: Vector) -> bool:
    return all(np.linalg.norm(vector) > 0.1 for vector in vectors)


@settings(deadline=None, max_examples=60)
@given(VECTOR, VECTOR, st.floats(0.2, 5))
def test_upgrad_is_the_mean_of_projections(g: Vector, p: Vector, weight: float) -> None:
    cosine = pair(g, p).cosine if long_enough(g, p) else -1.0
    if cosine < -0.95:  # where it may be cut
        return
    q = weight * p
    projected = (onto_cone(g, g, q) + onto_cone(q, g, q)) / 2
    ours = g + weight_of(UPGrad(weight), g, p) * p
    assert ours / np.linalg.norm(ours) == pytest.approx(
        projected / np.linalg.norm(projected), abs=1e-6
    )


def test_upgrad_by_hand() -> None:
    g, p = np.array([1.0, 0.0]), np.array([-1.0, 1.0])  # g.p = -1, p.p = 2
    assert weight_of(UPGrad(1.0), g, p) == pytest.approx((1 + 1 / 2) / (1 + 1))
    assert weight_of(UPGrad(0.3), g, -p) == 0.3  # without a conflict
    assert weight_of(UPGrad(0.3), g, 0 * p) == 0.3


@settings(deadline=None, max_examples=60)
@given(VECTOR, VECTOR)
def test_config_is_the_direction_of_the_pseudo_inverse(g: Vector, p: Vector) -> None:
    if not long_enough(g, p) or abs(pair(g, p).cosine) > 0.99:
        return
    units = np.stack([g / np.linalg.norm(g), p / np.linalg.norm(p)])
    direction = np.linalg.pinv(units) @ np.ones(2)
    ours = g + weight_of(ConFIG(1.0), g, p) * p
    assert ours / np.linalg.norm(ours) == pytest.approx(
        direction / np.linalg.norm(direction), abs=1e-6
    )
    assert min(units @ ours) > 0  # both losses fall


@pytest.mark.parametrize("target", [0.1, 0.5, 0.95])
def test_the_share_of_the_gradient_is_what_was_asked_for(target: float) -> None:
    g, p = np.array([3.0, 4.0]), np.array([0.5, -0.1])
    weight = weight_of(ConstantPsiGradient(10.0, target=target), g, p)
    assert pair(g, p).psi(weight) == pytest.approx(target)


@pytest.mark.parametrize("name", ["config", "upgrad"])
def test_on_two_bowls_neither_loss_rises_and_the_end_lies_between(name: str) -> None:
    """M = |x - a|^2 and P = 40 |x - b|^2: what is stationary lies on the segment from a to b."""
    a, b, x = np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([0.4, 1.5])
    rule: GradientRule = {"config": ConFIG(1.0), "upgrad": UPGrad(1.0)}[name]
    losses = []
    for _ in range(1500):
        g, p = 2 * (x - a), 80 * (x - b)
        direction = g + weight_of(rule, g, p) * p
        losses.append((float((x - a) @ (x - a)), float(40 * (x - b) @ (x - b))))
        x = x - 2e-3 * direction
    assert (np.diff(losses, axis=0) <= 1e-3).all()
    assert x[1] == pytest.approx(0, abs=0.02)
    assert 0 < x[0] < 1


def test_measurements_are_averaged_as_losses_are() -> None:
    rule = ConFIG(1.0, every=1)
    state = rule.after_gradients(rule.start(), 3.0, 6.0, 1.0)
    assert state.weight == pytest.approx(0.5)
    state = rule.after_gradients(rule.after_step(state, 1.0, 1.0), 1.0, 4.0, 1.0)
    assert state.weight == pytest.approx(sqrt((DECAY * 9 + 1) / (DECAY * 36 + 16)))
    assert [rule.asks_gradients(state), rule.looks_back(0)] == [True, False]
    often = ConFIG(1.0, every=3)
    assert [often.looks_back(step) for step in range(4)] == [False, False, False, True]
    assert not often.asks_gradients(often.after_step(often.start(), 1.0, 1.0))


def test_what_is_cut_is_counted() -> None:
    rule = ConFIG(1.0)
    for lengths in ((1.0, 0.0), (1e9, 1.0)):
        state = rule.after_gradients(rule.start(), *lengths, 0.0)
        assert (state.weight, state.clips) == (100.0, 1)


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidTargetError):
        ConstantPsiGradient(1.0, target=1.0).start()


def test_a_conflict_and_what_a_step_raises() -> None:
    g, p = np.array([1.0, 0.0]), np.array([-1.0, 1.0])
    found = pair(g, p)
    assert found.conflict
    assert not pair(g, -p).conflict
    assert found.rises(2.0) == (True, False)
    assert found.rises(0.4) == (False, True)
    assert found.rises(0.75) == (False, False)  # between .5 and 1
