"""What every schedule does: the paper's, which never moves, and the rule of one step."""

import math

from influence.schedules import after, run

from pi.influence.schedule import Fixed, WeightRule


def test_fixed_is_fixed_and_counts_its_steps() -> None:
    schedule = Fixed(0.25)
    assert run(schedule, [(1.0, 2.0), (0.0, 5.0)]) == [0.25, 0.25]
    state = after(schedule, [(1.0, 2.0)] * 3)
    assert schedule.after_epoch(state, 1.0, 1.0) == state
    assert (state.weight, state.steps) == (0.25, 3)


def test_a_rule_without_anything_to_weigh_is_infinite_until_it_is_cut() -> None:
    rule = WeightRule(0.0, 1.0, 0.0, 1.0, high=7.0)
    assert rule.uncut(1.0, 0.0) == math.inf
    assert rule(1.0, 0.0) == 7.0
