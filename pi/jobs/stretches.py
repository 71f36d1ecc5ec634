"""In what order a calibration measures, so that the first lambda does not wait for the last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pi.influence.calibration import ExperimentCalibration
from pi.influence.sampling import Precision
from pi.losses.experiments import Experiment


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is measured together.

    Attributes:
        experiments: the configurations.
        states: of the denoiser.
        waits: whether a context has to be made first.
    """

    experiments: tuple[Experiment, ...]
    states: tuple[str, ...]
    waits: bool


def stretches(
    experiments: Sequence[Experiment], waiting: Sequence[Experiment], states: Sequence[str]
) -> Iterator[Stretch]:
    """Yield what is measured together, in the order of measuring.

    Configurations whose weights are there come before those whose context has to be made, and of
    them the first state, which is the one recommended, before the others. That costs one more pass
    of the target through their encoders; the last stretch alone waits for a context.
    """
    ready = tuple(e for e in experiments if e not in waiting)
    if ready:
        yield Stretch(ready, tuple(states[:1]), waits=False)
    if ready and states[1:]:
        yield Stretch(ready, tuple(states[1:]), waits=False)
    if waiting:
        yield Stretch(tuple(waiting), tuple(states), waits=True)


def in_order(
    calibrations: Sequence[ExperimentCalibration], experiments: Sequence[Experiment]
) -> list[ExperimentCalibration]:
    """Return ``calibrations`` in the order of ``experiments``; states stay in that of measuring."""
    places = {experiment.name: place for place, experiment in enumerate(experiments)}
    return sorted(calibrations, key=lambda one: places[one.experiment.name])


def patches_needed(measured: int, population: int, half_width: float, precision: Precision) -> int:
    """Return how many patches will do, as far as is known: SE^2 is proportional to 1/n - 1/N.

    Args:
        measured: patches so far.
        population: patches there are.
        half_width: of the widest interval of ln lambda so far.
        precision: what is asked for.
    """
    if precision.exhaustive or not np.isfinite(half_width):
        return population
    wanted = np.log1p(precision.tolerance)
    if half_width <= wanted:
        return measured
    part = (wanted / half_width) ** 2 * (1 / measured - 1 / population)
    return min(population, int(np.ceil(1 / (1 / population + part))))
