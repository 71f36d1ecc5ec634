"""What does the meter of `pi.torch` cost in a step of PyTorch, and lambda with it?

    python -m benchmarks.meter

A small step makes the share great: four convolutions of 32 channels on 8 patches of 48 x 48, a
frozen encoder, Adam. What is timed is the step without and with `InfluenceMeter.update` and
`PerceptualWeight`, in turn, and the best of the rounds counts, because other work on the machine
only ever adds time. PyTorch is no dependency: without it there is nothing to measure.
"""

import importlib.util
import time
from collections.abc import Callable

ROUNDS, STEPS, BATCH, SIZE = 3, 2, 8, 48


def seconds(step: Callable[[], object]) -> float:
    """Return the seconds of a step, of several in a row."""
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    return (time.perf_counter() - start) / STEPS


def main() -> None:
    """Print the share of a step."""
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed here: make test-torch builds an environment that has it.")
        return
    import torch
    from torch import nn

    from pi.torch import InfluenceMeter, PerceptualWeight

    torch.manual_seed(5)
    torch.set_num_threads(2)
    layers = [nn.Conv2d(1, 32, 3, padding=1), nn.ReLU()]
    for _ in range(3):
        layers += [nn.Conv2d(32, 32, 3, padding=1), nn.ReLU()]
    denoiser = nn.Sequential(*layers, nn.Conv2d(32, 1, 3, padding=1))
    encoder = nn.Sequential(nn.Conv2d(1, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU())
    encoder.requires_grad_(False)
    optimizer = torch.optim.Adam(denoiser.parameters(), 1e-3)
    low, normal = torch.rand(2, BATCH, 1, SIZE, SIZE)
    meter, weight = InfluenceMeter(), PerceptualWeight("constant_psi", 1e-3, target=0.95)

    def step(metered: bool) -> None:
        output = denoiser(low)
        image = (output - normal).square().mean(dim=(1, 2, 3))
        features = (encoder(output) - encoder(normal)).square().mean(dim=(1, 2, 3))
        lam = weight(image, features) if metered else 1e-3
        optimizer.zero_grad(set_to_none=True)
        (image.mean() + lam * features.mean()).backward()
        optimizer.step()
        if metered:
            meter.update({"image": image, "features": features}, lam)

    step(True)
    plain, metered = [], []
    for _ in range(ROUNDS):
        plain.append(seconds(lambda: step(False)))
        metered.append(seconds(lambda: step(True)))
    terms = {"image": torch.rand(BATCH), "features": torch.rand(BATCH)}
    own = min(
        seconds(lambda: meter.update(terms, weight(terms["image"], terms["features"])))
        for _ in range(50)
    )
    best = min(plain)
    print(f"a step: {1e3 * best:.1f} ms; with the meter and lambda {1e3 * min(metered):.1f} ms, ")
    print(f"their own time: {1e6 * own:.0f} us, {100 * own / best:.2f} % of the step")


if __name__ == "__main__":
    main()
