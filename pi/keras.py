"""Psi in a Keras `fit` of anyone: lambda by any schedule of ours, and the epochs logged.

    weight = ScheduledWeight("constant_psi", 1e-3, target=0.95)   # lambda is weight.variable
    callback = InfluenceCallback(weight, log_to="mlflow", target=0.95)
    model.fit(..., callbacks=[callback])

The model tracks the two losses under their names, which is how Keras tells a callback of them:

    def train_step(self, data):                    # or compute_loss
        ...
        loss = image + weight.variable * perceptual
        self.trackers["image_loss"].update_state(image) ...

TensorFlow is loaded only by whoever uses this, and so is MLflow. The numbers of `InfluenceMeter`
that need each sample's loss (interval, mean of ratios) are of `pi.torch` alone: Keras tells means.
"""

from math import isfinite
from typing import Any

from pi.choices import ScheduleName
from pi.door.extras import needing
from pi.influence.named_schedules import find_schedule
from pi.influence.psi import InvalidLossError
from pi.influence.schedule import ScheduleState
from pi.loops.log import EpochLog, epoch_record
from pi.loops.reading import MeterError
from pi.training.sums import InfluenceSums

with needing("platform", "pi.keras"):
    import keras
    import numpy as np

__all__ = ["InfluenceCallback", "ScheduledWeight"]


class ScheduledWeight:
    """Lambda as a variable that a graph reads, moved by a schedule of `pi.influence`.

    Attributes:
        variable: lambda, float32, not trained.

    Args:
        schedule: its name; ``gradnorm``, ``constant_psi_gradient``, ``config`` and ``upgrad`` need
            gradients, which Keras tells nobody.
        weight: lambda that it begins with.
        **asked: see `pi.influence.named_schedules.find_schedule`.

    Raises:
        ScheduleError: an unknown schedule, or one without what it needs.
    """

    def __init__(self, schedule: ScheduleName = "fixed", weight: float = 1.0, **asked: Any) -> None:  # noqa: ANN401
        self.schedule = find_schedule(schedule, weight, **asked)
        self.state: ScheduleState = self.schedule.start()
        if self.schedule.asks_gradients(self.state):
            raise MeterError(f"`schedule` must need no gradients in Keras but {schedule} does.")
        self.variable = keras.Variable(self.state.weight, trainable=False, dtype="float32")
        self._put(0.0, 0.0)

    def after_step(self, image: float, perceptual: float) -> None:
        """Tell the losses of a step; lambda of the next one is put where the graph reads it.

        A rule that is made of the batch at hand is made of the batch before here.
        """
        self.state = self.schedule.after_step(self.state, image, perceptual)
        self._put(image, perceptual)

    def after_epoch(self, image: float, perceptual: float) -> None:
        """Tell the losses of an epoch."""
        self.state = self.schedule.after_epoch(self.state, image, perceptual)
        self._put(image, perceptual)

    def _put(self, image: float, perceptual: float) -> None:
        rule = self.schedule.rule(self.state)
        at_hand = rule.of_image or rule.by_perceptual
        known = self.state.steps > 0 or not at_hand
        self.variable.assign(rule(image, perceptual) if known else self.state.weight)


class InfluenceCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the influence of a `fit`: its schedule's lambda, and its epochs in the log.

    Args:
        weight: lambda of the model's loss.
        image: name of the image loss among the logs.
        perceptual: name of the perceptual loss, without lambda.
        target: the Psi asked for.
        log_to: see `pi.torch.InfluenceMeter`.
        run_name: of a run in MLflow.
        params: of that run.

    Raises:
        MeterError: the model does not track the two losses.
        InvalidLossError: one of them is negative or not finite.
    """

    def __init__(
        self,
        weight: ScheduledWeight,
        image: str = "image_loss",
        perceptual: str = "perceptual_loss",
        target: float | None = None,
        log_to: Any = None,  # noqa: ANN401
        run_name: str = "training",
        params: dict[str, object] | None = None,
    ) -> None:
        super().__init__()
        self.weight, self.names = weight, (image, perceptual)
        self.log = EpochLog(log_to, run_name, params or {}, target)
        self.psi = float("nan")

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ANN401
        """Take the names in the log."""
        self.log.claim("train")
        self.log.claim("validation")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ANN401
        """Begin the sums anew."""
        self._before, self._batches = (0.0, 0.0), 0
        self._sums = InfluenceSums()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ANN401
        """Tell the schedule of the batch. Keras tells means since the epoch began: see `_told`."""
        weight = float(keras.ops.convert_to_numpy(self.weight.variable))
        means = self._told(logs or {}, "")
        self._batches += 1
        # The n-th batch is n times the mean of n less the sum before; its last digits may be lost.
        now = tuple(self._batches * mean for mean in means)
        image, perceptual = (max(a - b, 0.0) for a, b in zip(now, self._before, strict=True))
        self._before = (now[0], now[1])
        self._sums = self._sums.add(np.array([image]), np.array([[perceptual]]), weight)
        self.weight.after_step(image, perceptual)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ANN401
        """Log the epoch, and tell the schedule of it."""
        weight, clips = self.weight.state.weight, self.weight.state.clips
        self.psi = self._sums.metrics(())["psi"]
        record = epoch_record(epoch + 1, self._sums, weight, clips, None, [])
        self.log.write("train", record, ("perceptual",))
        if f"val_{self.names[0]}" in (logs or {}):
            image, perceptual = self._told(logs, "val_")
            sums = InfluenceSums().add(np.array([image]), np.array([[perceptual]]), weight)
            held_out = epoch_record(epoch + 1, sums, weight, clips, None, [])
            self.log.write("validation", held_out, ("perceptual",))
        self.weight.after_epoch(self._sums.image, self._sums.perceptual_sum)

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ANN401
        """Give the names back, and end a run that was opened here."""
        self.log.release("train")
        self.log.release("validation")

    def _told(self, logs: Any, prefix: str) -> tuple[float, float]:  # noqa: ANN401
        missing = [name for name in self.names if prefix + name not in logs]
        if missing:
            raise MeterError(
                f"the model must track {' and '.join(self.names)} but Keras tells nothing of "
                f"{missing[0]}."
            )
        image, perceptual = (float(logs[prefix + name]) for name in self.names)
        for name, value in zip(self.names, (image, perceptual), strict=True):
            if not (isfinite(value) and value >= 0):
                raise InvalidLossError(f"{name} must be finite and 0 or greater but got {value}.")
        return image, perceptual
