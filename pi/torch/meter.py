"""The influence of a loop as it is: sums on the device, read when somebody asks."""

import weakref
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import torch
from torch import Tensor

from pi.door.calibration import Calibration
from pi.influence.gradient_pair import GradientInfluence, GradientPair
from pi.influence.psi import InvalidLossError
from pi.loops.log import EpochLog, epoch_record
from pi.loops.moments import POWERS
from pi.loops.reading import MeterError, MeterReading, reading_of
from pi.torch.device import exact, over_all, rank
from pi.torch.weight import PerceptualWeight

Terms = Mapping[str, Tensor]

_METERS: "weakref.WeakSet[InfluenceMeter]" = weakref.WeakSet()


class InfluenceMeter:
    """Adds up the terms of a loss on their device; read when you ask, over all processes.

    Args:
        image: name of the image loss among the terms; all others are perceptual.
        factors: of the perceptual terms in P = sum factor * term; 1 where none is told.
        name: in what is logged: ``train`` or ``validation``, or another of your own.
        target: the Psi asked for, which is logged and from which the drift is told.
        log_to: ``mlflow``, an open run of `pi.tracking.run`, or a function of metrics and epoch;
            meters that log to the same place are of one training.
        run_name: of a run in MLflow.
        params: of that run, such as ``experiment`` or ``architecture``.

    Raises:
        MeterError: another meter logs under this name in the same place.
    """

    def __init__(
        self,
        image: str = "image",
        factors: Mapping[str, float] | None = None,
        name: str = "train",
        target: float | None = None,
        log_to: Any = None,  # noqa: ANN401
        run_name: str = "training",
        params: Mapping[str, object] | None = None,
    ) -> None:
        self.image, self.factors, self.name = image, dict(factors or {}), name
        self.log = _log(log_to, run_name, params, target)
        self.log.claim(name)
        _METERS.add(self)
        self.epoch = 0
        self._gradients: list[GradientInfluence] = []
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._terms: tuple[str, ...] = ()
        self._seen: Tensor | None = None
        self._identity: Tensor | None = None
        self._weight: Tensor | float = 0.0

    @torch.no_grad()
    def update(self, terms: Terms, weight: Tensor | float, identity: Terms | None = None) -> None:
        """Add a batch, without waiting for the device.

        Args:
            terms: by name, each (n,) one a sample, or all of them means of the batch, which is one
                item then.
            weight: lambda that the batch was trained with.
            identity: the same terms with the input in the place of the output: see `calibrate`.

        Raises:
            MeterError: the terms are not those of the first batch, or of unlike length.
        """
        if self.image not in terms or len(terms) < 2:
            raise MeterError(
                f"`terms` must hold {self.image!r} and at least one perceptual term but hold "
                f"{', '.join(terms) or 'nothing'}."
            )
        names = tuple(name for name in terms if name != self.image)
        if self._terms and set(names) != set(self._terms):
            raise MeterError(
                f"`terms` must be those of the first batch, {', '.join(self._terms)}, but are "
                f"{', '.join(names)}."
            )
        self._terms = self._terms or names
        self._weight = weight.detach() if isinstance(weight, Tensor) else weight
        self._seen = _plus(self._seen, self._sums(terms))
        if identity is not None:
            self._identity = _plus(self._identity, self._sums(identity))

    def reading(self) -> MeterReading:
        """Return what was seen, over all processes of a distributed training.

        Raises:
            MeterError: nothing was.
            InvalidLossError: a term was negative, NaN or infinite.
        """
        if self._seen is None:
            raise MeterError("a meter must be updated before it is read but has seen no batch.")
        weight = float(self._weight)
        own = None
        if self._identity is not None:
            own = self._read(self._identity, weight, None, of_input=True)
        return self._read(self._seen, weight, own)

    def calibrate(self, target: float, population: int | None = None) -> Calibration:
        """Return the lambda for ``target``; see `pi.loops.reading.MeterReading.calibrate`."""
        return self.reading().calibrate(target, population)

    def calibrate_identity(self, target: float, population: int | None = None) -> Calibration:
        """Return the lambda for ``target`` with the input as output: the regime of training.

        Raises:
            MeterError: no batch told the losses of the pairs alone.
        """
        own = self.reading().identity
        if own is None:
            raise MeterError(
                "the identity must be told to be calibrated on, by update(..., identity=), but was "
                "in no batch."
            )
        return own.calibrate(target, population)

    def gradients(
        self, parameters: GradientPair | None = None, output: GradientPair | None = None
    ) -> None:
        """Keep a measurement of `gradient_influence` for the epoch's log."""
        nothing = GradientPair(0.0, 0.0, 0.0)
        pair = parameters or nothing, output or nothing
        self._gradients.append(GradientInfluence(0, float(self._weight), *pair))

    def end_epoch(
        self, schedule: PerceptualWeight | None = None, ssim: float | None = None
    ) -> MeterReading:
        """Log the epoch, tell the schedule, forget the batches, and return what was seen."""
        found = self.reading()
        self.epoch += 1
        clips = 0
        if schedule is not None and self.name == "train":
            schedule.end_epoch()
            clips = schedule.state.clips
        record = epoch_record(self.epoch, found.sums, found.weight, clips, ssim, self._gradients)
        if rank() == 0:
            self.log.write(self.name, record, found.terms)
        self._gradients = []
        self.reset()
        return found

    def close(self) -> None:
        """Give the name back, and end the run that was opened for this meter."""
        _METERS.discard(self)
        self.log.release(self.name)

    def __enter__(self) -> "InfluenceMeter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _sums(self, terms: Terms) -> Tensor:
        """Return all sums of a batch as one vector: see `_read` for their order."""
        chosen = [terms[self.image], *(terms[name] for name in self._terms)]
        shapes = {tuple(term.shape) for term in chosen}
        if len(shapes) > 1 or chosen[0].ndim > 1:
            raise MeterError(
                "`terms` must be means of a batch, or all one number a sample, but are of the "
                f"shapes {', '.join(map(str, sorted(shapes)))}."
            )
        # Numbers of the host are only multiplied by: to copy them over would wait for the device.
        factors = [1.0, *(self.factors.get(name, 1.0) for name in self._terms)]
        rows = torch.stack(
            [t.detach().reshape(-1).to(exact(t)) * f for t, f in zip(chosen, factors, strict=True)]
        )
        bad = (~(rows >= 0) | rows.isinf()).sum(dim=1)
        m, p = rows[0], rows[1:].sum(dim=0)
        weighted = p * self._weight
        total = m + weighted
        shares = torch.where(total > 0, weighted / total, 0.0)
        powers = torch.arange(5, dtype=m.dtype, device=m.device)[:, None]
        moments = (m**powers) @ (p**powers).T
        few = torch.stack([weighted.sum(), shares.sum(), (total > 0).sum(), m.new_ones(())])
        return torch.cat([few, bad, rows.sum(dim=1), moments.reshape(-1)])

    def _read(
        self,
        sums: Tensor,
        weight: float,
        identity: MeterReading | None,
        *,
        of_input: bool = False,
    ) -> MeterReading:
        weighted, shares, shared, batches, *rest = over_all(sums).tolist()
        terms = 1 + len(self._terms)
        bad, own, moments = rest[:terms], rest[terms : 2 * terms], rest[2 * terms :]
        for name, wrong in zip((self.image, *self._terms), bad, strict=True):
            if wrong:
                raise InvalidLossError(
                    f"the term {name!r} must be finite and 0 or greater but {wrong:.0f} of its "
                    "numbers were not."
                )
        found = {"image": own[0], "weighted": weighted, "shares": shares, "shared": shared,
                 "items": moments[0]}  # fmt: skip
        kept = tuple(moments[5 * i + j] for i, j in POWERS)
        return reading_of(
            self._terms, found, tuple(own[1:]), kept, weight, round(batches), identity, of_input
        )


def _log(
    to: Any,  # noqa: ANN401
    run_name: str,
    params: Mapping[str, object] | None,
    target: float | None,
) -> EpochLog:
    """Return a log of its own, or the one of another meter that logs to the same place."""
    same = [other.log for other in _METERS if to is not None and other.log.to == to]
    if same:
        return same[0]
    return EpochLog(to, run_name, dict(params or {}), target)


def _plus(before: Tensor | None, more: Tensor) -> Tensor:
    return more if before is None else before + more
