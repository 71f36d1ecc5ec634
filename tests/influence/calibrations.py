"""Calibrations made by hand, for tests to look at."""

import numpy as np

from pi.choices import Rounding
from pi.identity import Reconstruction
from pi.influence.calibration import ExperimentCalibration, calibrate
from pi.influence.losses import Losses
from pi.influence.psi import Floats
from pi.influence.sampling import Precision
from pi.influence.survey import PatchFacts
from pi.losses.architecture import EncoderSpec
from pi.losses.experiments import Experiment, PublishedWeight

SOFT, SHARP = Reconstruction(1.0, "B30"), Reconstruction(1.0, "D45")
TWO_LAYERS = Experiment(
    "two", EncoderSpec.parse("vgg16:random:block1_conv1+block2_conv1"), PublishedWeight(2.0, "me")
)
ONE_LAYER = Experiment("one", EncoderSpec.parse("vgg16:random:block1_conv1"))

# Four patches, two of either kernel: S_M = 8, S_P = 2 + 2 + 2 + 2 = 8 over both layers.
IMAGE = [1.0, 1.0, 3.0, 3.0]
PERCEPTUAL = [[1.5, 0.5], [1.5, 0.5], [1.5, 0.5], [1.5, 0.5]]
FOUND_ON = [SOFT, SOFT, SHARP, SHARP]


def by_hand(
    experiment: Experiment = TWO_LAYERS,
    state: str = "identity",
    target: float = 0.75,
    rounding: Rounding = "none",
    population: int = 4,
    **kinds: str,
) -> ExperimentCalibration:
    """A calibration of the four patches; lambda is 3 at a Psi of 3/4."""
    layers = len(experiment.encoder.layers)
    perceptual = np.array(PERCEPTUAL) if layers == 2 else np.full((4, 1), 2.0)
    losses = Losses(np.arange(4), np.array(IMAGE), perceptual)
    estimator = kinds.get("estimator", "ratio_of_sums")
    precision = Precision(target, estimator, 0.05, exhaustive=False)  # type: ignore[arg-type]
    return calibrate(experiment, state, losses, FOUND_ON, population, precision, rounding)


def alone(image: Floats) -> PatchFacts:
    """What patches tell of which nothing but image losses (n, losses) is known."""
    return PatchFacts(image, np.empty((len(image), 0)))
