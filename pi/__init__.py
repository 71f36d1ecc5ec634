"""Perceptual influence: an instrument for perceptual losses in low-dose CT denoising.

>>> import pi
>>> pi.psi(image_loss=2.0, perceptual_loss=400.0, weight=0.1).item()
0.9523809523809523
>>> round(pi.weight_for_psi(image_loss=2.0, perceptual_loss=400.0, target=0.95), 6)
0.095

The names below are loaded when they are first asked for: `import pi` itself loads nothing. For
loops of other people there are `pi.torch` and `pi.keras`, to be imported by these names.

Read the rooms in the order of the data: ``simulation``, ``readers``, ``slices``
(pairs and patches), ``network`` (the denoiser and the encoder), ``influence`` (loss components,
Psi, lambda), ``training``, ``evaluation``, ``comparison``, ``tracking``, ``jobs``; ``door``
is what is offered here.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pi.door.calibrating import calibrate
    from pi.door.calibration import Calibration
    from pi.door.comparing import compare
    from pi.door.evaluating import evaluate
    from pi.errors import PiError
    from pi.evaluation.protocol import PROTOCOLS
    from pi.influence.psi import psi, weight_for_psi
    from pi.influence.weight_units import Units, convert_weight
    from pi.losses.literature import PRESETS
    from pi.version import __version__

__all__ = [
    "PRESETS",
    "PROTOCOLS",
    "Calibration",
    "PiError",
    "Units",
    "__version__",
    "calibrate",
    "compare",
    "convert_weight",
    "evaluate",
    "psi",
    "weight_for_psi",
]

_HOMES = {
    "Calibration": "pi.door.calibration",
    "PRESETS": "pi.losses.literature",
    "PROTOCOLS": "pi.evaluation.protocol",
    "PiError": "pi.errors",
    "Units": "pi.influence.weight_units",
    "__version__": "pi.version",
    "calibrate": "pi.door.calibrating",
    "compare": "pi.door.comparing",
    "convert_weight": "pi.influence.weight_units",
    "evaluate": "pi.door.evaluating",
    "psi": "pi.influence.psi",
    "weight_for_psi": "pi.influence.psi",
}

# Manners of the libraries below, set before any of them is imported: TensorFlow's start-up
# chatter is hidden (warnings and errors stay), MLflow sends no telemetry from a hospital and
# draws no bars of its own.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
