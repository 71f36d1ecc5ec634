"""A function of the user's own, by module and name: their code, which runs here as any import."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.errors import quoted
from pi.evaluation.denoising import SliceDenoiser
from pi.subjects.interface import parse_interface, raised, through
from pi.subjects.subject import Requested, Subject, SubjectError, SubjectKind, after

WRITTEN = "own:package.module:function"


@dataclass(frozen=True, kw_only=True)
class OwnCode(Subject):
    """A callable on slices in HU.

    Attributes:
        function: from (n, rows, columns) float32 HU to the same.
    """

    function: Callable[[NDArray[np.float32]], object]

    def _open(self) -> SliceDenoiser | None:
        return through(parse_interface("hu"), self.function, self.name)


def _fetch(asked: Requested) -> Subject:
    """Import the function.

    Raises:
        SubjectError: it is misspelt, there is no such module or function, or it cannot be imported.
    """
    written = re.fullmatch(r"own:([A-Za-z_][\w.]*):([A-Za-z_]\w*)", asked.name)
    if not written:
        raise SubjectError(f"`run` must be {WRITTEN} but got {quoted(asked.name)}.")
    module, function = written[1], written[2]
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if not f"{module}.".startswith(f"{missing}."):
            raise SubjectError(
                f"the package {missing!r}, which the module {module!r} needs, must be installed "
                "but is not."
            ) from error
        raise SubjectError(
            f"the module {missing!r} of {quoted(asked.name)} must be found by Python, in the "
            "folder of the command or on PYTHONPATH, but is not."
        ) from None
    except Exception as error:  # whatever the user's code raises while it is imported
        raise SubjectError(
            f"the module {module!r} must be one that Python can import but raises {raised(error)}."
        ) from error
    if not callable(found):
        raise SubjectError(f"the module {module!r} must have a function {function!r} but has none.")
    return OwnCode(
        asked.name,
        {"experiment": asked.name},
        function=found,
        remark=f"note: {asked.name} is your own code, which nothing here identifies: the run says "
        "its name alone.",
    )


KIND = SubjectKind(WRITTEN, after("own"), _fetch)
