"""How detectable lesions are in each image: d' by lesion and observer, with what patients allow.

Reconstructions are tasks of their own, whose d' are averaged; lesions of one size share their
covariance and differ in what they add. Intervals are of a bootstrap: of patients drawn with
replacement, and of as many places of lesions as each has. They are moved outwards for few patients
(`pi.influence.expanded_percentile`), and centred on the estimate.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pi.detection.channels import Floats
from pi.detection.observers import area_under_curve
from pi.detection.requirements import DetectionError
from pi.detection.resamples import OBSERVERS, draw_places, interval, resampled
from pi.detection.sightings import KIND
from pi.digits import effect, number
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.influence.expanded_percentile import TOO_NARROW_BELOW
from pi.text_table import aligned, markdown

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
        images = [str(image) for image in self.table["image"].unique()]
        output = DENOISED if DENOISED in images else LOW_DOSE
        found: dict[str, float] = {}
        for image in images:
            for observer in OBSERVERS:
                own = (self.table["image"] == image) & (self.table["observer"] == observer)
                mean = float(self.table.loc[own, "dprime"].mean())
                if image == output:
                    found[f"detection/{observer}_dprime"] = mean
                if image != DENOISED:
                    found[f"detection/{observer}_dprime_{image}"] = mean
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
        kinds = self.table[KIND].drop_duplicates().sort_values(KIND)
        for contrast, radius in kinds.to_numpy(np.float64).tolist():
            of = (self.table["contrast_hu"] == contrast) & (self.table["radius_mm"] == radius)
            cells = self.table[of].set_index(["image", "observer"]).to_dict("index")
            told = [_cell(cells[one]) if one in cells else "–" for one in columns]
            rows.append([f"{contrast:+g} HU, {radius:g} mm", *told])
        return rows


def detect(sightings: pd.DataFrame, seed: int, patients: int = 0) -> Detection:
    """Return how detectable the lesions of a table of looks are.

    Args:
        sightings: see `pi.detection.sightings`.
        seed: of the bootstrap.
        patients: who were evaluated, of whom some may have no lesions; 0: nobody else.

    Raises:
        DetectionError: there are too few looks for a covariance everywhere.
    """
    rows: list[dict[str, object]] = []
    left_out: dict[str, None] = {}
    for radius in sorted(sightings["radius_mm"].unique()):
        of = sightings[sightings["radius_mm"] == radius]
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
    own = sightings["patient"].nunique()
    remark = _remark(int(table["patients"].max()), max(patients, own) - own, [*left_out])
    return Detection(table, remark)


def _estimates(found: Floats, patients: int) -> dict[str, float]:
    low, high = interval(found, patients)
    if low < 0 <= np.nanmin(found):
        low = 0.0
    values = {"dprime": float(found[0]), "dprime_low": low, "dprime_high": high}
    areas = {
        name.replace("dprime", "auc"): float(area_under_curve(v)) for name, v in values.items()
    }
    return {**values, **areas}


def _cell(row: Mapping[Hashable, Any]) -> str:
    bounds = f" [{effect(row['dprime_low'], '')} to {effect(row['dprime_high'], '')}]"
    told = "" if np.isnan(row["dprime_low"]) else bounds
    return f"{effect(row['dprime'], '')}{told}, {number(row['auc'])}"


def few_patients(patients: int) -> str:
    """Return what so few patients do to intervals, a sentence; empty where nothing."""
    if patients < 2:
        return "lesions of one patient bound nothing: no interval over patients is given."
    if patients < TOO_NARROW_BELOW:
        return (
            f"intervals of detection rest on {patients} patients; below {TOO_NARROW_BELOW} they "
            "cover less than 95 %."
        )
    return ""


def _remark(patients: int, without: int, left_out: Sequence[str]) -> str:
    few = few_patients(patients)
    said = [f"note: {few}"] if few else []
    if without:
        said.append(
            f"note: {without} {'patients have' if without > 1 else 'patient has'} no lesions and "
            "no part in detection."
        )
    if left_out:
        said.append(
            f"note: {', '.join(left_out)} {'have' if len(left_out) > 1 else 'has'} too few looks "
            "at lesions of some kind for an observer: no d' of it rests on them."
        )
    return "\n".join(said)
