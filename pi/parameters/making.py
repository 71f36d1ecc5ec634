"""Parameters of the entry points that make something to work with: data, contexts, versions."""

from dataclasses import dataclass
from typing import Literal

from pi.choices import PrecisionName, StudySizeName, TaskName
from pi.command_line import NOT_NEGATIVE, POSITIVE, parameter
from pi.parameters.rules import A_REGISTERED, MULTIPLE_OF_16, NOT_EMPTY, VALUES
from pi.parameters.shared import FoldParameters, SeedParameters, SplitParameters


@dataclass(frozen=True)
class SimulateParameters(SeedParameters):
    """Parameters of `simulate`."""

    size: StudySizeName = parameter(
        "lesions",
        "tiny (seconds), small (half a minute), lesions (small, whose test patients have lesions), "
        "full (512 pixels, minutes), some or many (24 or 96 patients of three slices, a minute)",
    )
    workers: int = parameter(0, "processes at work; 0 means one per core", NOT_NEGATIVE)


@dataclass(frozen=True)
class PrepareParameters(SplitParameters):
    """Parameters of `prepare`."""

    source: str = parameter(
        "",
        "folder of CT files, on the plain command line alone; empty: the folder named by PI_DATA",
        path=True,
    )
    name: str = parameter("mine", "name of the store that is made", NOT_EMPTY)
    values: str = parameter(
        "auto",
        "what the values of files without a header (NumPy, MATLAB, HDF5, NIfTI) mean: auto (HU, "
        "if air lies at -1000), hu, unit:LOW:HIGH (0 to 1 means LOW to HIGH HU, such as "
        "unit:-1024:3072), stored:INTERCEPT or stored:INTERCEPT:SLOPE (such as stored:-1024)",
        VALUES,
    )
    low_dose: str = parameter(
        "scanned",
        "scanned, or simulated:FRACTION of the normal dose, several after commas, such as "
        "simulated:0.25: noise is added to the full dose, for folders that hold nothing else",
        NOT_EMPTY,
    )
    strict: bool = parameter(
        False,
        "end with an error if any file or slice was refused; two series of untold dose are not "
        "told apart by their noise then",
    )
    mapping_template: bool = parameter(
        False,
        "make no store: write what was understood of every folder as a mapping.csv to be completed",
    )


@dataclass(frozen=True)
class PresetsParameters:
    """Parameters of `presets`."""

    patch_size: int = parameter(
        64, "side of a patch in pixels, on which a sum over features depends", MULTIPLE_OF_16
    )


@dataclass(frozen=True)
class PretrainParameters(FoldParameters):
    """Parameters of `pretrain`."""

    data: str = parameter(
        "simulated:many:2509",
        "what is learned from, as for calibrate; with the task supervised it must be folder, and "
        "PI_DATA a folder with a folder of images for each class, or a MedMNIST-style .npz",
        NOT_EMPTY,
    )
    task: TaskName = parameter(
        "headers",
        "headers: dose, kernel, thickness and position, as DICOM headers tell them; supervised: "
        "the classes of your own images; autoencoder: the image itself, through a decoder",
    )
    architecture: Literal["auto", "vgg16", "vgg19", "autoencoder"] = parameter(
        "auto", "of the encoder; auto: vgg16, or autoencoder for the task of that name"
    )
    context: Literal["auto", "natural-offline", "imagenet", "random"] = parameter(
        "auto",
        "which weights it starts from; auto: natural-offline for vgg16, imagenet for vgg19, random "
        "for autoencoder",
    )
    encoder_input: str = parameter(
        "auto",
        "what the encoder is fed, as for calibrate; auto: raw255, or unit for the task autoencoder",
        NOT_EMPTY,
    )
    patch_size: int = parameter(96, "side of a patch in pixels", MULTIPLE_OF_16)
    steps: int = parameter(110, "steps of Adam", POSITIVE)
    batch_size: int = parameter(16, "patches per step", POSITIVE)
    learning_rate: float = parameter(
        1.5e-4, "the highest: it rises over a tenth of the steps and falls along a cosine", POSITIVE
    )
    held_out: int = parameter(
        512, "patches of the validation patients by which each task is scored", POSITIVE
    )
    precision: PrecisionName = parameter(
        "auto",
        "number format of the convolutions; auto: bfloat16 where the machine is faster so, else "
        "float32; weights and losses are always float32",
    )
    deterministic: bool = parameter(True, "repeat bit for bit on the same machine")
    name: str = parameter(
        "ct-context", "registered model of which the context becomes a new version", A_REGISTERED
    )
    champion: bool = parameter(
        False, "let the alias champion point at it; `promote` does so afterwards"
    )


@dataclass(frozen=True)
class PromoteParameters:
    """Parameters of `promote`."""

    run: str = parameter(
        "", "id of the run of `train` whose denoiser is registered, or of `pretrain`"
    )
    name: str = parameter(
        "",
        "name of the registered model; empty: ldct-denoiser, or what `pretrain` called its context",
    )
    alias: str = parameter("champion", "alias that points at the new version", NOT_EMPTY)
    even_if_worse: bool = parameter(
        False,
        "promote a denoiser even if its validation SSIM is below that of the low dose itself",
    )


@dataclass(frozen=True)
class SyncParameters:
    """Parameters of `sync`."""

    forget_refused: bool = parameter(
        False, "remove what the tracking store refuses for good, after it was told here"
    )


@dataclass(frozen=True)
class TidyParameters:
    """Parameters of `tidy`."""

    remove: bool = parameter(
        False, "close the runs, remove the rest and put back what is whole; else it is listed"
    )
    moved: bool = parameter(
        False, "of a project that was moved: write down that its artifacts lie beside its database"
    )
    older_than: float = parameter(
        24.0, "hours for which nothing of a half store or a scratch file was written", NOT_NEGATIVE
    )
    checkpoint_days: float = parameter(
        30.0, "days after which the checkpoint of a run that did not end is old", NOT_NEGATIVE
    )
