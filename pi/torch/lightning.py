"""A callback of Lightning around a meter."""

from typing import Any

from pi.door.extras import needing
from pi.torch.meter import InfluenceMeter
from pi.torch.weight import PerceptualWeight


def lightning_callback(meter: InfluenceMeter, schedule: PerceptualWeight | None = None) -> Any:  # noqa: ANN401
    """Return a callback of Lightning that ends the meter's epochs and logs the three numbers.

    The module calls ``meter.update(terms, lambda)`` in its ``training_step``.

    Raises:
        MissingExtraError: Lightning is not installed.
    """
    with needing("torch", "lightning_callback"):
        from lightning.pytorch import Callback

    class Ended(Callback):
        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:  # noqa: ANN401
            found = meter.end_epoch(schedule)
            module.log_dict({"psi": found.psi, "lambda": found.weight})

        def on_fit_end(self, trainer: Any, module: Any) -> None:  # noqa: ANN401
            meter.close()

    return Ended()
