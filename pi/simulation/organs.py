"""The organs of a simulated patient, in the contrast of the portal-venous phase."""

import math
from typing import Literal

import numpy as np

from pi.simulation.solid import SMOOTH, BodyFrame, Solid, Vector

Content = Literal["fluid", "gas", "contrast", "stool"]


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


def bowel(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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


def upper_organs(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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


def liver(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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


def kidneys(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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


def vessels(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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
