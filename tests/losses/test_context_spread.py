"""A lambda of a fine-tuned context says that it is one training's."""

import pytest

from pi.losses.context_spread import SIMULATED, SIMULATED_SPREAD, spread_caveat
from pi.pretraining import simulated


@pytest.mark.parametrize("context", ["natural-offline", "imagenet", "random", "own", "own:mine"])
def test_weights_that_are_the_same_for_everyone_have_no_caveat(context: str) -> None:
    assert spread_caveat(context) == ""


def test_a_fine_tuned_context_tells_its_spread_or_that_it_is_not_known() -> None:
    assert simulated.NAME == SIMULATED
    assert f"up to {SIMULATED_SPREAD:g} times" in spread_caveat(SIMULATED)
    for context in ("medical", "medical:heads@champion"):
        assert "not known" in spread_caveat(context)
