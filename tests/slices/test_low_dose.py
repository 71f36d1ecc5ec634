import pytest

from pi.identity import DoseError
from pi.slices.low_dose import find_simulated_doses


@pytest.mark.parametrize(
    ("text", "doses"),
    [("scanned", ()), ("simulated:0.25", (0.25,)), ("simulated:25%,0.1", (0.25, 0.1))],
)
def test_low_doses_are_read_in_their_order(text: str, doses: tuple[float, ...]) -> None:
    assert find_simulated_doses(text) == doses


@pytest.mark.parametrize("said", ["0", "1", "1.5", "abc", "", "all", "unknown", "0.25,25%", "0.1,"])
def test_a_bad_fraction_is_told_of_the_parameter_that_was_given(said: str) -> None:
    with pytest.raises(DoseError, match=r"^`low_dose` must hold fractions .* in \(0, 1\)"):
        find_simulated_doses(f"simulated:{said}")
