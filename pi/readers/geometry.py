"""Where a slice lies: the image plane of DICOM PS3.3 C.7.6.2."""

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]

MILLIMETRE_TOLERANCE = 1e-3
DIRECTION_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Frame:
    """What all slices of one series share.

    Attributes:
        rows: pixels down.
        columns: pixels across.
        spacing: PixelSpacing in mm, the same along rows and columns; None where nobody told it.
        across: unit vector along a row (ImageOrientationPatient, first three).
        down: unit vector along a column (last three).
    """

    rows: int
    columns: int
    spacing: float | None
    across: Vector
    down: Vector

    @property
    def normal(self) -> Vector:
        """Unit normal of the slices, across x down."""
        (a, b, c), (d, e, f) = self.across, self.down
        return (b * f - c * e, c * d - a * f, a * e - b * d)

    def matches(self, other: "Frame") -> bool:
        """Tell whether two frames are the same grid in the same direction."""
        return (
            (self.rows, self.columns) == (other.rows, other.columns)
            and same_spacing(self.spacing, other.spacing)
            and distance(self.across, other.across) <= DIRECTION_TOLERANCE
            and distance(self.down, other.down) <= DIRECTION_TOLERANCE
        )


def same_spacing(one: float | None, other: float | None) -> bool:
    """Tell whether two spacings (mm) are equal; an unknown one equals an unknown one alone."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= MILLIMETRE_TOLERANCE


def dot(one: Vector, other: Vector) -> float:
    """Return the scalar product."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def distance(one: Vector, other: Vector) -> float:
    """Return the length of the difference."""
    return math.dist(one, other)


def in_plane(origin: Vector, normal: Vector) -> Vector:
    """Return ``origin`` (mm) without its part along ``normal``."""
    along = dot(origin, normal)
    x, y, z = (o - along * n for o, n in zip(origin, normal, strict=True))
    return (x, y, z)


def is_frame(across: Vector, down: Vector) -> bool:
    """Tell whether two directions are of unit length and at right angles."""
    return (
        abs(math.hypot(*across) - 1) <= DIRECTION_TOLERANCE
        and abs(math.hypot(*down) - 1) <= DIRECTION_TOLERANCE
        and abs(dot(across, down)) <= DIRECTION_TOLERANCE
    )


def is_sheared(first: Vector, last: Vector, normal: Vector) -> bool:
    """Tell whether a stack leans: a tilted gantry moves slices sideways along the table."""
    return distance(in_plane(first, normal), in_plane(last, normal)) > 0.01 * distance(first, last)
