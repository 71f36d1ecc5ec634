"""The anatomy of one simulated patient: a list of solids, drawn from a seed.

Nothing here is measured on a patient. Sizes and HU are typical of a contrast-enhanced
portal-venous abdomen; the lists are data, to be edited by whoever knows better.

Axes in mm, as the patient lies on the table: x to the image right (the patient's left),
y downward (posterior), z toward the head. Organs are placed in *cavity units*, where the
abdominal cavity is the unit disc, so that they fit a slim and a stout patient alike.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

Region = Literal["body", "cavity", "liver", "kidney"]
Content = Literal["fluid", "gas", "contrast", "stool"]
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
    """What `pi.ct.phantom` paints.

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
class _Frame:
    """The body's outline and the abdominal cavity in it; lengths in mm."""

    half_width: float
    half_depth: float
    fat: float

    @property
    def wall(self) -> tuple[float, float]:
        return self.half_width - self.fat, self.half_depth - 0.8 * self.fat

    @property
    def cavity(self) -> tuple[float, float]:
        return self.wall[0] - 13.0, 0.78 * self.wall[1]

    @property
    def cavity_y(self) -> float:
        return -0.12 * self.wall[1]

    def point(self, u: float, v: float, z: float = 0.0) -> Vector:
        """Cavity units to mm."""
        return u * self.cavity[0], self.cavity_y + v * self.cavity[1], z

    def size(self, u: float, v: float, z: float = math.inf) -> Vector:
        return u * self.cavity[0], v * self.cavity[1], z


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw one patient: 280-380 mm wide, depth/width .66-.78, field of view 1.03-1.12 x width."""
    half_width = rng.uniform(140.0, 190.0)
    frame = _Frame(
        half_width, half_width * rng.uniform(0.66, 0.78), rng.uniform(0.06, 0.15) * half_width
    )
    solids = (
        _trunk(frame)
        + _ribs(frame, rng)
        + _bowel(frame, rng)
        + _organs(frame, rng)
        + _liver(frame, rng)
        + _kidneys(frame, rng)
        + _spine(frame, rng)
        + _vessels(frame, rng)
    )
    return Anatomy(
        field_of_view=2.0 * half_width * rng.uniform(1.03, 1.12),
        level=rng.uniform(-35.0, 45.0),
        solids=tuple(solids),
        table=tuple(_table(frame)),
    )


def _trunk(frame: _Frame) -> list[Solid]:
    width, depth = frame.half_width, frame.half_depth
    (wall_x, wall_y), inf = frame.wall, math.inf
    return [
        Solid((0, 0, 0), (width, depth, inf), 25.0, exponent=2.3, becomes="body"),
        Solid((0, 0, 0), (width - 2.0, depth - 2.0, inf), -102.0, exponent=2.3),
        Solid((0, 0, 0), (wall_x, wall_y, inf), 58.0, exponent=2.3),
        Solid(
            (0, frame.cavity_y, 0),
            (*frame.cavity, inf),
            -100.0,
            exponent=2.2,
            becomes="cavity",
        ),
    ]


def _ribs(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Ribs cross the slice obliquely: with z they slide along the wall, and low ones end."""
    ribs = []
    for side in (-1.0, 1.0):
        for number in range(6):
            turn = math.radians(-40.0 + 24.0 * number + rng.uniform(-5.0, 5.0))
            # On a super-ellipse of exponent 2.3, as the wall is, 7 mm inside it.
            cos, sin = math.cos(turn), math.sin(turn)
            x = side * (frame.wall[0] - 7.0) * abs(cos) ** (2 / 2.3)
            y = (frame.wall[1] - 7.0) * math.copysign(abs(sin) ** (2 / 2.3), sin)
            tilt = math.atan2(frame.wall[1] * cos, -side * frame.wall[0] * sin)
            slope = (0.15 * math.cos(tilt), 0.15 * math.sin(tilt))
            middle, reach = 70.0, 55.0 + 25.0 * number
            ribs += [
                Solid((x, y, middle), (9.0, 4.6, reach), 420.0, tilt, 2.0, slope, 2.0, "body"),
                Solid((x, y, middle), (7.2, 2.8, reach), 150.0, tilt, 2.0, slope, 3.0, "body"),
            ]
    return ribs


