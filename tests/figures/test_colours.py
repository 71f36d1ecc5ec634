"""One colour a configuration, which depends on its name alone."""

import re

import pytest

from pi.figures.colours import COLOURS, FIRST, USUAL_TARGET, colour_of
from pi.losses.experiments import NAMED
from pi.parameters import CalibrateParameters


def test_every_named_configuration_has_a_colour_of_its_own() -> None:
    found = {colour_of(name) for name in (*FIRST, *NAMED)}
    assert len(found) == len({*FIRST, *NAMED})
    assert "#000000" not in found


@pytest.mark.parametrize("name", ["demo1", "E3", "my own loss, *$x*"])
def test_the_usual_target_makes_no_difference_and_another_does(name: str) -> None:
    assert CalibrateParameters.target_psi == USUAL_TARGET
    assert colour_of(f"{name} · Ψ 95 %") == colour_of(name)
    assert colour_of(f"{name} · Ψ 95 % · seed 6") == colour_of(f"{name} · seed 6")
    assert colour_of(f"{name} · Ψ 50 %") != colour_of(name)
    assert re.fullmatch("#[0-9A-F]{6}", colour_of(name))
    assert colour_of("demo1") == COLOURS[0]
