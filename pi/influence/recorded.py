"""A calibration as an earlier run recorded it: enough to draw its curve again."""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from pi.influence.psi import Floats, psi


@dataclass(frozen=True, slots=True)
class RecordedInfluence:
    """One calibration.

    Attributes:
        run_id: of the run that holds it.
        experiment: what it is of, such as ``E1``.
        architecture: of the encoder, such as ``vgg19``.
        context: what it was pre-trained on, such as ``imagenet``.
        layers: joined by ``+``.
        state: of the denoiser, such as ``identity``.
        target: Psi that it is for.
        weight: the lambda that reaches it.
        low: lower end of that lambda's 95 % interval; NaN where it was not kept.
        high: upper end.
        loss_ratio: S_P / S_M, the perceptual over the image loss: the odds of Psi at lambda = 1.
    """

    run_id: str
    experiment: str
    architecture: str
    context: str
    layers: str
    state: str
    target: float
    weight: float
    low: float
    high: float
    loss_ratio: float

    def psi_at(self, weight: ArrayLike) -> Floats:
        """Return Psi, the ratio of sums, at lambdas of any shape."""
        return psi(1.0, self.loss_ratio, weight)
