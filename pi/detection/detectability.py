"""How detectable lesions are in each image: d' by lesion and observer, with what patients allow.

Reconstructions are tasks of their own, whose d' are averaged; lesions of one size share their
covariance and differ in what they add. Intervals are of a bootstrap: of patients drawn with
replacement, and of as many places of lesions as each has. They are moved outwards for few patients
as those of `pi.comparison.resampling` are, and centred on the estimate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, t

from pi.detection.channels import Floats
from pi.detection.look import CHANNELS, EYE
from pi.detection.observers import Looks, area_under_curve, hotelling, matched, pooled
from pi.detection.sightings import KIND, DetectionError
from pi.evaluation.table import DENOISED, LOW_DOSE, by_reconstruction
from pi.text_table import aligned, markdown

RESAMPLES = 1000
MOST = 0.75
"""Share of resamples that must have enough looks, or a reconstruction counts as too seldom seen."""

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

    def scores(self) -> dict[str, float]:
        """Return the means over kinds of lesions by the name that the tracking store knows.

        ``detection/cho_dprime`` is of the output (the low dose where nothing was denoised),
        ``detection/cho_dprime_low_dose`` and ``_normal_dose`` of the two doses.
        """
        means = self.table.groupby(["observer", "image"])["dprime"].mean()
        output = DENOISED if (self.table["image"] == DENOISED).any() else LOW_DOSE
        found: dict[str, float] = {}
        for (observer, image), mean in means.items():
            if image == output:
                found[f"detection/{observer}_dprime"] = float(mean)
            if image != DENOISED:
                found[f"detection/{observer}_dprime_{image}"] = float(mean)
        return found

    def text(self) -> str:
        """Return the table for a terminal, and the remark."""
        title = "lesions, d' of model observers [95 % over patients], area under the ROC curve:"
        return "\n".join(filter(None, [title, aligned(self._rows()), self.remark]))

    def note(self) -> str:
        """Return the same as Markdown."""
        said = "Detection of lesions: d' [95 % over patients] and area under the ROC curve."
        return "\n\n".join(filter(None, [said, markdown(self._rows()), self.remark]))

    def _rows(self) -> list[list[str]]:
        columns = [(str(image), str(observer)) for image in dict.fromkeys(self.table["image"])
                   for observer in OBSERVERS]  # fmt: skip
        head = [f"{image} {observer}".replace("_", " ") for image, observer in columns]
        rows = [["lesion", *head]]
        for kind, of in self.table.groupby(KIND, sort=True):
            contrast, radius = (float(one) for one in np.ravel(kind))
            cells = of.set_index(["image", "observer"]).to_dict("index")
            told = [_cell(cells[one]) if one in cells else "–" for one in columns]
            rows.append([f"{contrast:+g} HU, {radius:g} mm", *told])
        return rows


@dataclass(frozen=True)
class Draws:
    """Resamples of the places of a table of looks, the same for all images and observers.

    Attributes:
        weights: (1 + resamples, places) how often each place is in it; the first is the data.
        place: (looks,) number of the place of each row.
    """

    weights: Floats = field(repr=False)
    place: NDArray[np.int64] = field(repr=False)


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
    for radius, of in sightings.groupby("radius_mm", sort=True):
        draws = draw_places(of, np.random.default_rng(seed))
        for contrast in sorted(of["contrast_hu"].unique()):
            own = of[of["contrast_hu"] == contrast]
            counts = {"patients": own["patient"].nunique(),
                      "places": len(own[["patient", "place"]].drop_duplicates())}  # fmt: skip
            for image in map(str, of["image"].unique()):
                counts["looks"] = int((own["image"] == image).sum())
                for observer in OBSERVERS:
                    found = resampled(of, draws, contrast, image, observer, left_out)
                    if found is not None:
                        facts = {"image": image, "observer": observer,
                                 "contrast_hu": contrast, "radius_mm": radius}  # fmt: skip
                        rows.append({**facts, **_estimates(found, counts["patients"]), **counts})
    if not rows:
        raise DetectionError(
            "lesions must be looked at often enough for a covariance but no kind of them is: there "
            f"are {len(sightings)} looks in all."
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return Detection(table, _remark(int(table["patients"].max()), [*left_out]))


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
        looks = Looks.of(rows[answers].to_numpy(np.float64), rows["of_class"].to_numpy(), number)
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
    wide = np.sqrt(patients / (patients - 1)) * t.ppf(0.975, patients - 1)
    share = float(norm.cdf(-wide))
    centred = drawn - drawn.mean() + values[0]
    low, high = np.quantile(centred, [share, 1 - share])
    return float(low), float(high)


def _estimates(found: Floats, patients: int) -> dict[str, float]:
    low, high = interval(found, patients)
    if low < 0 <= np.nanmin(found):
        low = 0.0
    values = {"dprime": float(found[0]), "dprime_low": low, "dprime_high": high}
    areas = {
        name.replace("dprime", "auc"): float(area_under_curve(v)) for name, v in values.items()
    }
    return {**values, **areas}


def _cell(row: Mapping[str, float]) -> str:
    bounds = f" [{row['dprime_low']:.2f} to {row['dprime_high']:.2f}]"
    told = "" if np.isnan(row["dprime_low"]) else bounds
    return f"{row['dprime']:.2f}{told}, {row['auc']:.3f}"


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
