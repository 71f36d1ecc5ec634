"""One module per kind of what is evaluated, found by being here: each holds its KIND."""

import pkgutil
from importlib import import_module

from pi.subjects.subject import SubjectKind


def _found() -> tuple[SubjectKind, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").KIND for name in names)


KINDS = _found()
"""The kinds that there are."""
