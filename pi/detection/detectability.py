"""How detectable lesions are in each image: d' by lesion and observer, with what patients allow.

Reconstructions are tasks of their own, whose d' are averaged. Intervals are of a bootstrap: patients
are drawn with replacement, and of each as many places of lesions as it has. They are moved outwards
for few patients as those of `pi.comparison.resampling` are, and centred on the estimate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, t

from pi.detection.channels import Floats
from pi.detection.look import CHANNELS, EYE
from pi.detection.observers import Looks, area_under_curve, hotelling, matched, pooled
from pi.detection.sightings import KIND, DetectionError
from pi.evaluation.table import by_reconstruction

RESAMPLES = 1000
FEW = 5
"""Patients below which intervals cover less than 95 % (benchmarks/coverage.py)."""

OBSERVERS: dict[str, tuple[list[str], Callable[[Looks, Floats], Floats]]] = {
    "cho": (CHANNELS, hotelling),
    "npwe": ([EYE], matched),
}
"""Of each observer the answers that it uses, and its d'."""

TITLES = {"cho": "channelised Hotelling observer", "npwe": "NPWE"}

COLUMNS = ["image", "observer", *KIND, "dprime", "dprime_low", "dprime_high", "auc", "auc_low",
           "auc_high", "patients", "places", "looks"]  # fmt: skip


@dataclass(frozen=True)
class Detection:
    """What was found.

    Attributes:
        table: one row per image, observer and kind of lesion; bounds are NaN where one patient
            bounds nothing.
        remark: what is to be known of it, sentences; empty where that is nothing.
    """

    table: pd.DataFrame = field(repr=False)
    remark: str


@dataclass(frozen=True)
class Draws:
    """Resamples of the places of a table of looks, the same for all images and observers.

    Attributes:
        weights: (1 + resamples, places) how often each place is in it; the first is the data.
        place: (looks,) number of the place of each row.
        patients: how many.
    """

    weights: Floats = field(repr=False)
    place: NDArray[np.int64] = field(repr=False)
    patients: int


