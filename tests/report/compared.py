"""Runs made by hand: slice tables whose differences are known, and their comparison."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pi.comparison.comparison import Comparison, Reference, compare_runs
from pi.comparison.pairing import RunTable
from pi.comparison.seeds import group_seeds
from pi.influence.recorded import RecordedInfluence
from pi.losses.experiments import NAMED
from pi.report.configuration import Configuration, Making, Member

DIGEST = "d" * 64
GAINS = {"E1": 0.0, "E2": -0.010, "E3": -0.045, "E4": -0.007, "baseline": -0.015}
"""SSIM that each of the paper's experiments loses to E1 (Table 4)."""


def slice_table(gain: float, patients: int = 8, slices: int = 12, seed: int = 1) -> pd.DataFrame:
    """Return a table of denoised slices whose SSIM lies ``gain`` above .9, patient by patient.

    The anatomy (seeded by the patient) is the same in every table, the noise is the run's own.
    """
    own = np.random.default_rng([seed, round(abs(gain) * 1e6)])
    rows = []
    for number in range(patients):
        anatomy = np.random.default_rng(number)
        level, tilt = anatomy.normal(0, 0.02), own.normal(0, 0.002)
        for index in range(slices):
            low, noise = anatomy.normal(0.8, 0.02) + level, own.normal(0, 0.004)
            ssim = min(0.1 + low + gain + tilt + noise, 0.999)
            for image, value in (("low_dose", low), ("denoised", ssim)):
                rows.append(row(f"S{number:03}", float(index), image, value))
    return pd.DataFrame(rows)


def row(patient: str, position: float, image: str, ssim: float) -> dict[str, object]:
    """Return a row whose other metrics follow its SSIM."""
    return {
        "patient": patient, "thickness": 1.0, "kernel": "B30", "dose": 0.0,
        "position": position, "protocol": "paper8", "image": image,
        "ssim": ssim, "psnr": 50 * ssim, "nrmse": 1 - ssim,
        "rmse_clipped_hu": 100 * (1 - ssim), "rmse_hu": 100 * (1 - ssim),
        "mae_hu": 50 * (1 - ssim), "bias_hu": 0.0,
    }  # fmt: skip


def run_tables(
    gains: Mapping[str, float] = GAINS, patients: int = 8, part: str = "test"
) -> list[RunTable]:
    """Return one run a gain."""
    return [
        RunTable(name, slice_table(gain, patients), DIGEST, part) for name, gain in gains.items()
    ]


def compared(
    gains: Mapping[str, float] = GAINS,
    patients: int = 8,
    metrics: Sequence[str] = ("ssim",),
    reference: Reference | None = Reference("E1", "name"),  # noqa: B008
) -> Comparison:
    """Return the comparison of runs made by hand."""
    tables = run_tables(gains, patients)
    return compare_runs(tables, metrics, "paper8", reference, np.random.default_rng(5))


def configuration(
    name: str,
    gain: float = 0.0,
    *,
    target: float = 0.95,
    influence: bool = True,
    seeds: int = 1,
    patients: int = 8,
) -> Configuration:
    """Return a configuration of the paper, trained and calibrated by nobody."""
    experiment = NAMED[name]
    spec = experiment.encoder
    ratio = 19 / experiment.published.value if experiment.published else 1.0
    table = slice_table(gain, patients)
    groups = [RunTable(f"{name} seed {k}", table, DIGEST, "test") for k in range(seeds)]
    recorded = RecordedInfluence(
        f"calibration-of-{name}", name, spec.architecture, spec.context, "+".join(spec.layers),
        "identity", 0.95, 19 / ratio, 18 / ratio, 20 / ratio, ratio,
    )  # fmt: skip
    members = tuple(
        Member(f"evaluation-{name}-{k}", f"training-{name}-{k}", str(k), "", "abc123", False, 0.96)
        for k in range(seeds)
    )
    return Configuration(
        name, name, str(spec), "fixed", target, 19 / ratio, f"weights of {spec.context}", "f" * 64,
        members, group_seeds(name, groups), recorded if influence else None,
    )  # fmt: skip


def configurations(gains: Mapping[str, float] = GAINS, patients: int = 8) -> list[Configuration]:
    """Return the configurations whose tables `compared` compares, all but the baseline at .95."""
    return [
        configuration(
            name,
            gain,
            target=math.nan if name == "baseline" else 0.95,
            influence=name != "baseline",
            patients=patients,
        )
        for name, gain in gains.items()
    ]


MAKING = Making(
    "0123456789abcdef", "2 November 2026", "a" * 40, False,
    "python -m entrypoints.compare --runs E1,E2", {"numpy": "2.4"}, "",
)  # fmt: skip
