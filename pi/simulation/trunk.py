"""The trunk of a simulated patient: skin, fat, muscle, bones, and the table below."""

import math

import numpy as np

from pi.simulation.solid import BONE, SMOOTH, BodyFrame, Solid


def trunk(frame: BodyFrame) -> list[Solid]:
    """Skin 25, fat -102 and muscle 58 HU around the fat of the cavity."""
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


def ribs(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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


def spine(frame: BodyFrame, rng: np.random.Generator) -> list[Solid]:
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


def table(frame: BodyFrame) -> list[Solid]:
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
