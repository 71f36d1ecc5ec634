"""What is measured first: nothing waits for a context that does not need it."""

from dataclasses import replace

import numpy as np
import pytest
from influence.calibrations import ONE_LAYER, TWO_LAYERS, by_hand

from pi.influence.sampling import Precision
from pi.jobs.stretches import in_order, patches_needed, stretches
from pi.losses.experiments import find_experiments

ASKED = Precision(0.95, "ratio_of_sums", tolerance=0.05, exhaustive=False)


def test_what_was_measured_first_is_told_in_the_order_asked_for() -> None:
    measured = [by_hand(ONE_LAYER), by_hand(ONE_LAYER, "untrained"), by_hand(TWO_LAYERS)]
    found = [(c.experiment.name, c.state) for c in in_order(measured, [TWO_LAYERS, ONE_LAYER])]
    assert found == [("two", "identity"), ("one", "identity"), ("one", "untrained")]


def test_the_recommended_state_of_what_is_there_comes_first_and_contexts_last() -> None:
    experiments = find_experiments("demo3,demo1,demo4,demo2")
    waiting = [e for e in experiments if e.encoder.context == "medical-simulated"]
    found = [
        ([e.name for e in s.experiments], s.states, s.waits)
        for s in stretches(experiments, waiting, ("identity", "untrained", "warmup:2"))
    ]
    assert found == [
        (["demo1", "demo2"], ("identity",), False),
        (["demo1", "demo2"], ("untrained", "warmup:2"), False),
        (["demo3", "demo4"], ("identity", "untrained", "warmup:2"), True),
    ]
    only = list(stretches(waiting, waiting, ("identity",)))
    assert [(s.waits, len(s.experiments)) for s in only] == [(True, 2)]


@pytest.mark.parametrize(
    ("measured", "population", "half_width", "wanted"),
    [
        (100, 10**9, 2 * np.log(1.05), 400),  # half the width takes four times as many
        (100, 200, 0.0, 100),
        (100, 200, np.inf, 200),
        (200, 200, np.log(1.05), 200),
        (100, 110, 2 * np.log(1.05), 108),  # 1 / (1/110 + (1/100 - 1/110) / 4) = 107.3
    ],
)
def test_the_patches_that_will_do_by_hand(
    measured: int, population: int, half_width: float, wanted: int
) -> None:
    assert patches_needed(measured, population, half_width, ASKED) == wanted
    every = replace(ASKED, exhaustive=True)
    assert patches_needed(measured, population, half_width, every) == population
