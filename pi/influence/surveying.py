"""Patches drawn by their image loss, within each reconstruction, until every lambda is known."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pi.influence.losses import Measured
from pi.influence.psi import Floats
from pi.influence.sampling import Measure, Precision, Watch, half_width
from pi.influence.survey import SurveyFrame, drawn, inclusion_probabilities, sample_of
from pi.losses.loss import Reading

FIRST_OF_STRATUM = (15, 30)
"""Fewest and most patches of a reconstruction before the first look: of each, seven variables are
weighed for at most estimators."""

FIRST_OF_ALL = (80, 500)
"""Patches that the first look takes at least where there are few reconstructions, and at most where
there are many: of 36 patches of one reconstruction 88 of 100 intervals held lambda."""

Early = Callable[[str, int, Measured], object]
"""Told a state, the place of a reading whose lambda is known while others are not, and losses."""

GROWTH = (1.15, 2.0)
"""Least and most that a round multiplies the sample by."""


def survey_losses(
    measure: Measure,
    states: Sequence[str],
    readings: Sequence[Reading],
    frame: SurveyFrame,
    precision: Precision,
    rng: np.random.Generator,
    report: Watch = lambda measured, half_width: None,
    early: Early = lambda state, place, measured: None,
) -> dict[str, Measured]:
    """Return the losses of as many patches as the tolerance needs, and how they were drawn.

    The image loss with the low dose as prediction is known of every patch. In other states it is
    another, but goes along with it, and the same sample serves them all. A state drops out as soon
    as all its lambdas are known.

    Args:
        measure: measures numbered patches.
        states: names of the denoiser's states.
        readings: where each experiment finds its losses.
        frame: what is known of all patches.
        precision: what is asked for.
        rng: draws the patches.
        report: told of the progress.
        early: told of each lambda that is known before all of its state are, once.

    Raises:
        InfluenceError: Psi is not defined or not attainable on all patches there are.
    """
    population, uniform = frame.strata.size, rng.random(frame.strata.size)
    seen: dict[str, Measured] = {}
    found: dict[str, Measured] = {}
    active, asked, wanted = list(states), _first(frame), np.log1p(precision.tolerance)
    told: set[tuple[str, int]] = set()
    while active:
        numbers, inclusion = _draw(frame, uniform, asked)
        seen |= _and_then(seen, measure, numbers, active)
        sample = sample_of(frame, numbers, inclusion)
        found |= {state: seen[state].drawn(numbers, sample) for state in active}
        if numbers.size == population:
            break
        each = {
            s: [half_width(found[s], reading, population, precision) for reading in readings]
            for s in active
        }
        widths = {state: max(of_readings) for state, of_readings in each.items()}
        report(numbers.size, max(widths.values()))
        active = [s for s in active if widths[s] > wanted]
        known = {(s, k) for s in active for k, width in enumerate(each[s]) if width <= wanted}
        for state, place in sorted(known - told):
            early(state, place, found[state])
        told |= known
        asked = _more(numbers.size, population, max(widths.values()), precision.tolerance)
    return found


def _first(frame: SurveyFrame) -> int:
    strata = np.unique(frame.strata).size
    fewest, most = FIRST_OF_STRATUM
    least_of_all, most_of_all = FIRST_OF_ALL
    return max(int(np.clip(most_of_all // strata, fewest, most)) * strata, least_of_all)


def _draw(frame: SurveyFrame, uniform: Floats, asked: int) -> tuple[NDArray[np.int64], Floats]:
    """Return about ``asked`` patches and their inclusion probabilities, both (n,).

    Each reconstruction has patches in proportion to its sizes, but no fewer than at first.
    """
    numbers, inclusion = [], []
    for stratum, count in enumerate(_counts(frame, asked)):
        own = np.flatnonzero(frame.strata == stratum)
        sizes = frame.sizes[own]
        chances = inclusion_probabilities(sizes, count)
        chosen = drawn(sizes, chances, uniform[own], count)
        numbers.append(own[chosen])
        inclusion.append(chances[chosen])
    return np.concatenate(numbers), np.concatenate(inclusion)


def _counts(frame: SurveyFrame, asked: int) -> NDArray[np.int64]:
    """Return how many patches of each reconstruction are drawn; what one lacks others give.

    With more asked for, none has fewer; all are drawn where as many are asked for as there are.
    """
    there = np.bincount(frame.strata)
    sizes = np.bincount(frame.strata, frame.sizes)
    least = np.minimum(there, min(asked // there.size, FIRST_OF_STRATUM[1]))
    whole = np.full(there.size, asked >= there.sum())
    share = there.astype(np.float64)
    while not whole.all():
        open_to = np.where(whole, 0.0, sizes)
        share = np.where(whole, there, (asked - there[whole].sum()) * open_to / open_to.sum())
        above = ~whole & (share >= there)
        if not above.any():
            break
        whole |= above
    return np.clip(np.rint(share).astype(np.int64), least, there)


def _and_then(
    seen: Mapping[str, Measured],
    measure: Measure,
    numbers: NDArray[np.int64],
    active: Sequence[str],
) -> dict[str, Measured]:
    """Return the losses of the active states, those of ``numbers`` that were not seen added."""
    before = seen[active[0]].patches if active[0] in seen else np.empty(0, np.int64)
    new = np.setdiff1d(numbers, before)
    if not new.size:
        return {state: seen[state] for state in active}
    measured = measure(new, active)
    return {s: seen[s].and_then(measured[s]) if s in seen else measured[s] for s in active}


def _more(measured: int, population: int, half_width: float, tolerance: float) -> int:
    """Return how many patches should do: the variance goes with 1/n - 1/N."""
    least, most = (int(np.ceil(measured * times)) for times in GROWTH)
    if not np.isfinite(half_width):
        return min(most, population)
    missing = (np.log1p(tolerance) / half_width) ** 2
    enough = 1 / (1 / population + missing * max(1 / measured - 1 / population, 1e-12))
    return min(int(np.clip(np.ceil(enough), least, most)), population)
