"""What the output of a trial must keep to: bounds of metrics, numbers or what MSE alone has."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pi.errors import PiError, quoted
from pi.evaluation.metrics import valuing_metrics

MSE = "mse"
"""A bound that is what a training without any perceptual loss has of the metric."""

ALIASES = {"nps_distance": "noise_distance"}
WRITTEN = "METRIC<=NUMBER, METRIC>=NUMBER, METRIC<=mse or METRIC>=mse"

TEXTURE = "noise_distance"
"""Measured of every trial that is measured at all: the other axis of the front."""

_FORM = re.compile(r"\s*([\w ]+?)\s*(<=|>=)\s*(\S+)\s*")


class ConstraintError(PiError):
    """A constraint that is misspelt, or of a metric that cannot be had."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound of a metric.

    Attributes:
        metric: its name.
        at_most: whether the bound is the largest value that holds, else the smallest.
        bound: a number; None: what MSE alone has.
    """

    metric: str
    at_most: bool
    bound: float | None

    def __str__(self) -> str:
        bound = MSE if self.bound is None else f"{self.bound:g}"
        return f"{self.metric}{'<=' if self.at_most else '>='}{bound}"

    def violation(self, values: Mapping[str, float], mse: Mapping[str, float]) -> float:
        """Return by how much values break it: at most 0 where it holds, infinite without a value.

        Args:
            values: of the output, by metric.
            mse: of a training by MSE alone.
        """
        bound = mse.get(self.metric, math.nan) if self.bound is None else self.bound
        over = values.get(self.metric, math.nan) - bound
        over = over if self.at_most else -over
        return math.inf if math.isnan(over) else over


def parse_constraints(text: str) -> tuple[Constraint, ...]:
    """Return the constraints that ``text`` means, comma-separated; none of an empty one.

    Raises:
        ConstraintError: it is misspelt, or a metric has no direction or no value of an output.
    """
    return tuple(_parse(word) for word in text.split(",") if word.strip())


def _parse(word: str) -> Constraint:
    found = _FORM.fullmatch(word)
    if found is None:
        raise ConstraintError(f"`subject_to` must be {WRITTEN} but got {quoted(word.strip())}.")
    name, sign, bound = found.groups()
    return Constraint(measurable(name, "subject_to"), sign == "<=", _bound(bound))


def _bound(text: str) -> float | None:
    if text == MSE:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConstraintError(
            f"`subject_to` must bound a metric by a number or {MSE} but got {quoted(text)}."
        )
    return number


def measurable(name: str, parameter: str) -> str:
    """Return a metric by which an output can be valued.

    Raises:
        ConstraintError: it is none, has no direction, or needs an encoder.
    """
    known = valuing_metrics()
    name = ALIASES.get(name, name)
    if name not in known:
        raise ConstraintError(
            f"`{parameter}` must be of {', '.join(known)} but got {quoted(name, known)}."
        )
    return name


def needed_metrics(objective: str, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """Return what must be measured of an output, each once; nothing where nobody asks."""
    names = [*([objective] if objective else []), *(one.metric for one in constraints)]
    return tuple(dict.fromkeys([*names, TEXTURE])) if names else ()
