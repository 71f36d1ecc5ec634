"""Psi in a PyTorch loop of anyone: measured, held, and logged beside our own trainings.

    meter = InfluenceMeter(log_to="mlflow", target=0.95)
    weight = PerceptualWeight("constant_psi", 1e-3, target=0.95)
    for batch in loader:
        terms = {"image": image_loss(...), "vgg": feature_loss(...)}  # of each sample, or a mean
        lam = weight(terms["image"], terms["vgg"])
        (terms["image"].mean() + lam * terms["vgg"].mean()).backward()
        meter.update(terms, lam)
    meter.end_epoch(schedule=weight)

Nothing here waits for the device in a step: sums stay there until they are read. The numbers are
those of `pi.influence`, whose rules are used as they are. PyTorch is imported here alone.
"""

from pi.door.extras import needing

with needing("torch", "pi.torch"):
    import torch  # noqa: F401  to be told what is missing before anything else is

from pi.loops.reading import MeterError, UntrainedWarning
from pi.torch.gradient import gradient_influence
from pi.torch.lightning import lightning_callback
from pi.torch.meter import InfluenceMeter
from pi.torch.weight import PerceptualWeight

__all__ = [
    "InfluenceMeter",
    "MeterError",
    "PerceptualWeight",
    "UntrainedWarning",
    "gradient_influence",
    "lightning_callback",
]
