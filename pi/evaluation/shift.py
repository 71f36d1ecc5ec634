"""How far a denoised scan lies from its source, by kind of tissue: where there is no normal dose.

A denoiser may take noise away, but not move the mean: whoever measures HU would notice. A pixel is
counted to the tissue that it has after denoising: by the noisy HU before, a class would hold the
pixels that noise brought there, and taking the noise away would look like a shift. All pixels
are told together too: of what moved far, some may be in no class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.tissue import TISSUES, Sums, Tissue, tissue_sums

WHOLE = Tissue("all pixels", -np.inf, np.inf)
CLASSES = (*TISSUES, WHOLE)

LARGE_HU = 2.0
"""Mean shift in HU of which is warned."""


@dataclass(frozen=True, slots=True)
class TissueShift:
    """The mean change of one kind of tissue.

    Attributes:
        tissue: which.
        pixels: how many.
        mean_hu: denoised minus source.
    """

    tissue: Tissue
    pixels: int
    mean_hu: float

    @property
    def large(self) -> bool:
        """Whether it is to be warned of."""
        return abs(self.mean_hu) > LARGE_HU


def shift_sums(
    before: NDArray[np.float32], after: NDArray[np.float32], kept: NDArray[np.bool_]
) -> Sums:
    """Return sums of the change of one slice by tissue, which add up over slices.

    Args:
        before: (rows, columns) HU of the source.
        after: the same, denoised.
        kept: pixels that were not denoised, which count for nothing.
    """
    measured = ~kept
    denoised = after[measured]
    classes = np.clip(np.rint(denoised), -1024, 3072).astype(np.int16)
    return tissue_sums(denoised - before[measured], classes, CLASSES)


def shifts_of(sums: Sums) -> tuple[TissueShift, ...]:
    """Return the mean change of every kind of tissue that has pixels, and of all pixels."""
    return tuple(
        TissueShift(tissue, int(pixels), total / pixels)
        for tissue, (pixels, total, _) in zip(CLASSES, sums.tolist(), strict=True)
        if pixels
    )


def shift_text(shifts: Sequence[TissueShift]) -> str:
    """Return the shifts as lines, and a warning if one of them is large."""
    lines = ["mean shift of HU by tissue, denoised minus source:"]
    lines += [
        f"  {one.tissue.name:<12}{one.mean_hu:+8.2f} HU  {one.pixels:>12,} pixels" for one in shifts
    ]
    large = [one.tissue.name for one in shifts if one.large]
    if large:
        lines.append(
            f"warning: {', '.join(large)} moved by more than {LARGE_HU:g} HU on average: do not "
            "measure HU in this series."
        )
    return "\n".join(lines)
