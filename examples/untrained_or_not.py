"""Calibrate in five lines, on the state that training has: `python examples/untrained_or_not.py`.

An untrained network outputs grey, so its image loss is many times that of a network that learns;
lambda for 95 % there is 98 or 99 % a few hundred steps later (an ISBI 2027 benchmark of ten feature
networks: 93.1 to 98.6 % where 95 was asked). The input in the place of the output is the regime of
training, and needs no network. The meter says so by itself, and by how much.
"""

import torch

from pi.door.calibration import Calibration
from pi.torch import InfluenceMeter


def main() -> tuple[Calibration, Calibration, float]:
    """Return lambda of the untrained network, of the identity, and what the first one realises."""
    torch.manual_seed(5)
    normal = torch.rand(64, 1, 16, 16) / 2 + 0.3
    low, output = normal + 0.02 * torch.randn_like(normal), torch.full_like(normal, 0.2)
    encoder = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.Tanh()).requires_grad_(False)

    def terms_of(image: torch.Tensor) -> dict[str, torch.Tensor]:
        features = (encoder(9 * image) - encoder(9 * normal)).abs().mean(dim=(1, 2, 3))
        return {"l1": (image - normal).abs().mean(dim=(1, 2, 3)), "features": features}

    # The five lines.
    with InfluenceMeter(image="l1") as meter:
        meter.update(terms_of(output), 0.0, identity=terms_of(low))
        untrained = meter.calibrate(0.95)  # warns: the network does worse than its own input
        identity = meter.calibrate_identity(0.95)
        realised = float(identity.psi_at(untrained.weight))
    return untrained, identity, realised


if __name__ == "__main__":
    untrained, identity, realised = main()
    print(untrained, identity, f"the first realises {100 * realised:.2f} %", sep="\n")
