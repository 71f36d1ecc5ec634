"""What a calibration measured, read back: for another target nothing need be measured again."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pi.choices import Estimator
from pi.identity import UNKNOWN_DOSE, Reconstruction
from pi.influence.calibration import ExperimentCalibration, calibrate
from pi.influence.losses import Losses
from pi.influence.psi import InvalidLossError
from pi.influence.sampling import Precision
from pi.influence.survey import SurveySample
from pi.influence.table import IMAGE_LOSS, INCLUSION, KNOWN, PERCEPTUAL_LOSS, WEIGHT
from pi.losses.experiments import Experiment


@dataclass(frozen=True)
class MeasuredLosses:
    """The losses of random patches, through one encoder, in one state of the denoiser.

    Attributes:
        experiment: the configuration.
        state: of the denoiser.
        losses: per patch; ``perceptual`` (n, layers) in the order of the encoder's layers.
        reconstructions: of each patch.
        population: patches in the training set.
        estimator: which Psi a target means.
    """

    experiment: Experiment
    state: str
    losses: Losses = field(repr=False)
    reconstructions: tuple[Reconstruction, ...] = field(repr=False)
    population: int
    estimator: Estimator

    def at(self, target: float) -> ExperimentCalibration:
        """Return the calibration for another target Psi.

        Raises:
            InfluenceError: see `pi.influence.calibration.calibrate`.
        """
        precision = Precision(target, self.estimator, tolerance=np.inf, exhaustive=False)
        return calibrate(
            self.experiment, self.state, self.losses, self.reconstructions, self.population,
            precision, "none",
        )  # fmt: skip


def losses_of(table: pd.DataFrame, layers: tuple[str, ...]) -> Losses:
    """Return the losses that a patch table holds: the inverse of `pi.influence.table.patch_table`.

    The patches are numbered by row: where they lie in the population the table does not say.

    Raises:
        InvalidLossError: the table lacks a column.
    """
    columns = [f"{PERCEPTUAL_LOSS}{layer}" for layer in layers]
    missing = [column for column in (IMAGE_LOSS, *columns) if column not in table]
    if missing:
        raise InvalidLossError(f"a patch table must have the column {missing[0]!r} but has not.")
    return Losses(
        np.arange(len(table)),
        table[IMAGE_LOSS].to_numpy(np.float64),
        table[columns].to_numpy(np.float64),
        _sample_of(table) if WEIGHT in table else None,
    )


def _number(column: str) -> int:
    return int(column.removeprefix(KNOWN))


def _sample_of(table: pd.DataFrame) -> SurveySample:
    """Return how the patches of a survey's table were drawn."""
    places = reconstructions_of(table)
    strata = {reconstruction: k for k, reconstruction in enumerate(sorted(set(places)))}
    known = sorted((str(c) for c in table if str(c).startswith(KNOWN)), key=_number)
    return SurveySample(
        np.array([strata[place] for place in places], np.int64),
        table[known].to_numpy(np.float64),
        table[INCLUSION].to_numpy(np.float64),
        table[WEIGHT].to_numpy(np.float64),
    )


def reconstructions_of(table: pd.DataFrame) -> tuple[Reconstruction, ...]:
    """Return the reconstruction of each row of a patch table; an old one tells no dose."""
    doses = table["dose"] if "dose" in table else [UNKNOWN_DOSE] * len(table)
    return tuple(
        Reconstruction(float(thickness), str(kernel), float(dose))
        for thickness, kernel, dose in zip(table["thickness"], table["kernel"], doses, strict=True)
    )
