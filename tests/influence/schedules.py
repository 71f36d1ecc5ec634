"""Schedules run on losses that a test writes down."""

from functools import reduce

from pi.influence.schedule import Schedule, ScheduleState


def run(schedule: Schedule, losses: list[tuple[float, float]]) -> list[float]:
    """The lambda of every step."""
    weights, state = [], schedule.start()
    for image, perceptual in losses:
        weights.append(schedule.rule(state)(image, perceptual))
        state = schedule.after_step(state, image, perceptual)
    return weights


def after(schedule: Schedule, losses: list[tuple[float, float]]) -> ScheduleState:
    return reduce(lambda state, step: schedule.after_step(state, *step), losses, schedule.start())