def _loop(
    centre: Vector,
    half: Vector,
    content: Content,
    level: float,
) -> list[Solid]:
    """Bowel: a wall and what is in it; gas lies over fluid from ``level`` (-1..1) upward."""
    inner = (half[0] - 2.0, half[1] - 2.0, half[2] - 2.0)
    surface = centre[1] + level * inner[1]
    wall = Solid(centre, half, 62.0, within="cavity")
    if content == "gas":
        return [
            wall,
            Solid(centre, inner, 18.0, texture=SMOOTH, within="cavity"),
            Solid(centre, inner, -930.0, texture=0.0, within="cavity", above=surface),
        ]
    hu, texture = {"fluid": (25.0, SMOOTH), "contrast": (260.0, SMOOTH), "stool": (15.0, 7.0)}[
        content
    ]
    return [wall, Solid(centre, inner, hu, texture=texture, within="cavity")]


def _bowel(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Small bowel low and central, colon along both flanks and in front."""
    solids: list[Solid] = []
    small: tuple[Content, ...] = ("fluid", "fluid", "contrast", "gas")
    for _ in range(26):
        centre = frame.point(
            rng.uniform(-0.5, 0.7), rng.uniform(-0.8, 0.3), rng.uniform(-110.0, 5.0)
        )
        half = (rng.uniform(9.0, 17.0), rng.uniform(8.0, 13.0), rng.uniform(14.0, 30.0))
        inside = small[rng.integers(len(small))]
        solids += _loop(centre, half, inside, rng.uniform(-0.5, 0.6))
    colon: tuple[tuple[float, float, float, float, Content], ...] = (
        (-0.74, 0.22, -60.0, 21.0, "stool"),
        (0.80, 0.12, -20.0, 15.0, "gas"),
        (0.15, -0.76, -5.0, 16.0, "gas"),
        (-0.35, -0.74, -45.0, 17.0, "stool"),
    )
    for u, v, z, size, content in colon:
        wide = size * rng.uniform(0.85, 1.2)
        solids += _loop(
            frame.point(u, v, z),
            (wide * 1.25, wide, 60.0),
            content,
            rng.uniform(0.0, 0.7),
        )
    for _ in range(30):
        centre = frame.point(rng.uniform(-0.6, 0.7), rng.uniform(-0.7, 0.35))
        drift = (rng.normal(0.0, 0.5), rng.normal(0.0, 0.5))
        radius = rng.uniform(0.8, 2.4)
        solids.append(
            Solid(centre, (radius, radius, math.inf), 110.0, drift=drift, within="cavity")
        )
    return solids


def _organs(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Stomach, spleen, pancreas, gall bladder."""
    near = rng.normal(0.0, 0.02, size=(8, 2))
    spleen = rng.uniform(108.0, 125.0)
    content: Content = "contrast" if rng.random() < 0.3 else "gas"
    pancreas = rng.uniform(92.0, 110.0)
    return [
        *_loop(
            frame.point(0.40 + near[0, 0], -0.42, 50.0), frame.size(0.36, 0.34, 62.0), content, -0.3
        ),
        Solid(
            frame.point(0.72 + near[1, 0], 0.28 + near[1, 1], 50.0),
            frame.size(0.21, 0.42, 62.0),
            spleen,
            0.30,
            2.3,
            within="cavity",
        ),
        *(
            Solid(
                frame.point(u, v + near[2, 1], 8.0),
                frame.size(a, b, 32.0),
                pancreas,
                turn,
                texture=2.0,
                within="cavity",
            )
            for u, v, a, b, turn in (
                (-0.16, 0.12, 0.13, 0.16, 0.3),
                (0.10, 0.02, 0.20, 0.09, -0.1),
                (0.36, 0.06, 0.20, 0.09, 0.35),
            )
        ),
        Solid(frame.point(-0.26, -0.36, -5.0), frame.size(0.13, 0.18, 34.0), 62.0, within="cavity"),
        Solid(
            frame.point(-0.26, -0.36, -5.0),
            frame.size(0.115, 0.16, 32.0),
            10.0,
            texture=SMOOTH,
            within="cavity",
        ),
    ]


def _liver(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Two lobes, 26 vessels (+35..70 HU) and 0-5 lesions (-70..-15 HU)."""
    liver = rng.uniform(95.0, 120.0)
    solids = [
        Solid(
            frame.point(-0.52, 0.02, 45.0),
            frame.size(0.52, 0.80, 92.0),
            liver,
            0.1,
            2.4,
            within="cavity",
            becomes="liver",
        ),
        Solid(
            frame.point(-0.08, -0.58, 50.0),
            frame.size(0.46, 0.36, 66.0),
            liver,
            0.12,
            2.2,
            within="cavity",
            becomes="liver",
        ),
        Solid(frame.point(-0.20, -0.62, 20.0), (1.6, 14.0, 60.0), -60.0, -0.2, within="liver"),
    ]
    for _ in range(26):
        centre = frame.point(
            rng.uniform(-0.95, 0.2), rng.uniform(-0.7, 0.6), rng.uniform(0.0, 80.0)
        )
        radius, stretch = rng.uniform(1.0, 4.2), rng.uniform(1.0, 4.0)
        solids.append(
            Solid(
                centre,
                (radius * stretch, radius, rng.uniform(15.0, 45.0)),
                liver + rng.uniform(35.0, 70.0),
                rng.uniform(0.0, math.pi),
                drift=(rng.normal(0.0, 0.6), rng.normal(0.0, 0.6)),
                within="liver",
            )
        )
    for _ in range(rng.integers(0, 6)):
        centre = frame.point(
            rng.uniform(-0.85, -0.1), rng.uniform(-0.5, 0.5), rng.uniform(-20.0, 60.0)
        )
        radius = rng.uniform(3.0, 14.0)
        solids.append(
            Solid(
                centre,
                (radius, radius * rng.uniform(0.7, 1.0), radius),
                liver - rng.uniform(15.0, 70.0),
                rng.uniform(0.0, math.pi),
                within="liver",
            )
        )
    return solids


def _kidneys(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Cortex 185, pyramids 150, sinus fat -60 HU, in a rim of fat."""
    solids = []
    for side, u, z in ((-1.0, -0.44, -22.0), (1.0, 0.44, -8.0)):
        x, y, _ = frame.point(u + rng.normal(0.0, 0.02), 0.50 + rng.normal(0.0, 0.02))
        a, b, turn = rng.uniform(23.0, 28.0), rng.uniform(27.0, 33.0), side * -0.45
        solids += [
            Solid((x, y, z), (a + 8.0, b + 9.0, 66.0), -103.0, turn),
            Solid((x, y, z), (a, b, 58.0), 185.0, turn, becomes="kidney"),
        ]
        for pyramid in range(9):
            around = side * math.radians(-115.0 + 28.0 * pyramid) + (math.pi if side < 0 else 0.0)
            px, py = 0.58 * a * math.cos(around), 0.58 * b * math.sin(around)
            where = (
                x + px * math.cos(turn) - py * math.sin(turn),
                y + px * math.sin(turn) + py * math.cos(turn),
                z + rng.uniform(-8.0, 8.0),
            )
            solids.append(Solid(where, (4.2, 3.4, 40.0), 150.0, around, within="kidney"))
        solids.append(
            Solid((x - side * 0.42 * a, y - 2.0, z), (0.68 * a, 0.30 * b, 34.0), -60.0, turn * 0.5)
        )
        solids.append(
            Solid((x - side * 0.55 * a, y - 2.0, z), (0.55 * a, 3.0, 14.0), 140.0, turn * 0.4)
        )
    return solids


def _spine(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Psoas, vertebra (shell 620, trabecular 210 HU), canal and processes."""
    y = frame.cavity_y + 0.84 * frame.cavity[1]
    scale, inf = rng.uniform(0.92, 1.08), math.inf
    marrow = rng.uniform(185.0, 235.0)
    solids = [
        Solid((x * 34.0 * scale, y + 3.0, -90.0), (15.0, 19.0, 110.0), 60.0, 0.15 * x)
        for x in (-1.0, 1.0)
    ]
    bones = [
        ((0.0, y, 0.0), (23.0, 17.0), 0.0, 2.3, 1.7),
        ((0.0, y + 41.0 * scale, 0.0), (3.4, 11.0), 0.0, 2.6, 1.3),
        *(((x * 15.0, y + 19.0, 0.0), (5.0, 11.0), 0.25 * x, 2.3, 1.6) for x in (-1.0, 1.0)),
        *(((x * 11.5, y + 31.5, 0.0), (12.5, 4.4), 0.55 * x, 2.3, 1.4) for x in (-1.0, 1.0)),
        *(((x * 31.0, y + 23.0, 0.0), (15.0, 4.0), 0.20 * x, 2.3, 1.3) for x in (-1.0, 1.0)),
    ]
    for centre, (a, b), turn, exponent, _ in bones:
        solids.append(
            Solid(centre, (a * scale, b * scale, inf), 620.0, turn, exponent, texture=BONE)
        )
    for centre, (a, b), turn, exponent, shell in bones:
        half = (a * scale - shell, b * scale - shell, inf)
        solids.append(Solid(centre, half, marrow, turn, exponent, texture=BONE))
    canal = (0.0, y + 24.0 * scale, 0.0)
    return [
        *solids,
        Solid(canal, (10.0 * scale, 8.2 * scale, inf), -40.0),
        Solid(canal, (8.2 * scale, 6.8 * scale, inf), 18.0, texture=SMOOTH),
        Solid(canal, (4.6, 3.6, inf), 38.0, texture=SMOOTH),
    ]


def _vessels(frame: _Frame, rng: np.random.Generator) -> list[Solid]:
    """Aorta 165, cava 150, the portal and mesenteric veins, the crura beside the aorta."""
    inf = math.inf
    front = frame.cavity_y + 0.84 * frame.cavity[1] - 18.0
    radius = rng.uniform(9.0, 12.0)
    calcified = rng.random() < 0.5
    solids = [
        Solid((-11.0, front - 3.0, 0.0), (5.0, 14.0, inf), 60.0, 0.35),
        Solid((17.0, front + 1.0, 0.0), (4.5, 13.0, inf), 60.0, -0.3),
        Solid((7.0, front - radius, 0.0), (radius, radius, inf), 70.0),
        Solid((7.0, front - radius, 0.0), (radius - 1.2, radius - 1.2, inf), 165.0, texture=SMOOTH),
        Solid((-24.0, front - 8.0, 0.0), (13.0, 9.5, inf), 150.0, 0.2, texture=SMOOTH),
        Solid((3.0, front - 2 * radius - 10.0, -30.0), (3.2, 3.2, 70.0), 165.0, drift=(0.0, 0.2)),
        Solid((-6.0, front - 2 * radius - 13.0, -20.0), (5.5, 5.0, 70.0), 155.0, drift=(-0.3, 0.1)),
    ]
    if calcified:
        solids.append(
            Solid((7.0 + 0.8 * radius, front - 0.6 * radius, 0.0), (1.2, 3.0, 12.0), 700.0, -0.5)
        )
    return solids


def _table(frame: _Frame) -> list[Solid]:
    """A curved carbon shell around foam, with a mattress on it, all below the back."""
    top = frame.half_depth - 1.0
    wide, bow = 210.0, 95.0
    return [
        Solid((0, top - bow + 27.0, 0), (wide, bow, math.inf), -130.0, texture=0.0),
        Solid((0, top - bow + 25.6, 0), (wide, bow, math.inf), -930.0, texture=0.0),
        Solid((0, top - bow + 7.4, 0), (wide, bow, math.inf), -150.0, texture=0.0),
        Solid((0, top - bow + 6.0, 0), (wide, bow, math.inf), -870.0, texture=0.0),
        Solid((0, top - bow, 0), (wide, bow, math.inf), -1000.0, texture=0.0),
    ]
