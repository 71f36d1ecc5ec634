"""Painting an anatomy in HU, slice by slice.

Edges are anti-aliased: a pixel is covered by as much of a solid as its signed distance to
the outline says. Outlines are bent by a smooth random displacement, and tissue carries a
texture of three correlated random fields. Lengths are in mm throughout, so one anatomy
looks the same at 128 and at 512 pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pi.simulation.solid import Anatomy, Region, Solid

Image = NDArray[np.float32]

AIR = -1000.0
TEXTURE = ((1.45, 4.0), (4.85, 4.0), (17.0, 4.0))
"""Lattice spacing (mm) and standard deviation (HU) of the fields of soft-tissue texture; the
spacings correspond to Gaussians of 1.2, 4 and 14 pixels of 0.7 mm."""
BEND = (45.0, 3.0)
"""Lattice spacing and standard deviation (mm) of the displacement of outlines."""
REACH = 14.0
"""How far (mm) outside its own box a bent solid may reach."""


@dataclass(frozen=True, slots=True)
class Field:
    """A random, smooth scalar field: cubic B-splines on a lattice of normal deviates.

    Attributes:
        lattice: (z, y, x) float32 coefficients, scaled for the field's standard deviation.
        spacing: of the lattice, mm.
        origin: z of the lattice's first usable knot, mm.
    """

    lattice: NDArray[np.float32]
    spacing: float
    origin: float

    def plane(self, z: float, axis: NDArray[np.float64]) -> Image:
        """Return the field on the square grid ``axis`` x ``axis`` (mm) at height ``z`` (mm)."""
        along_z = _spline(np.array([z - self.origin]), self.spacing, self.lattice.shape[0])
        layers = along_z @ self.lattice.reshape(self.lattice.shape[0], -1)
        in_plane = _spline(axis - axis[0], self.spacing, self.lattice.shape[1])
        half = in_plane @ layers.reshape(self.lattice.shape[1:])
        result: Image = np.ascontiguousarray((in_plane @ half.T).T, dtype=np.float32)
        return result


@dataclass(frozen=True, slots=True)
class Phantom:
    """One simulated patient between two heights, ready to be cut into slices."""

    anatomy: Anatomy
    texture: tuple[Field, ...]
    bend: tuple[Field, Field]

    def slice(self, z: float, size: int) -> Image:
        """Return the patient at height ``z`` (mm from the scan's middle): (size, size), HU."""
        canvas = _Canvas.blank(self.anatomy.field_of_view, size)
        for solid in self.anatomy.table:
            canvas.paint(solid, 0.0)
        axis = pixel_centres(self.anatomy.field_of_view, size)
        canvas.bend(self.bend[0].plane(z, axis), self.bend[1].plane(z, axis))
        for solid in self.anatomy.solids:
            canvas.paint(solid, self.anatomy.level + z)
        for field in self.texture:
            canvas.hu += canvas.grain * field.plane(z, axis)
        return canvas.hu


def pixel_centres(field_of_view: float, size: int) -> NDArray[np.float64]:
    """Return the coordinates of ``size`` pixels across ``field_of_view``, centred on 0 (mm)."""
    return (np.arange(size, dtype=np.float64) - (size - 1) / 2) * (field_of_view / size)


def draw_phantom(anatomy: Anatomy, height: float, rng: np.random.Generator) -> Phantom:
    """Draw the texture and the bending of ``anatomy`` for ``height`` mm around its level."""
    side = anatomy.field_of_view
    return Phantom(
        anatomy,
        texture=tuple(_draw_field(side, height, *field, rng) for field in TEXTURE),
        bend=(_draw_field(side, height, *BEND, rng), _draw_field(side, height, *BEND, rng)),
    )


def _draw_field(
    side: float, height: float, spacing: float, deviation: float, rng: np.random.Generator
) -> Field:
    knots, layers = math.ceil(side / spacing) + 4, math.ceil(height / spacing) + 4
    lattice = rng.standard_normal((layers, knots, knots), dtype=np.float32)
    # Mean over a cell of the sum of squared cubic B-splines is 151/315 per axis.
    return Field(lattice * np.float32(deviation * (315 / 151) ** 1.5), spacing, -height / 2)


def _spline(position: NDArray[np.float64], spacing: float, knots: int) -> sparse.csr_array:
    """Return the (positions, knots) matrix of cubic B-spline weights, four to a row."""
    cell, t = np.divmod(position / spacing, 1.0)
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )
    columns = cell.astype(np.int32)[:, None] + np.arange(4, dtype=np.int32)
    starts = np.arange(0, 4 * len(position) + 1, 4)
    return sparse.csr_array(
        ((weights / 6).astype(np.float32).ravel(), columns.ravel(), starts),
        shape=(len(position), knots),
    )


