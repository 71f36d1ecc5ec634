"""Every parameter of every entry point: its name, type, default, help and rule, once.

An entry point's parameters are one frozen dataclass. A parameter that several entry points
share is declared in the class they inherit. None holds a path: see `pi.command_line`.
"""

from collections.abc import Mapping

from pi.parameters.judging import (
    CompareParameters,
    EvaluateParameters,
    MainParameters,
    ReportParameters,
)
from pi.parameters.learning import (
    CalibrateParameters,
    ScreenParameters,
    SearchParameters,
    TrainParameters,
)
from pi.parameters.leaving import DenoiseParameters, ExportParameters
from pi.parameters.making import (
    PrepareParameters,
    PresetsParameters,
    PretrainParameters,
    PromoteParameters,
    SimulateParameters,
    SyncParameters,
    TidyParameters,
)

__all__ = [
    "ENTRY_POINTS",
    "CalibrateParameters",
    "CompareParameters",
    "DenoiseParameters",
    "EvaluateParameters",
    "ExportParameters",
    "MainParameters",
    "PrepareParameters",
    "PresetsParameters",
    "PretrainParameters",
    "PromoteParameters",
    "ReportParameters",
    "ScreenParameters",
    "SearchParameters",
    "SimulateParameters",
    "SyncParameters",
    "TidyParameters",
    "TrainParameters",
]

ENTRY_POINTS: Mapping[str, type] = {
    "simulate": SimulateParameters,
    "prepare": PrepareParameters,
    "presets": PresetsParameters,
    "screen": ScreenParameters,
    "calibrate": CalibrateParameters,
    "train": TrainParameters,
    "search": SearchParameters,
    "evaluate": EvaluateParameters,
    "compare": CompareParameters,
    "main": MainParameters,
    "report": ReportParameters,
    "pretrain": PretrainParameters,
    "promote": PromoteParameters,
    "export": ExportParameters,
    "denoise": DenoiseParameters,
    "sync": SyncParameters,
    "tidy": TidyParameters,
}
"""The parameters of each entry point, in the order in which a user meets them."""
