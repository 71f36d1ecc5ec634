"""A model of MLflow's, of the registry or of a run, in any flavour: called through pyfunc.

Loading one runs the code that was logged with it, as MLflow does: it is the user's own store.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pi.errors import quoted
from pi.evaluation.denoising import SliceDenoiser
from pi.subjects.interface import TAG, Interface, through, told_interface
from pi.subjects.kinds.run import passed_on
from pi.subjects.subject import Requested, Subject, SubjectError, SubjectKind
from pi.tracking.kept_denoiser import SERVED, KeptModel, fetch_model
from pi.tracking.records import read_run

WRITTEN = "models:/NAME@ALIAS, models:/NAME@VERSION or runs:/ID/path"


@dataclass(frozen=True, kw_only=True)
class LoggedModel(Subject):
    """A model in the tracking store.

    Attributes:
        kept: a local copy of it.
        interface: of its arrays.
    """

    kept: KeptModel = field(repr=False)
    interface: Interface

    @cached_property
    def model(self) -> str | None:
        """Sha256 of its files."""
        return self.kept.digest

    def _open(self) -> SliceDenoiser | None:
        predict: Callable[[NDArray[np.float32]], object] = self.kept.load()
        return through(self.interface, predict, self.name)


def _fetch(asked: Requested) -> Subject:
    """Fetch a model, without loading it.

    Raises:
        TrackingError: it is not there.
        SubjectError: it is misspelt, or nobody says its interface.
    """
    spelt = re.fullmatch(r"(models:/[^/@:]+(?:[@/][\w.-]+)?|runs:/\w+(?:/[\w.-]+)+)", asked.name)
    if not spelt:
        raise SubjectError(f"`run` must be {WRITTEN} but got {quoted(asked.name)}.")
    kept = fetch_model(asked.name)
    ours = "hu:nhw" if kept.loader == SERVED else ""
    interface = told_interface(asked.name, [asked.interface, ours, kept.tags.get(TAG, "")])
    remark = "" if ours else f"note: {asked.name} ran the code that was logged with it."
    passed = passed_on(read_run(kept.trained_id)) if kept.trained_id else {}
    return LoggedModel(
        asked.name,
        {"experiment": asked.name} | passed,
        kept.tags.get("pi.data_digest"),
        kept.trained_id,
        {TAG: interface.written, "pi.model_flavors": ",".join(kept.flavors)},
        remark,
        kept=kept,
        interface=interface,
    )


def _recognises(name: str) -> bool:
    return name.startswith(("models:", "runs:"))


KIND = SubjectKind(WRITTEN, _recognises, _fetch, "interface")
