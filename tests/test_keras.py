"""The callback of Keras: Psi of the losses it is told, lambda by schedule, epochs in the log."""

import math
from typing import Any

import pytest

import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
from pi.influence.named_schedules import ScheduleError, find_schedule
from pi.influence.psi import InvalidLossError
from pi.keras import InfluenceCallback, ScheduledWeight
from pi.loops.reading import MeterError

EPOCHS = [[(1.0, 9.0), (2.0, 9.0), (3.0, 6.0)], [(0.5, 8.0), (0.5, 6.0), (0.2, 4.0)]]


def told(callback: InfluenceCallback, epochs: list[list[tuple[float, float]]]) -> list[float]:
    """Lambda that each batch had, the callback being told as Keras tells it."""
    found = []
    callback.on_train_begin()
    for epoch, batches in enumerate(epochs):
        callback.on_epoch_begin(epoch)
        logs: dict[str, float] = {}
        for n, _ in enumerate(batches, 1):
            found.append(float(callback.weight.variable.numpy()))
            logs = {
                name: sum(batch[k] for batch in batches[:n]) / n
                for k, name in enumerate(("image_loss", "perceptual_loss"))
            }
            callback.on_train_batch_end(n - 1, logs)
        callback.on_epoch_end(epoch, {**logs, "val_image_loss": 1.0, "val_perceptual_loss": 3.0})
    callback.on_train_end()
    return found


@pytest.mark.parametrize("name", ["fixed", "uncertainty", "recalibrate_each_epoch", "softadapt"])
def test_lambda_is_that_of_the_numpy_schedule(name: Any) -> None:
    schedule = find_schedule(name, 0.1, target=0.9)
    state, wanted = schedule.start(), []
    for batches in EPOCHS:
        for image, perceptual in batches:
            wanted.append(schedule.rule(state)(image, perceptual))
            state = schedule.after_step(state, image, perceptual)
        sums = [sum(batch[k] for batch in batches) for k in (0, 1)]
        state = schedule.after_epoch(state, *sums)
    found = told(InfluenceCallback(ScheduledWeight(name, 0.1, target=0.9)), EPOCHS)
    assert found == pytest.approx(wanted, rel=1e-6)


def test_psi_is_that_of_the_epoch_s_sums() -> None:
    logged: list[tuple[dict[str, float], int]] = []
    callback = InfluenceCallback(
        ScheduledWeight("fixed", 0.5), log_to=lambda m, step: logged.append((m, step))
    )
    told(callback, EPOCHS)
    (first, _), (held_out, _), *_ = logged
    assert first["psi"] == pytest.approx(12 / (6 + 12))
    assert held_out["validation/psi"] == pytest.approx(1.5 / 2.5)
    assert [step for _, step in logged] == [1, 1, 2, 2]
    assert callback.psi == pytest.approx(9 / (1.2 + 9))


@pytest.mark.parametrize(
    ("logs", "error"),
    [
        ({"loss": 1.0}, MeterError),
        ({"image_loss": math.nan, "perceptual_loss": 1.0}, InvalidLossError),
        ({"image_loss": -1.0, "perceptual_loss": 1.0}, InvalidLossError),
    ],
)
def test_bad_logs_are_told(logs: dict[str, float], error: type[Exception]) -> None:
    callback = InfluenceCallback(ScheduledWeight("fixed", 0.5))
    callback.on_epoch_begin(0)
    with pytest.raises(error):
        callback.on_train_batch_end(0, logs)


def test_bad_schedules_are_told() -> None:
    with pytest.raises(ScheduleError, match="must be one of"):
        ScheduledWeight("nobodys")  # type: ignore[arg-type]
    with pytest.raises(MeterError, match="gradients"):
        ScheduledWeight("gradnorm", 1.0)
