"""The gradients of the two terms, by their lengths and their angle: Psi_g (method, 2.6)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GradientPair:
    """Two gradients over the same variables, by their lengths and their dot product.

    Attributes:
        image: ||grad M||.
        perceptual: ||grad P||, without lambda.
        dot: grad M . grad P.
    """

    image: float
    perceptual: float
    dot: float

    def psi(self, weight: float) -> float:
        """Return Psi_g at ``weight``; NaN where both gradients vanish."""
        total = self.image + weight * self.perceptual
        return weight * self.perceptual / total if total > 0 else float("nan")

    @property
    def cosine(self) -> float:
        """Cosine between the gradients; NaN where one vanishes."""
        lengths = self.image * self.perceptual
        return self.dot / lengths if lengths > 0 else float("nan")

    @property
    def conflict(self) -> bool:
        """Whether a step along one raises the other's loss: a cosine below 0."""
        return self.dot < 0

    def rises(self, weight: float) -> tuple[bool, bool]:
        """Return whether a small step along -(grad M + weight grad P) raises M, and P."""
        return (
            self.image**2 + weight * self.dot < 0,
            self.dot + weight * self.perceptual**2 < 0,
        )


@dataclass(frozen=True, slots=True)
class GradientInfluence:
    """One measurement, on one batch.

    Attributes:
        step: of the whole training, counted from 0.
        weight: lambda in force.
        parameters: over the denoiser's parameters.
        output: with respect to the denoised image.
    """

    step: int
    weight: float
    parameters: GradientPair
    output: GradientPair
