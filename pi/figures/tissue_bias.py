"""HU bias in each kind of tissue, before and after denoising."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pi.evaluation.table import Image, by_reconstruction
from pi.evaluation.tissue import TISSUES
from pi.figures.noise_power import COLOURS
from pi.identity import Reconstruction


@dataclass(frozen=True)
class TissueBias:
    """The bias of one image in one reconstruction.

    Attributes:
        reconstruction: which.
        image: which.
        places: (points,) index of the tissue in `pi.evaluation.tissue.TISSUES`.
        bias_hu: (points,) one per patient and tissue.
    """

    reconstruction: Reconstruction
    image: Image
    places: NDArray[np.int64] = field(repr=False)
    bias_hu: NDArray[np.float64] = field(repr=False)


def tissue_biases(tissues: pd.DataFrame) -> list[TissueBias]:
    """Return what is drawn of the table ``tissues`` of an `pi.evaluation.measure.Evaluation`."""
    order = [tissue.name for tissue in TISSUES]
    return [
        TissueBias(
            place,
            image,
            np.array([order.index(name) for name in rows["tissue"]], np.int64),
            rows["bias_hu"].to_numpy(np.float64),
        )
        for place, of in by_reconstruction(tissues)
        for image in COLOURS
        if not (rows := of[of["image"] == image]).empty
    ]


def draw_tissue_bias(biases: Sequence[TissueBias]) -> Figure:
    """Draw one dot a patient and a bar at their mean; 0 is the normal dose."""
    places = list(dict.fromkeys(one.reconstruction for one in biases))
    figure = Figure(figsize=(3.6 * len(places) + 0.6, 3.6), layout="constrained")
    grid = figure.subplots(1, len(places), sharey=True, squeeze=False)[0]
    for one in biases:
        axes = grid[places.index(one.reconstruction)]
        shift = 0.18 * (list(COLOURS).index(one.image) * 2 - 1)
        colour = COLOURS[one.image]
        axes.plot(one.places + shift, one.bias_hu, "o", color=colour, alpha=0.5, markersize=4)
        for place in np.unique(one.places):
            mean = one.bias_hu[one.places == place].mean()
            axes.plot([place + shift - 0.14, place + shift + 0.14], [mean, mean], color=colour,
                      linewidth=2.5)  # fmt: skip
        axes.plot([], [], color=colour, linewidth=2.5, label=one.image.replace("_", " "))
    for place, axes in zip(places, grid, strict=True):
        axes.axhline(0, color="#888888", linewidth=0.8)
        axes.set_xticks(range(len(TISSUES)), [t.name.replace(" ", "\n") for t in TISSUES])
        axes.set_title(str(place), fontsize=11)
        axes.grid(alpha=0.25, axis="y")
    grid[0].set_ylabel("bias: image − normal dose (HU)")
    grid[0].legend(fontsize=9)
    return figure
