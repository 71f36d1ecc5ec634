"""Whether a denoiser is worth having: its output beside the low dose itself."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pi.digits import apart
from pi.evaluation.metrics import METRICS, mean_text

WORSE = "worse than doing nothing"

KEPT = "kept/ssim"
"""Metric of a training: validation SSIM of the epoch whose weights are kept."""

LOW_DOSE = "validation/ssim_low_dose"
"""Metric of a training: SSIM of the low dose itself on the same slices; older runs have none."""


@dataclass(frozen=True, slots=True)
class BesideNothing:
    """Mean SSIM on the same validation slices; NaN where it is not known.

    Attributes:
        output: of the denoised slices.
        low_dose: of the low dose itself.
    """

    output: float
    low_dose: float

    @property
    def known(self) -> bool:
        """Whether both are known."""
        return not (math.isnan(self.output) or math.isnan(self.low_dose))

    @property
    def worse(self) -> bool:
        """Whether the output is further from the normal dose than the input was."""
        return self.output < self.low_dose

    def text(self) -> str:
        """Return both in words."""
        if not self.known:
            return "SSIM of the low dose itself on the validation slices is not known"
        if self.output == self.low_dose:
            return f"validation SSIM {mean_text(self.output, 'ssim')}, that of the low dose itself"
        side = "below" if self.worse else "above"
        told = f": {WORSE}" if self.worse else ""
        output, low_dose = ssims_apart(self.output, self.low_dose)
        return f"validation SSIM {output}, {side} the low dose's {low_dose}{told}"


def ssims_apart(*values: float) -> list[str]:
    """Return values of SSIM that stand beside each other as text which tells them apart."""
    return apart(values, METRICS["ssim"].decimals)


def of_training(metrics: Mapping[str, float]) -> BesideNothing:
    """Return what the metrics of a training say of the weights that it kept."""
    return BesideNothing(metrics.get(KEPT, math.nan), metrics.get(LOW_DOSE, math.nan))


def before_sentence(low_dose: float) -> str:
    """Return what an output must reach, said before the first epoch."""
    ssim = mean_text(low_dose, "ssim")
    return f"the low dose itself has a validation SSIM of {ssim}; an output below that is {WORSE}"
