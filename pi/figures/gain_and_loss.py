"""The slices on which one run gained most over another, and lost most, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pi.comparison.contrast import Contrast
from pi.comparison.pairing import PairedTable, index_keys
from pi.comparison.verdict import heading
from pi.evaluation.choice import Choice, ShownSlice
from pi.evaluation.metrics import mean_text
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.figures.denoised_slices import TITLES
from pi.figures.slice_row import Pictured, SliceRow, picture_row
from pi.identity import SliceKey


@dataclass(frozen=True, slots=True)
class Extreme:
    """A slice at one end of the gains.

    Attributes:
        rank: ``largest gain`` and ``largest loss``; ``smallest loss`` or ``smallest gain`` where
            that end lies on the other side of 0.
        key: of the slice; of equals the first.
        values: the metric of each of the two runs, by name.
    """

    rank: str
    key: SliceKey
    values: Mapping[str, float]

    def choice(self, run: str) -> Choice:
        """Return the slice as `pi.evaluation.choice.read_choice` wants it, for one of the runs."""
        return Choice(self.rank, self.key, {DENOISED: self.values[run]})


def extremes(paired: PairedTable, contrast: Contrast) -> tuple[Extreme, Extreme]:
    """Return the slices of the largest gain and of the largest loss of a comparison."""
    gains = paired.gains(contrast.reference, contrast.other)
    highest, lowest = int(np.argmax(gains)), int(np.argmin(gains))
    ranks = {
        highest: "largest gain" if gains[highest] > 0 else "smallest loss",
        lowest: "largest loss" if gains[lowest] < 0 else "smallest gain",
    }
    runs = [contrast.reference, contrast.other]

    def extreme(place: int) -> Extreme:
        (key,) = index_keys(paired.values.index[[place]])
        values = paired.values[runs].iloc[place]
        return Extreme(ranks[place], key, {run: float(values[run]) for run in runs})

    return extreme(highest), extreme(lowest)


def extreme_row(extreme: Extreme, shown: Mapping[str, ShownSlice], metric: str) -> SliceRow:
    """Return what `draw_slices` draws of a slice: low dose, the two runs, target, errors.

    Args:
        extreme: which slice.
        shown: it, denoised by each of the runs; of a run that denoises nothing, the low dose.
        metric: by which it was chosen.
    """
    first = next(iter(shown.values()))
    images = [
        Pictured(LOW_DOSE, TITLES[LOW_DOSE], first.images[LOW_DOSE], "",
                 first.errors[LOW_DOSE].rmse_hu)
    ]  # fmt: skip
    images += [
        Pictured(run, run, one.images[image],
                 f"{heading(metric)} {mean_text(extreme.values[run], metric)}",
                 one.errors[image].rmse_hu, {metric: extreme.values[run]})
        for run, one in shown.items()
        for image in [DENOISED if DENOISED in one.images else LOW_DOSE]
    ]  # fmt: skip
    return picture_row(extreme.rank, extreme.key, images, first.normal_dose, first.pixel_spacing)


def rows_of(
    found: Sequence[Extreme], shown: Sequence[Mapping[str, ShownSlice]], metric: str
) -> list[SliceRow]:
    """Return a row per slice: see `extreme_row`."""
    return [extreme_row(one, of, metric) for one, of in zip(found, shown, strict=True)]
