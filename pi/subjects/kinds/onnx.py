"""A network in an ONNX file, by ONNX Runtime: a graph of known operations, which runs no code."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi.errors import quoted
from pi.evaluation.denoising import SliceDenoiser
from pi.places import file_digest, model_file
from pi.subjects.interface import TAG, Interface, through, told_interface
from pi.subjects.subject import Requested, Subject, SubjectError, SubjectKind, after

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WRITTEN = "onnx:NAME"
Dtype = type[np.float16] | type[np.float32] | type[np.float64]
TYPES: dict[str, Dtype] = {
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
}


@dataclass(frozen=True, kw_only=True)
class OnnxGraph(Subject):
    """A graph of one input and one output.

    Attributes:
        file: that it is in.
        session: that runs it.
        interface: of its arrays.
    """

    file: Path
    session: "InferenceSession"
    interface: Interface

    @cached_property
    def model(self) -> str | None:
        """Sha256 of the file."""
        return file_digest(self.file)

    def _open(self) -> SliceDenoiser | None:
        return through(self.interface, self._run, self.name)

    def _run(self, values: NDArray[np.float32]) -> NDArray[np.generic]:
        (taken,) = self.session.get_inputs()
        _require_size(self.name, taken.shape, values.shape)
        fixed = taken.shape[0] if isinstance(taken.shape[0], int) else len(values)
        outputs = []
        for start in range(0, len(values), fixed):
            given = _filled(values[start : start + fixed], fixed, TYPES[taken.type])
            try:
                outputs.append(self.session.run(None, {taken.name: given})[0])
            except _refusals():
                raise SubjectError(
                    f"the graph {quoted(self.name)} must run on slices of the shape {given.shape} "
                    "but does not."
                ) from None
        found: NDArray[np.generic] = np.concatenate(outputs)[: len(values)]
        return found


def _filled(values: NDArray[np.float32], count: int, dtype: Dtype) -> NDArray[np.floating[Any]]:
    """Return slices in the number that a graph of fixed number takes: the last one repeated."""
    missing = np.repeat(values[-1:], count - len(values), axis=0)
    return np.concatenate([values, missing]).astype(dtype)


def _fetch(asked: Requested) -> Subject:
    """Open the graph.

    Raises:
        PlaceError: PI_MODEL names no such file.
        SubjectError: ONNX Runtime is not installed or does not read the file; the graph has other
            inputs than one of slices; nobody says its interface.
    """
    file = model_file(asked.after)
    session = _session(asked.name, file)
    taken, given = session.get_inputs(), session.get_outputs()
    if len(taken) != 1 or len(given) != 1 or taken[0].type not in TYPES:
        raise SubjectError(
            f"the graph {quoted(asked.name)} must have one input and one output of floating-point "
            f"numbers but has {len(taken)} and {len(given)}, or others."
        )
    rank = len(taken[0].shape)
    if rank not in (3, 4):
        raise SubjectError(
            f"the graph {quoted(asked.name)} must take slices in 3 axes, or in 4 with a channel, "
            f"but takes {rank}."
        )
    told = session.get_modelmeta().custom_metadata_map.get(TAG, "")
    interface = told_interface(asked.name, [asked.interface, told])
    if interface.axes != rank:
        raise SubjectError(
            f"`interface` must have a layout of {rank} axes, as the graph {quoted(asked.name)} "
            f"takes, but {interface.written} has {interface.axes}."
        )
    return OnnxGraph(
        asked.name,
        {"experiment": asked.name},
        tags={TAG: interface.written},
        file=file,
        session=session,
        interface=interface,
    )


def _session(name: str, file: Path) -> "InferenceSession":
    try:
        import onnxruntime
    except ImportError:
        raise SubjectError(
            f"ONNX Runtime must be installed for {quoted(name)} but is not: "
            "pip install 'perceptual-influence[onnx]'."
        ) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised, too
    try:
        # From bytes, so that no weights beside it are read, which its sha256 would not know.
        return onnxruntime.InferenceSession(
            file.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except _refusals():
        raise SubjectError(
            f"the file of {quoted(name)} must be an ONNX graph of standard operations with its "
            "weights inside but is not."
        ) from None


def _refusals() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises of a graph that it cannot read or run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf,
        state.NotImplemented, state.RuntimeException,
    )  # fmt: skip


def _require_size(name: str, wanted: list[int | str | None], shape: tuple[int, ...]) -> None:
    """Refuse slices of another size than a graph of fixed size takes."""
    fixed = zip(wanted[1:], shape[1:], strict=True)
    if any(isinstance(side, int) and side != own for side, own in fixed):
        sides = " x ".join("any" if not isinstance(s, int) else str(s) for s in wanted[1:])
        raise SubjectError(
            f"slices must be of the size that the graph {quoted(name)} takes, {sides}, but are "
            f"{' x '.join(map(str, shape[1:]))}."
        )


KIND = SubjectKind(WRITTEN, after("onnx"), _fetch, "interface")
