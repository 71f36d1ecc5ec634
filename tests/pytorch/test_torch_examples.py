"""The examples of PyTorch run as they stand, and give what they promise."""

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed here: make test-torch")


def test_the_loop_holds_psi_and_tells_whoever_listens() -> None:
    from examples import torch_loop

    told: list[dict[str, float]] = []
    found = torch_loop.main(epochs=12, log_to=lambda metrics, epoch: told.append(metrics))
    assert found[-1] == pytest.approx(0.95, abs=0.03)
    assert [one["psi"] for one in told] == found
    assert all(-1 <= one["gradient_cosine"] <= 1 for one in told)


def test_an_untrained_network_misleads_and_that_is_said() -> None:
    from examples import untrained_or_not
    from pi.torch import UntrainedWarning

    with pytest.warns(UntrainedWarning, match="instead of 95 %"):
        untrained, identity, realised = untrained_or_not.main()
    assert float(identity.psi_at(identity.weight)) == pytest.approx(0.95)
    assert identity.low < identity.weight < identity.high
    assert abs(realised - 0.95) > 0.005
    assert (untrained.state, identity.state) == ("untrained", "identity")
