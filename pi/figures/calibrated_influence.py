"""The paper's Fig. 2 again, from what earlier runs recorded of their calibrations."""

from collections.abc import Sequence

import numpy as np

from pi.figures.colours import STYLES, colour_of
from pi.figures.influence_curve import Curve
from pi.influence.psi import Floats
from pi.influence.recorded import RecordedInfluence


def recorded_curves(influences: Sequence[RecordedInfluence], weights: Floats) -> list[Curve]:
    """Return the curves that `draw_influence` draws: a colour an experiment, a style a context.

    Args:
        influences: the calibrations.
        weights: (points,) lambdas of the abscissa.
    """
    contexts = list(dict.fromkeys((one.context, one.state) for one in influences))
    return [
        Curve(
            f"{one.experiment}: {one.context} {one.layers}, {one.state}",
            colour_of(one.experiment),
            STYLES[contexts.index((one.context, one.state)) % len(STYLES)],
            np.log10(weights),
            one.psi_at(weights),
            np.log(weights * one.loss_ratio),
            one.weight,
            one.low if np.isfinite(one.low) else one.weight,
            one.high if np.isfinite(one.high) else one.weight,
        )
        for one in influences
    ]
