"""Parameters of the entry points whose results leave: for other people's code, or for a viewer.

The folders that they write are named by environment variables, as all others are: `mlflow run`
stores every parameter, and where a patient's scan lies is nobody's to keep.
"""

from dataclasses import dataclass

from pi.choices import ArrayFormat, ExportedPart
from pi.command_line import NOT_NEGATIVE, Rule, parameter
from pi.denoisers import WRITTEN, is_written
from pi.parameters.rules import VALUES
from pi.parameters.shared import TOGETHER, FoldParameters


@dataclass(frozen=True)
class ExportParameters(FoldParameters):
    """Parameters of `export`."""

    part: ExportedPart = parameter(
        "all", "whose patients' slices; all: those of every part, in a folder for each"
    )
    format: ArrayFormat = parameter(
        "npy",
        "a file for each volume and dose: npy, (slices, rows, columns) int16 HU from the lowest "
        "position up, or nifti (.nii)",
    )


@dataclass(frozen=True)
class DenoiseParameters:
    """Parameters of `denoise`."""

    data: str = parameter(
        "folder",
        "folder: the DICOM series, or the NIfTI or NumPy files, in the folder named by PI_DATA",
        Rule("folder, which PI_DATA names", lambda text: text == "folder"),
    )
    run: str = parameter(
        "",
        "whose denoiser, as for evaluate: the id of a run of train, models:/NAME@ALIAS, onnx:NAME "
        "or own:package.module:function; identity changes no pixel",
    )
    interface: str = parameter(
        "", "what arrays a model takes and gives, as for evaluate; empty: as the model says"
    )
    denoiser: str = parameter(
        "",
        "which network the run's is, NAME:WIDTH; empty: as the run says",
        Rule(f"empty or {WRITTEN}", lambda text: not text or is_written(text)),
    )
    series: int = parameter(
        0,
        "which series of a folder that holds several, as the refusal numbers them; 0: the only one",
        NOT_NEGATIVE,
    )
    values: str = parameter(
        "auto", "what the values of NIfTI and NumPy files mean, as for prepare", VALUES
    )
    batch_size: int = parameter(0, TOGETHER, NOT_NEGATIVE)
