"""d' of the data and of a bootstrap: patients, and of each as many places of lesions as it has."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.detection.channels import Floats
from pi.detection.look import CHANNELS, EYE
from pi.detection.observers import Looks, hotelling, matched, pooled
from pi.evaluation.table import KEY, by_reconstruction
from pi.influence.expanded_percentile import tail_beyond

RESAMPLES = 1000
MOST = 0.75
"""Share of resamples that must have enough looks, or a reconstruction counts as too seldom seen."""

OBSERVERS: dict[str, tuple[list[str], Callable[[Looks, Floats], Floats]]] = {
    "cho": (CHANNELS, hotelling),
    "npwe": ([EYE], matched),
}
"""Of each observer the answers that it uses, and its d'."""


@dataclass(frozen=True)
class Draws:
    """Resamples of the places of a table of looks, the same for all images and observers.

    Attributes:
        weights: (1 + resamples, places) how often each place is in it; the first is the data.
        place: (looks,) number of the place of each row.
    """

    weights: Floats = field(repr=False)
    place: NDArray[np.int64] = field(repr=False)


def draw_places(sightings: pd.DataFrame, rng: np.random.Generator) -> Draws:
    """Draw patients, then places of each, as many of each contrast as there are.

    Args:
        sightings: looks at lesions of one size.
        rng: what draws.
    """
    owner = pd.factorize(sightings["patient"], sort=True)[0]
    contrast = pd.factorize(sightings["contrast_hu"], sort=True)[0]
    keys = pd.MultiIndex.from_arrays([owner, contrast, sightings["place"]])
    place, places = pd.factorize(keys, sort=True)
    strata = np.stack([np.asarray(places.get_level_values(level)) for level in (0, 1)], axis=1)
    patients = int(owner.max()) + 1
    drawn = rng.multinomial(patients, np.full(patients, 1 / patients), size=RESAMPLES)
    weights = np.ones((1 + RESAMPLES, len(strata)))
    for patient, kind in np.unique(strata, axis=0):
        own = np.flatnonzero((strata == (patient, kind)).all(axis=1))
        weights[1:, own] = rng.multinomial(
            drawn[:, patient] * own.size, np.full(own.size, 1 / own.size)
        )
    return Draws(weights, place)


def resampled(
    sightings: pd.DataFrame,
    draws: Draws,
    contrast: float,
    image: str,
    observer: str,
    left_out: dict[str, None] | None = None,
) -> Floats | None:
    """Return d' of the data and of each resample, NaN of one that draws too few looks.

    Args:
        sightings: looks at lesions of one size.
        draws: of its places.
        contrast: of the lesions that are to be detected, HU.
        image: which.
        observer: one of `OBSERVERS`.
        left_out: told which reconstructions have too few looks.

    Returns:
        (1 + `RESAMPLES`,); None where no reconstruction has enough looks.
    """
    answers, of_looks = OBSERVERS[observer]
    others = pd.factorize(sightings["contrast_hu"].where(sightings["contrast_hu"] != contrast))[0]
    classes = 2 * (others + 1) + sightings["present"].to_numpy(int)
    numbered = sightings.assign(number=draws.place, of_class=classes)
    values = []
    for reconstruction, rows in by_reconstruction(numbered[numbered["image"] == image]):
        number, places = pd.factorize(rows["number"])
        noise = np.asarray(rows.groupby([*KEY, "place"], dropna=False).ngroup(), np.int64)
        given = rows[answers].to_numpy(np.float64)
        looks = Looks.of(given, rows["of_class"].to_numpy(), number, noise)
        weights = draws.weights[:, places]
        fit = looks.enough(weights)
        if fit[0] and fit.mean() >= MOST:
            values.append(np.full(len(weights), np.nan))
            values[-1][fit] = of_looks(looks, weights[fit])
        elif left_out is not None:
            left_out[str(reconstruction)] = None
    return pooled(values) if values else None


def interval(values: Floats, patients: int) -> tuple[float, float]:
    """Return the bounds of 95 % of an estimate and its resamples.

    They are NaN of a single patient, and where most resamples have no value.

    Args:
        values: the estimate, then that of each resample.
        patients: m, for which percentiles are moved outwards.
    """
    drawn = values[1:][np.isfinite(values[1:])]
    if patients < 2 or not np.isfinite(values[0]) or 2 * len(drawn) < len(values):
        return float("nan"), float("nan")
    share = tail_beyond(patients)
    centred = drawn - drawn.mean() + values[0]
    low, high = np.quantile(centred, [share, 1 - share])
    return float(low), float(high)
