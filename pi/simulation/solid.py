"""What a simulated patient is made of: solids, and the frame they are placed in.

Axes in mm, as the patient lies on the table: x to the image right (the patient's left),
y downward (posterior), z toward the head. Organs are placed in *cavity units*, where the
abdominal cavity is the unit disc, so that they fit a slim and a stout patient alike.
"""

import math
from dataclasses import dataclass
from typing import Literal

Region = Literal["body", "cavity", "liver", "kidney"]
Vector = tuple[float, float, float]

SOFT, BONE, SMOOTH = 1.0, 6.5, 0.25
"""Amplitude of the tissue texture, as multiples of soft tissue's 6 HU."""


@dataclass(frozen=True, slots=True)
class Solid:
    """A super-ellipsoid of one HU; later solids are painted over earlier ones.

    Attributes:
        centre: x, y, z in mm.
        half: half axes in mm, before rotation; an infinite third one makes a tube.
        hu: its value.
        angle: rotation in the slice plane, radians.
        exponent: 2 is an ellipse, larger is boxier.
        drift: how far the centre moves in x and y per mm of z.
        texture: amplitude of the tissue texture in it, see `SOFT`.
        within: paint only inside this region.
        becomes: the region that this solid is part of.
        above: paint only where y is smaller than this (gas over a fluid level), mm.
    """

    centre: Vector
    half: Vector
    hu: float
    angle: float = 0.0
    exponent: float = 2.0
    drift: tuple[float, float] = (0.0, 0.0)
    texture: float = SOFT
    within: Region | None = None
    becomes: Region | None = None
    above: float = math.inf


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What `pi.simulation.phantom` paints.

    Attributes:
        field_of_view: side of the square image, mm.
        level: z of the middle of the scan, mm; high levels show the liver, low ones the bowel.
        solids: in the order of painting.
        table: solids that neither breathe nor bend: the patient table.
    """

    field_of_view: float
    level: float
    solids: tuple[Solid, ...]
    table: tuple[Solid, ...]


@dataclass(frozen=True, slots=True)
class BodyFrame:
    """The body's outline and the abdominal cavity in it; lengths in mm."""

    half_width: float
    half_depth: float
    fat: float

    @property
    def wall(self) -> tuple[float, float]:
        """Half axes of what lies under the fat."""
        return self.half_width - self.fat, self.half_depth - 0.8 * self.fat

    @property
    def cavity(self) -> tuple[float, float]:
        """Half axes of the abdominal cavity."""
        return self.wall[0] - 13.0, 0.78 * self.wall[1]

    @property
    def cavity_y(self) -> float:
        """Y of the cavity's centre: it lies toward the belly."""
        return -0.12 * self.wall[1]

    def point(self, u: float, v: float, z: float = 0.0) -> Vector:
        """Cavity units to mm."""
        return u * self.cavity[0], self.cavity_y + v * self.cavity[1], z

    def size(self, u: float, v: float, z: float = math.inf) -> Vector:
        """Half axes: two in cavity units, z in mm; all in mm."""
        return u * self.cavity[0], v * self.cavity[1], z
