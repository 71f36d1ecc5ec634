"""Sufficient statistics of the losses: added up per patch, reduced last, by name."""

from dataclasses import dataclass
from math import inf, log

import numpy as np

from pi.influence.psi import Floats


@dataclass(frozen=True, slots=True)
class InfluenceSums:
    """Sums over patches, float64, from which every mean and both Psis follow.

    A Psi of batches would depend on their size and order (method, 2.4); these do not.

    Attributes:
        image: sum of the image loss M.
        perceptual: (taps,) sums of the perceptual loss P of each layer.
        weighted: sum of lambda P, each patch with the lambda that it was trained with.
        shares: sum over patches of lambda P / (M + lambda P), Eq. (5)'s summands.
        shared: patches in that sum: all but those without any loss.
        patches: how many.
    """

    image: float = 0.0
    perceptual: tuple[float, ...] = ()
    weighted: float = 0.0
    shares: float = 0.0
    shared: int = 0
    patches: int = 0

    def add(self, image: Floats, perceptual: Floats, weight: float) -> "InfluenceSums":
        """Return the sums with n patches more.

        Args:
            image: (n,) image loss.
            perceptual: (n, taps) perceptual loss.
            weight: lambda.
        """
        m, taps = image.astype(np.float64), perceptual.astype(np.float64)
        weighted = weight * taps.sum(axis=1)
        total = m + weighted
        kept = total > 0
        before = self.perceptual or (0.0,) * taps.shape[1]
        added = zip(before, taps.sum(axis=0).tolist(), strict=True)
        return InfluenceSums(
            self.image + float(m.sum()),
            tuple(old + new for old, new in added),
            self.weighted + float(weighted.sum()),
            self.shares + float((weighted[kept] / total[kept]).sum()),
            self.shared + int(kept.sum()),
            self.patches + m.size,
        )

    @property
    def perceptual_sum(self) -> float:
        """Sum of the perceptual loss over patches and layers."""
        return float(sum(self.perceptual))

    def metrics(self, layers: tuple[str, ...]) -> dict[str, float]:
        """Return means, ratio and influence by name; NaN where one is not defined.

        ``psi`` is the ratio of sums (Algorithm 2), ``psi_eq5`` the mean of ratios.
        """
        count, total = self.patches, self.image + self.weighted
        found = {
            "image_loss": _ratio(self.image, count),
            "perceptual_loss": _ratio(self.perceptual_sum, count),
            "total_loss": _ratio(total, count),
            "ratio": _ratio(self.perceptual_sum, self.image),
            "psi": _ratio(self.weighted, total),
            "psi_eq5": _ratio(self.shares, self.shared),
        }
        if len(layers) > 1:
            for layer, own in zip(layers, self.perceptual, strict=True):
                share = _ratio(own, self.perceptual_sum) * found["psi"]
                found[f"psi_of_layer/{layer}"] = share
        return found

    @property
    def log_odds(self) -> float:
        """Log-odds of Psi (ratio of sums), which keep their digits where it is nearly 0 or 1."""
        if self.weighted == 0:
            return -inf
        return log(self.weighted / self.image) if self.image > 0 else inf

    @property
    def total(self) -> float:
        """Mean of the loss of Eq. (4)."""
        return _ratio(self.image + self.weighted, self.patches)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
