import math

import numpy as np
import pytest

from pi.simulation.anatomy import draw_anatomy
from pi.simulation.phantom import AIR, Phantom, draw_phantom, pixel_centres
from pi.simulation.solid import Anatomy, Solid

HEIGHT = 12.0


def patient(number: int, seed: int = 5) -> Phantom:
    rng = np.random.default_rng([seed, number])
    return draw_phantom(draw_anatomy(rng), HEIGHT, rng)


def bare(*solids: Solid) -> Phantom:
    """A phantom of given solids in 100 mm, without texture and unbent."""
    drawn = draw_phantom(Anatomy(100.0, 0.0, solids, ()), HEIGHT, np.random.default_rng(0))
    still = tuple(
        type(field)(field.lattice * 0, field.spacing, field.origin) for field in drawn.bend
    )
    return Phantom(drawn.anatomy, (), (still[0], still[1]))


@pytest.mark.parametrize("size", [64, 200])
@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_painted_ellipse_has_the_area_of_the_formula(size: int, angle: float) -> None:
    image = bare(Solid((3.0, -7.0, 0.0), (30.0, 18.0, math.inf), 0.0, angle)).slice(0.0, size)
    area = np.sum((image - AIR) / -AIR) * (100.0 / size) ** 2
    assert area == pytest.approx(math.pi * 30 * 18, rel=2e-3)


def test_ellipsoid_shrinks_with_height_and_ends() -> None:
    ball = bare(Solid((0.0, 0.0, 0.0), (20.0, 20.0, 5.0), 0.0))
    area = [np.sum(ball.slice(z, 100) > -500) for z in (0.0, 3.0, 4.999, 5.1)]
    assert area[1] == pytest.approx(area[0] * (1 - 0.36), rel=0.02)
    assert area[2] < 0.01 * area[0]
    assert area[3] == 0


def test_gas_lies_above_its_level() -> None:
    fluid = Solid((0, 0, 0), (30.0, 30.0, math.inf), 20.0)
    gas = Solid((0, 0, 0), (30.0, 30.0, math.inf), -930.0, above=5.0)
    column = bare(fluid, gas).slice(0.0, 100)[:, 50]
    y = pixel_centres(100.0, 100)
    np.testing.assert_allclose(column[(y > -28) & (y < 4)], -930.0)
    np.testing.assert_allclose(column[(y > 6) & (y < 28)], 20.0, atol=1e-4)


def test_solid_is_painted_only_within_its_region() -> None:
    liver = Solid((-20, 0, 0), (20.0, 20.0, math.inf), 100.0, becomes="liver")
    vessel = Solid((0, 0, 0), (20.0, 3.0, math.inf), 150.0, within="liver")
    image = bare(liver, vessel).slice(0.0, 100)
    assert image[50, 40] == pytest.approx(150.0)
    assert image[50, 65] == AIR


def test_texture_has_the_deviation_it_was_drawn_for() -> None:
    rng = np.random.default_rng(3)
    anatomy = Anatomy(400.0, 0.0, (), ())
    field = draw_phantom(anatomy, HEIGHT, rng).texture[1]
    axis = pixel_centres(400.0, 256)
    planes = np.stack([field.plane(z, axis) for z in np.arange(-5.0, 6.0)])
    assert planes.std() == pytest.approx(4.0, rel=0.05)
    assert abs(planes.mean()) < 0.3


def test_the_same_seed_is_the_same_patient_and_another_is_not() -> None:
    one, again, other = (patient(n).slice(0.5, 64) for n in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).mean() > 10


def test_a_patient_looks_the_same_at_every_matrix() -> None:
    fine = patient(4).slice(0.0, 256).reshape(64, 4, 64, 4).mean(axis=(1, 3))
    coarse = patient(4).slice(0.0, 64)
    assert np.median(np.abs(fine - coarse)) < 3.0


def test_neighbouring_slices_resemble_each_other() -> None:
    one = patient(2)
    near, far = (np.abs(one.slice(0.0, 128) - one.slice(z, 128)).mean() for z in (0.5, 6.0))
    assert 0 < near < far


@pytest.mark.parametrize("number", range(1, 11))
def test_every_patient_has_bone_soft_tissue_fat_and_air(number: int) -> None:
    one = patient(number)
    image = one.slice(0.0, 128)
    assert image.dtype == np.float32
    assert image.min() == AIR
    assert 400 < image.max() < 1500
    inside = image > -500
    assert 0.25 < inside.mean() < 0.75
    for low, high, least in ((-130, -70, 0.1), (40, 130, 0.2), (200, 1500, 0.005)):
        assert ((image > low) & (image < high)).sum() > least * inside.sum()
    # The body ends inside the field of view, left and right.
    assert not inside[:60, [0, -1]].any()


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    patient(1).slice(0.0, 32)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # type: ignore[index]
