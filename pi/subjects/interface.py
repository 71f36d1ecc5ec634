"""What arrays somebody's model takes and gives: which values, and which axes. Nothing is guessed.

It is written ``VALUES`` or ``VALUES:LAYOUT``. Values are those of `pi.readers.units`: ``hu``,
``unit:LOW:HIGH`` (0 to 1 means LOW to HIGH HU), ``stored:INTERCEPT:SLOPE``; ``unit`` alone is the
range of our networks, -1024 to 3072 HU. Layouts are ``nhw``, ``nhwc`` and ``nchw`` with one
channel; without one it is ``nhw``.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError, quoted
from pi.evaluation.denoising import SliceDenoiser
from pi.readers.units import AUTO, UnitError, parse_unit
from pi.slices.intensity import HU_HIGH, HU_LOW
from pi.subjects.subject import SubjectError

TAG = "pi.interface"
"""Tag, metadata or ONNX metadata in which a model says its own."""

Layout = Literal["nhw", "nhwc", "nchw"]

WRITTEN = (
    "VALUES or VALUES:LAYOUT, with hu, unit (-1024 to 3072 HU), unit:LOW:HIGH or "
    f"stored:INTERCEPT:SLOPE as VALUES and {', '.join(get_args(Layout))} as LAYOUT"
)

_AXIS: dict[Layout, int | None] = {"nhw": None, "nhwc": -1, "nchw": 1}
"""Of a layout the axis of its one channel."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What a model takes and gives.

    Attributes:
        written: as it was told.
        slope: HU = slope * value + intercept.
        intercept: in HU.
        layout: of the axes.
    """

    written: str
    slope: float
    intercept: float
    layout: Layout

    @property
    def values(self) -> str:
        """How values relate to HU, as `pi.readers.units` spells it."""
        return self.written.rpartition(":")[0]

    @property
    def axes(self) -> int:
        """How many axes arrays have."""
        return len(self.layout)

    def to_values(self, hu: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return (n, rows, columns) HU as the model takes them."""
        values = hu.astype(np.float32)
        if (self.slope, self.intercept) != (1, 0):
            values = (values - np.float32(self.intercept)) / np.float32(self.slope)
        axis = _AXIS[self.layout]
        return values if axis is None else np.expand_dims(values, axis)

    def to_hu(self, values: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return what the model gives as (n, rows, columns) HU: the inverse of `to_values`."""
        axis = _AXIS[self.layout]
        hu = values.astype(np.float32)
        hu = hu if axis is None else np.squeeze(hu, axis)
        if (self.slope, self.intercept) != (1, 0):
            hu = hu * np.float32(self.slope) + np.float32(self.intercept)
        return hu


def parse_interface(text: str) -> Interface:
    """Return the interface that ``text`` means.

    Raises:
        SubjectError: it is misspelt.
    """
    values, _, last = text.rpartition(":")
    layout: Layout = "nhw"
    for known in get_args(Layout):
        if last == known and values:
            layout, text = known, values
            break
    written = f"{text}:{layout}"
    told = f"unit:{HU_LOW:g}:{HU_HIGH:g}" if text == "unit" else text
    try:
        relation = None if told == AUTO else parse_unit(told)
    except UnitError:
        relation = None
    if relation is None:
        raise SubjectError(f"`interface` must be {WRITTEN}, but got {quoted(text)}.")
    return Interface(written, relation.slope, relation.intercept, layout)


def told_interface(name: str, told: Sequence[str]) -> Interface:
    """Return the interface of a model from whoever says so first: the parameter, then the model.

    Raises:
        SubjectError: nobody does.
    """
    for text in told:
        if text:
            return parse_interface(text)
    raise SubjectError(
        f"`interface` must say what arrays {quoted(name)} takes and gives, such as hu:nhw or "
        f"unit:nchw, for the model itself has no `{TAG}`."
    )


def through(
    interface: Interface, call: Callable[[NDArray[np.float32]], object], name: str
) -> SliceDenoiser:
    """Return a model as a function of slices in HU.

    Args:
        interface: of the model.
        call: from what it takes to what it gives, of the same shape.
        name: of the model.
    """

    def denoise(low_dose: NDArray[np.generic]) -> NDArray[np.float32]:
        given = interface.to_values(low_dose)
        found = as_numbers(_called(call, given, name), name)
        if found.shape != given.shape:
            raise SubjectError(
                f"{quoted(name)} must give arrays of the shape that it is given, {given.shape}, "
                f"but gave {found.shape}."
            )
        return interface.to_hu(found)

    return denoise


def _called(
    call: Callable[[NDArray[np.float32]], object], given: NDArray[np.float32], name: str
) -> object:
    """Return what other people's code gives; of what it raises the words may hold pixels."""
    try:
        return call(given)
    except PiError:
        raise
    except Exception as error:  # whatever it raises
        raise SubjectError(
            f"{quoted(name)} must take arrays {given.shape} {given.dtype} but raises "
            f"{raised(error)}."
        ) from error


def raised(error: Exception) -> str:
    """Return what other people's code raises and where, for them to find, without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {frames[-1].name}, line {frames[-1].lineno}"


def as_numbers(found: object, name: str) -> NDArray[np.generic]:
    """Return what a model gave as an array.

    Raises:
        SubjectError: it is none of real numbers.
    """
    try:
        array = np.asarray(found)
    except (TypeError, ValueError):  # ragged lists, a tensor that is elsewhere
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise SubjectError(
            f"{quoted(name)} must give an array of real numbers but gave "
            f"{type(found).__name__} of {array.dtype}."
        )
    return array
