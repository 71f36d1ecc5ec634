"""What is evaluated, whoever made it: its name, its provenance, and its slices or its metrics."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

from pi.choices import EvaluatedPart, MetricSet, Part
from pi.errors import PiError
from pi.evaluation.denoising import (
    Denoising,
    SliceDenoiser,
    Witness,
    denoised_slices,
    of_pixels,
)
from pi.evaluation.measure import Evaluation
from pi.evaluation.measure import evaluate as measure
from pi.evaluation.protocol import Protocol
from pi.readers.units import HU
from pi.readers.values import Seen, contradiction
from pi.slices.store import Store


class SubjectError(PiError):
    """What is to be evaluated is misspelt, not there, or not what it is said to be."""


FEW = 4
"""Slices that anybody's denoiser is given at once."""


@dataclass(frozen=True)
class Subject(ABC):
    """What is evaluated.

    Attributes:
        name: as it was typed.
        params: what is passed on to the run of the evaluation; ``experiment`` is what a
            comparison calls it.
        digest: of the data it was trained on; None where nobody says.
        run_id: of the run of ours that made it, or ``identity``; empty of anybody else's.
        tags: where it is from, for the run of the evaluation; holds no path.
        remark: what is to be known of the result, in words; empty where that is nothing.
        pictured: whether there are denoised slices to look at.
        looked_up: whether they are looked up, and no others can be made.
    """

    name: str
    params: Mapping[str, str]
    digest: str | None = None
    run_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    pictured: ClassVar[bool] = True
    looked_up: ClassVar[bool] = False

    @cached_property
    def model(self) -> str | None:
        """What identifies it: the sha256 of weights, file or outputs; None where nothing does."""
        return None

    @cached_property
    def _denoiser(self) -> SliceDenoiser | None:
        return self._open()

    @abstractmethod
    def _open(self) -> SliceDenoiser | None:
        """Return it as a function of slices in HU; None of the low dose itself."""

    def load(self) -> SliceDenoiser | None:
        """Return it as a function of slices in HU, opened once; None of ``identity``.

        Raises:
            SubjectError: it is no function: there are only outputs, or metrics.
        """
        return self._denoiser

    def denoising(self, store: Store) -> Denoising | None:
        """Return what gives the denoised slices of a store; None of ``identity``.

        Raises:
            SubjectError: there are only metrics.
        """
        denoiser = self.load()
        return None if denoiser is None else of_pixels(denoiser)

    def batch(self, asked: int) -> int:
        """Return how many slices it is given at once: as asked for, of 0 a few."""
        return asked or FEW

    def check(
        self, store: Store, part: Part, batch_size: int, protocols: Sequence[Protocol] = ()
    ) -> None:
        """Refuse what cannot be evaluated, before any work: here by what is made of one batch.

        Args:
            store: the data.
            part: whose slices are needed.
            batch_size: slices denoised at a time.
            protocols: by which it is evaluated; none where it is not.

        Raises:
            PiError: it gives no slices, NaN, or values that are not HU.
        """
        denoising = self.denoising(store)
        numbers = [n for n, volume in enumerate(store.volumes) if volume.split == part]
        if denoising is None or not numbers:
            return
        batch = range(min(batch_size, len(store.volumes[numbers[0]].positions)))
        found = denoised_slices(denoising, store, numbers[0], batch)
        seen = Seen(float(found.min()), float(found.max()), 0.0, labels=False)
        if problem := contradiction(HU, seen):
            raise SubjectError(f"`{self.name}` must give slices in HU but {problem}.")

    def notes_on(self, store: Store) -> tuple[str, ...]:
        """Return what is to be known of the result on a store, a sentence each."""
        return (self.remark,) if self.remark else ()

    def evaluation(
        self,
        store: Store,
        part: EvaluatedPart,
        protocols: Sequence[Protocol],
        batch_size: int,
        advance: Callable[[int], object],
        metrics: MetricSet = "basic",
        witnesses: Sequence[Witness] = (),
    ) -> Evaluation:
        """Measure it: see `pi.evaluation.measure.evaluate`."""
        denoising = self.denoising(store)
        return measure(store, part, denoising, protocols, batch_size, advance, metrics, witnesses)


Takes = Literal["denoiser", "interface", ""]


@dataclass(frozen=True, slots=True)
class Requested:
    """What is said of a subject beside its name.

    Attributes:
        name: as typed.
        denoiser: which network a run's is, where the run does not say; empty: as it says.
        interface: of a model, see `pi.subjects.interface`; empty: as the model says.
    """

    name: str
    denoiser: str = ""
    interface: str = ""

    @property
    def after(self) -> str:
        """What stands behind the first colon."""
        return self.name.partition(":")[2]


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """One kind of what can be evaluated.

    Attributes:
        written: how it is written, such as ``onnx:NAME``.
        recognises: tells by a name alone whether it is of this kind; no two kinds take the same.
        fetch: from what is asked for to it; raises `PiError`.
        takes: which of the parameters it understands beside its name.
    """

    written: str
    recognises: Callable[[str], bool]
    fetch: Callable[[Requested], Subject]
    takes: Takes = ""


def after(word: str) -> Callable[[str], bool]:
    """Return what tells whether a name begins with ``word`` and a colon."""
    return lambda name: name.startswith(f"{word}:")
