"""The anatomy of one simulated patient, drawn from a seed.

Nothing here is measured on a patient. Sizes and HU are typical of a contrast-enhanced
portal-venous abdomen; the lists are data, to be edited by whoever knows better.
"""

import numpy as np

from pi.simulation.organs import bowel, kidneys, liver, upper_organs, vessels
from pi.simulation.solid import Anatomy, BodyFrame
from pi.simulation.trunk import ribs, spine, table, trunk


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw one patient: 280-380 mm wide, depth/width .66-.78, field of view 1.06-1.12 x width."""
    half_width = rng.uniform(140.0, 190.0)
    frame = BodyFrame(
        half_width, half_width * rng.uniform(0.66, 0.78), rng.uniform(0.06, 0.15) * half_width
    )
    solids = (
        trunk(frame)
        + ribs(frame, rng)
        + bowel(frame, rng)
        + upper_organs(frame, rng)
        + liver(frame, rng)
        + kidneys(frame, rng)
        + spine(frame, rng)
        + vessels(frame, rng)
    )
    return Anatomy(
        field_of_view=2.0 * half_width * rng.uniform(1.06, 1.12),
        level=rng.uniform(-35.0, 45.0),
        solids=tuple(solids),
        table=tuple(table(frame)),
    )
