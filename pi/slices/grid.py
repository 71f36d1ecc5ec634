"""In what the grids of two slices differ, in words with both values."""

from pi.readers.geometry import (
    DIRECTION_TOLERANCE,
    MILLIMETRE_TOLERANCE,
    Frame,
    Vector,
    distance,
    in_plane,
    same_spacing,
)
from pi.readers.header import SliceHeader


def frame_differences(one: Frame, other: Frame) -> tuple[str, ...]:
    """Return what differs of matrix, pixel spacing and orientation, empty where nothing does."""
    found = []
    if (one.rows, one.columns) != (other.rows, other.columns):
        found.append(f"matrix {one.rows} x {one.columns} and {other.rows} x {other.columns}")
    if not same_spacing(one.spacing, other.spacing):
        found.append(f"pixel spacing {_spacing(one)} and {_spacing(other)}")
    turned = max(distance(one.across, other.across), distance(one.down, other.down))
    if turned > DIRECTION_TOLERANCE:
        found.append(f"orientation {_directions(one)} and {_directions(other)}")
    return tuple(found)


def differences(low: SliceHeader, normal: SliceHeader) -> tuple[str, ...]:
    """Return in what two slices do not show the same pixels of space, to 0.001 mm in the plane."""
    axis = normal.frame.normal
    ours, theirs = in_plane(low.origin, axis), in_plane(normal.origin, axis)
    found = frame_differences(low.frame, normal.frame)
    if distance(ours, theirs) > MILLIMETRE_TOLERANCE:
        found = (*found, f"origin {_vector(ours)} and {_vector(theirs)} mm")
    return found


def _spacing(frame: Frame) -> str:
    return "unknown" if frame.spacing is None else f"{frame.spacing:g} mm"


def _directions(frame: Frame) -> str:
    return _vector((*frame.across, *frame.down))


def _vector(values: Vector | tuple[float, ...]) -> str:
    return f"({', '.join(f'{value + 0.0:.4g}' for value in values)})"
