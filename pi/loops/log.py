"""Where a loop's influence is logged: MLflow as `train` logs it, or any function of numbers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from pi.door.extras import needing
from pi.influence.gradient_pair import GradientInfluence
from pi.loops.reading import MeterError
from pi.training.state import EpochRecord
from pi.training.sums import InfluenceSums

Logged = Callable[[dict[str, float], int], object]
"""Told metrics by name and the epoch, such as ``lambda m, step: wandb.log(m, step=step)``."""

THREE = ("psi", "psi_gradient", "gradient_cosine")


@dataclass
class EpochLog:
    """Epochs of one training, written as they end; two meters may share it under unlike names.

    Attributes:
        to: ``mlflow`` for a run of its own, a run that is open, any function, or None.
        run_name: of the run in the UI.
        params: of the run.
        target: the Psi asked for.
    """

    to: "Literal['mlflow'] | Logged | Any | None" = None
    run_name: str = "training"
    params: Mapping[str, object] = field(default_factory=dict)
    target: float | None = None
    _names: set[str] = field(default_factory=set, init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)
    _run: Any = field(default=None, init=False)
    _last: InfluenceSums | None = field(default=None, init=False)

    def claim(self, name: str) -> None:
        """Take a name for a meter.

        Raises:
            MeterError: another meter has it.
        """
        if name in self._names:
            raise MeterError(
                f"a meter must have a name of its own where it logs but {name!r} is taken: give "
                "another, or close the meter that has it."
            )
        self._names.add(name)

    def release(self, name: str) -> None:
        """Give a name back; with the last of them, the run that was opened here ends."""
        self._names.discard(name)
        if not self._names:
            self.close()

    def write(self, name: str, record: EpochRecord, terms: tuple[str, ...]) -> dict[str, float]:
        """Log what is known of an epoch, and return it by name.

        Args:
            name: of the meter: ``train`` and ``validation`` are drawn by the Training page.
            record: of the epoch, in its ``training``.
            terms: names of the perceptual terms.
        """
        from pi.training.epoch_summary import epoch_metrics  # which needs pandas

        if name == "train":
            found = epoch_metrics(record, terms)
        else:  # of another part only its losses are told
            own = record.training.metrics(terms)
            found = {f"{name}/{key}": value for key, value in own.items()}
        found = {key: value for key, value in found.items() if isfinite(value)}
        self._tell(found, three(found, name), record.epoch)
        if name == "train":
            self._last = record.training
        return found

    def close(self) -> None:
        """End the training: its drift is logged, and the run that was opened here is finished."""
        if self._run is not None and self._last is not None and self.target is not None:
            drift = 100 * (self._last.metrics(())["psi"] - self.target)
            self._run.metrics({"psi_drift": drift, "psi_drift_abs": abs(drift)})
        self._run = None
        self._open.close()

    def _tell(self, metrics: Mapping[str, float], short: Mapping[str, float], epoch: int) -> None:
        if self.to is None:
            return
        if callable(self.to):
            self.to({**short, **metrics}, epoch)
            return
        if self._run is None:
            self._run = self._opened()
        self._run.metrics(metrics, step=epoch)

    def _opened(self) -> Any:  # noqa: ANN401
        params = dict(self.params) | ({} if self.target is None else {"target_psi": self.target})
        if self.to == "mlflow":
            with needing("platform", 'log_to="mlflow"'):
                from pi.tracking.tracker import Tracked
            run: Any = self._open.enter_context(Tracked().open("train", self.run_name))
        elif hasattr(self.to, "metrics") and hasattr(self.to, "params"):
            run = self.to
        else:
            raise MeterError(
                "`log_to` must be mlflow, an open run of pi.tracking, a function of metrics and "
                f"step, or None, but is a {type(self.to).__name__}."
            )
        run.params(params)
        return run


def epoch_record(
    epoch: int,
    sums: InfluenceSums,
    weight: float,
    clips: int,
    ssim: float | None,
    gradients: Sequence[GradientInfluence],
) -> EpochRecord:
    """Return an epoch of a loop as `train` records its own."""
    ssims = () if ssim is None else (float(ssim),)
    nothing = InfluenceSums(perceptual=(0.0,) * len(sums.perceptual))  # of validation
    return EpochRecord(epoch, weight, clips, sums, nothing, ssims, tuple(gradients))


def three(metrics: Mapping[str, float], name: str) -> dict[str, float]:
    """Return the three numbers that say it all, those that are known."""
    names = (f"{name}/psi", "gradient/psi_parameters", "gradient/cosine_parameters")
    output = ("", "gradient/psi_output", "gradient/cosine_output")
    found = {}
    for short, long, instead in zip(THREE, names, output, strict=True):
        value = metrics.get(long, metrics.get(instead))
        if value is not None:
            found[short if name == "train" else f"{name}_{short}"] = value
    return found