def detect(sightings: pd.DataFrame, seed: int) -> Detection:
    """Return how detectable the lesions of a table of looks are.

    Args:
        sightings: see `pi.detection.sightings`.
        seed: of the bootstrap.

    Raises:
        DetectionError: there are too few looks for a covariance everywhere.
    """
    rows: list[dict[str, object]] = []
    left_out: dict[str, None] = {}
    for kind, of in sightings.groupby(KIND, sort=True):
        draws = draw_places(of, np.random.default_rng(seed))
        for image in of["image"].unique():
            for observer in OBSERVERS:
                found = resampled(of, draws, str(image), observer, left_out)
                if found is not None:
                    facts = {"image": image, "observer": observer,
                             **dict(zip(KIND, np.ravel(kind), strict=True))}  # fmt: skip
                    rows.append({**facts, **_estimates(found, draws, of, str(image))})
    if not rows:
        raise DetectionError(
            "lesions must be looked at often enough for a covariance but no kind of them is: there "
            f"are {len(sightings)} looks in all."
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return Detection(table, _remark(int(table["patients"].max()), [*left_out]))


def draw_places(sightings: pd.DataFrame, rng: np.random.Generator) -> Draws:
    """Draw patients, then places of each, a number of times.

    Args:
        sightings: looks at lesions of one kind.
        rng: what draws.
    """
    owner = pd.factorize(sightings["patient"], sort=True)[0]
    keys = pd.MultiIndex.from_arrays([owner, sightings["place"]])
    place, places = pd.factorize(keys, sort=True)
    of = np.asarray(places.get_level_values(0))
    patients = int(owner.max()) + 1
    drawn = rng.multinomial(patients, np.full(patients, 1 / patients), size=RESAMPLES)
    weights = np.ones((1 + RESAMPLES, len(of)))
    for patient in range(patients):
        own = np.flatnonzero(of == patient)
        weights[1:, own] = rng.multinomial(
            drawn[:, patient] * own.size, np.full(own.size, 1 / own.size)
        )
    return Draws(weights, place, patients)


def resampled(
    sightings: pd.DataFrame,
    draws: Draws,
    image: str,
    observer: str,
    left_out: dict[str, None] | None = None,
) -> Floats | None:
    """Return d' of the data and of each resample; None where no reconstruction has enough looks.

    Args:
        sightings: looks at lesions of one kind.
        draws: of its places.
        image: which.
        observer: one of `OBSERVERS`.
        left_out: told which reconstructions have too few looks.
    """
    answers, of_looks = OBSERVERS[observer]
    numbered = sightings.assign(number=draws.place)
    values = []
    for reconstruction, rows in by_reconstruction(numbered[numbered["image"] == image]):
        number, places = pd.factorize(rows["number"])
        looks = Looks.of(rows[answers].to_numpy(np.float64), rows["present"].to_numpy(bool), number)
        if looks.enough():
            values.append(_of_resamples(looks, draws.weights[:, places], of_looks))
        elif left_out is not None:
            left_out[str(reconstruction)] = None
    return pooled(values) if values else None


def _of_resamples(
    looks: Looks, weights: Floats, of_looks: Callable[[Looks, Floats], Floats]
) -> Floats:
    """Return d' of each resample; one that lacks a class is replaced by the data's own value."""
    counts = np.einsum("rm,mc->rc", weights, looks.counts)
    least = looks.sums.shape[2] + 4
    fit = (counts >= 2).all(axis=1) & (counts.sum(axis=1) > least)
    own = of_looks(looks, weights[:1])[0]
    found = np.full(len(weights), own)
    found[fit] = of_looks(looks, weights[fit])
    return found


def interval(values: Floats, patients: int) -> tuple[float, float]:
    """Return the bounds of 95 % of an estimate and its resamples; NaN of a single patient.

    Args:
        values: the estimate, then that of each resample.
        patients: m, for which percentiles are moved outwards.
    """
    if patients < 2 or not np.isfinite(values).all():
        return float("nan"), float("nan")
    wide = np.sqrt(patients / (patients - 1)) * t.ppf(0.975, patients - 1)
    share = float(norm.cdf(-wide))
    centred = values[1:] - values[1:].mean() + values[0]
    low, high = np.quantile(centred, [share, 1 - share])
    return float(low), float(high)


def _estimates(
    found: Floats, draws: Draws, sightings: pd.DataFrame, image: str
) -> dict[str, object]:
    low, high = interval(found, draws.patients)
    if found.min() >= 0:
        low = max(low, 0.0)
    values = {"dprime": float(found[0]), "dprime_low": low, "dprime_high": high}
    areas = {
        name.replace("dprime", "auc"): float(area_under_curve(v)) for name, v in values.items()
    }
    return {
        **values,
        **areas,
        "patients": draws.patients,
        "places": draws.weights.shape[1],
        "looks": int((sightings["image"] == image).sum()),
    }


def few_patients(patients: int) -> str:
    """Return what so few patients do to intervals, a sentence; empty where nothing."""
    if patients < 2:
        return "lesions of one patient bound nothing: no interval over patients is given."
    if patients < FEW:
        return (
            f"intervals of detection rest on {patients} patients; below {FEW} they cover less than "
            "95 %."
        )
    return ""


def _remark(patients: int, left_out: Sequence[str]) -> str:
    few = few_patients(patients)
    said = [f"note: {few}"] if few else []
    if left_out:
        said.append(
            f"note: {', '.join(left_out)} {'have' if len(left_out) > 1 else 'has'} too few looks "
            "at lesions of some kind for an observer, and is in no d' of it."
        )
    return "\n".join(said)


def mean_over_kinds(table: pd.DataFrame, image: str, observer: str, column: str) -> float:
    """Return the mean of a column over all kinds of lesions; NaN where there are none."""
    rows = table[(table["image"] == image) & (table["observer"] == observer)]
    return float(rows[column].mean()) if len(rows) else float("nan")
