"""A PyTorch loop whose perceptual loss stays 95 % of the total: `python examples/torch_loop.py`.

Put your own data, network and encoder in the places of the three below. With `log_to="mlflow"` the
training stands on the Training page and in the report beside those of this project.
"""

import torch
from torch import nn

from pi.torch import InfluenceMeter, PerceptualWeight, gradient_influence

TARGET = 0.95


def main(epochs: int = 3, log_to: object = None) -> list[float]:
    """Train, and return Psi of each epoch."""
    torch.manual_seed(5)
    normal = torch.rand(128, 1, 24, 24)
    low = normal + 0.1 * torch.randn_like(normal)
    denoiser = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1)
    )
    encoder = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU()).requires_grad_(False)

    def terms_of(output: torch.Tensor, wanted: torch.Tensor) -> dict[str, torch.Tensor]:
        features = (encoder(output) - encoder(wanted)).square().mean(dim=(1, 2, 3))
        return {"image": (output - wanted).abs().mean(dim=(1, 2, 3)), "vgg": features}

    with InfluenceMeter() as pairs:  # the input in the place of the output: no network is needed
        pairs.update(terms_of(low, normal), 0.0, identity=terms_of(low, normal))
        start = pairs.calibrate_identity(TARGET).weight
    optimizer = torch.optim.Adam(denoiser.parameters(), 1e-3)
    weight = PerceptualWeight("constant_psi", start, target=TARGET)
    found = []
    with InfluenceMeter(target=TARGET, log_to=log_to, run_name="torch_loop") as meter:
        for _ in range(epochs):
            for batch in torch.randperm(len(low)).split(4):
                terms = terms_of(denoiser(low[batch]), normal[batch])
                lam = weight(terms["image"], terms["vgg"])
                optimizer.zero_grad()
                (terms["image"].mean() + lam * terms["vgg"].mean()).backward()
                optimizer.step()
                meter.update(terms, lam)
            terms = terms_of(denoiser(low), normal)
            meter.gradients(gradient_influence(terms, denoiser.parameters()))
            found.append(meter.end_epoch(weight).psi)
    return found


if __name__ == "__main__":
    print("Psi by epoch:", ", ".join(f"{100 * psi:.2f} %" for psi in main(12)))
