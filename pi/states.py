"""In which states of the denoiser losses are measured, as a user writes them."""

from dataclasses import dataclass
from typing import Literal

from pi.errors import PiError, quoted

Kind = Literal["identity", "untrained", "warmup", "logged", "subject"]

SUBJECTS = ("models:", "onnx:", "outputs:", "own:", "runs:")
"""What the names of `pi.subjects` begin with that have denoised slices and are no runs of ours."""


class StateError(PiError):
    """A state of the denoiser that is misspelt or cannot be had."""


@dataclass(frozen=True, slots=True)
class State:
    """One state.

    Attributes:
        kind: ``identity`` (the output is the low-dose input: the residual is the noise),
            ``untrained`` (the paper's text), ``warmup``, ``logged`` or ``subject``, somebody
            else's network or outputs.
        argument: number of MSE steps of a warm-up; run id of a logged network; a subject's name.
    """

    kind: Kind
    argument: str = ""

    def __str__(self) -> str:
        if self.kind == "subject":
            return self.argument
        return f"{self.kind}:{self.argument}" if self.argument else self.kind


def find_states(text: str) -> tuple[State, ...]:
    """Return the states that a comma-separated list means.

    Raises:
        StateError: an unknown state, or an empty list.
    """
    words = dict.fromkeys(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise StateError(f"`states` must name at least one state but got {quoted(text)}.")
    return tuple(_state(word) for word in words)


def _state(word: str) -> State:
    kind, _, argument = word.partition(":")
    match kind:
        case "identity" | "untrained" if not argument:
            return State(kind)
        case "warmup" if argument.isdecimal() and int(argument) > 0:
            return State("warmup", argument)
        case "logged" if argument:
            return State("logged", argument)
    if word.startswith(SUBJECTS):
        return State("subject", word)
    raise StateError(
        "`states` must be made of identity, untrained, warmup:STEPS (1 or more), logged:RUN and "
        "what `evaluate` takes as models:/, runs:/, onnx:, own: and outputs:, "
        f"but got {quoted(word)}."
    )