@dataclass(slots=True)
class _Canvas:
    """The slice being painted: HU, texture amplitude, and where the named regions are."""

    hu: Image
    grain: Image
    x: Image
    y: Image
    pixel: float
    regions: dict[Region, Image]

    @classmethod
    def blank(cls, field_of_view: float, size: int) -> "_Canvas":
        axis = pixel_centres(field_of_view, size).astype(np.float32)
        x, y = np.meshgrid(axis, axis)
        hu = np.full((size, size), AIR, dtype=np.float32)
        return cls(hu, np.zeros_like(hu), x, y, field_of_view / size, {})

    def bend(self, by_x: Image, by_y: Image) -> None:
        """Displace what is painted from now on."""
        self.x, self.y = self.x + by_x, self.y + by_y

    def paint(self, solid: Solid, z: float) -> None:
        height = (z - solid.centre[2]) / solid.half[2]
        if abs(height) >= 1.0:
            return
        shrink = math.sqrt(1.0 - height**2)
        rise = z - solid.centre[2] if math.isfinite(solid.half[2]) else 0.0
        x = solid.centre[0] + solid.drift[0] * rise
        y = solid.centre[1] + solid.drift[1] * rise
        half = (solid.half[0] * shrink, solid.half[1] * shrink)
        box = self._box(x, y, math.hypot(*half) if solid.angle else 0.0, half)
        cover = self._cover(solid, box, x, y, half)
        if solid.within is not None:
            cover = cover * self.regions.get(solid.within, np.zeros_like(self.hu))[box]
        self.hu[box] += cover * (solid.hu - self.hu[box])
        self.grain[box] += cover * (solid.texture - self.grain[box])
        if solid.becomes is not None:
            region = self.regions.setdefault(solid.becomes, np.zeros_like(self.hu))
            np.maximum(region[box], cover, out=region[box])

    def _box(
        self, x: float, y: float, radius: float, half: tuple[float, float]
    ) -> tuple[slice, slice]:
        """Return the rows and columns that the solid can touch."""
        size = self.hu.shape[0]
        low, high = [], []
        for middle, extent in ((y, max(radius, half[1])), (x, max(radius, half[0]))):
            centre, reach = middle / self.pixel + (size - 1) / 2, (extent + REACH) / self.pixel
            low.append(min(max(math.floor(centre - reach), 0), size))
            high.append(min(max(math.ceil(centre + reach) + 1, 0), size))
        return slice(low[0], high[0]), slice(low[1], high[1])

    def _cover(
        self,
        solid: Solid,
        box: tuple[slice, slice],
        x: float,
        y: float,
        half: tuple[float, float],
    ) -> Image:
        """Return how much of each pixel the solid covers, 0 to 1.

        The signed distance to the outline g(x, y) = 1 is approximated by (1 - g) / |grad g|.
        """
        dx, dy = self.x[box] - np.float32(x), self.y[box] - np.float32(y)
        cos, sin = math.cos(solid.angle), math.sin(solid.angle)
        u = np.abs(cos * dx + sin * dy) / np.float32(half[0])
        v = np.abs(cos * dy - sin * dx) / np.float32(half[1])
        p = np.float32(solid.exponent)
        up, vp = (u, v) if p == 2 else (u ** (p - 1), v ** (p - 1))
        g = np.maximum((up * u + vp * v) ** (1 / p), np.float32(1e-6))
        slope = np.hypot(up / np.float32(half[0]), vp / np.float32(half[1])) / g ** (p - 1)
        distance = (1 - g) / np.maximum(slope, np.float32(1e-6))
        cover: Image = np.clip(0.5 + distance / np.float32(self.pixel), 0, 1)
        if math.isfinite(solid.above):
            cover *= np.clip(0.5 + (np.float32(solid.above) - self.y[box]) / self.pixel, 0, 1)
        return cover
