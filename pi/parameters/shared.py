"""Parameters that several entry points share; none holds a path: see `pi.command_line`."""

from dataclasses import dataclass

from pi.choices import Grid, WindowName
from pi.command_line import NOT_NEGATIVE, POSITIVE, parameter
from pi.denoisers import NAMES, PUBLISHED
from pi.parameters.rules import (
    A_DENOISER,
    A_DOSE,
    A_WEIGHT_FILE,
    MULTIPLE_OF_16,
    NOT_EMPTY,
)

TOGETHER = "slices denoised at a time; 0: 4, and on a GPU as many as its memory bears"
"""Of `batch_size` where slices are denoised."""


@dataclass(frozen=True)
class SeedParameters:
    """What makes a run repeatable."""

    seed: int = parameter(5, "seed of everything random", NOT_NEGATIVE)


@dataclass(frozen=True)
class SplitParameters(SeedParameters):
    """How patients are divided."""

    split: str = parameter(
        "auto",
        "patient-level split: auto (a named split that knows all patients and has some of them in "
        "every part, else 70/10/20 % drawn by the seed), mayo2016, simulated, or own (the JSON "
        "file named by PI_SPLIT)",
        NOT_EMPTY,
    )


@dataclass(frozen=True)
class DataParameters(SplitParameters):
    """Which slices."""

    data: str = parameter(
        "simulated:lesions",
        "simulated:tiny, simulated:small, simulated:lesions (small, whose test patients have "
        "lesions) or simulated:full (with :SEED for another study), folder "
        "(the DICOM folder named by PI_DATA), or the name of a store that `prepare` made",
        NOT_EMPTY,
    )
    dose: str = parameter(
        "all",
        "which low dose where the data have several: all, a fraction of the normal dose such as "
        "0.25 or 25%, or unknown",
        A_DOSE,
    )
    folds: int = parameter(
        0,
        "folds of a patient cross-validation, which take the place of the split; as many as "
        "patients: leave one out; 0: the split",
        NOT_NEGATIVE,
    )


@dataclass(frozen=True)
class FoldParameters(DataParameters):
    """Which of the folds."""

    fold: int = parameter(
        0,
        "which fold, from 1: its patients are tested, the first of the next fold validates, all "
        "others train",
        NOT_NEGATIVE,
    )


@dataclass(frozen=True)
class EncoderParameters(DataParameters):
    """What an encoder may need beside the data."""

    medical_weights: str = parameter(
        "",
        "what the context `medical` is, because nobody has published one: own (the weight file, "
        ".h5 or .safetensors, named by PI_WEIGHTS), own:NAME (NAME with that ending, in the folder "
        "named by it), or models:/NAME@ALIAS of one that `pretrain` made",
        A_WEIGHT_FILE,
    )


@dataclass(frozen=True)
class PatchParameters(EncoderParameters, FoldParameters):
    """Which patches, through which networks: what calibration and training must agree on."""

    encoder_input: str = parameter(
        "raw255",
        "what an encoder is fed that has no input of its own: raw255 (as the paper's code), "
        "keras_caffe, torch_imagenet, unit ([0, 1] as it is), or a window of HU, window:LOW:HIGH "
        "(stretched to [0, 255]) or unit:LOW:HIGH (to [0, 1])",
        NOT_EMPTY,
    )
    stand_in: str = parameter(
        "",
        "contexts that take the place of the presets' own: one for all, or FROM=CONTEXT with "
        "a context or an architecture as FROM, comma-separated, the first that fits; empty: their "
        "own",
    )
    as_mse_plus: bool = parameter(
        False, "put the MSE beside the feature loss of presets that are adversarial or have no "
        "pixel term",
    )  # fmt: skip
    patch_size: int = parameter(96, "side of a patch in pixels (Table 2)", MULTIPLE_OF_16)
    patch_step: int = parameter(96, "step between patches in pixels (Table 2)", POSITIVE)
    grid: Grid = parameter(
        "paper", "paper: the last pixels of a slice may be left out; covering: they are not"
    )
    denoiser: str = parameter(
        str(PUBLISHED),
        f"which network, NAME:WIDTH, with {', '.join(NAMES)} as NAME; unet:32 is the paper's "
        "(Table 2), redcnn:96 and dncnn:64 are as published",
        A_DENOISER,
    )


@dataclass(frozen=True)
class ShownParameters:
    """Which pixels are kept, and how they look."""

    window: WindowName = parameter(
        "soft_tissue", "HU from black to white: -160..240, -1350..150 or -500..1300"
    )
    log_images: bool = parameter(
        False, "keep pixels of real patients in the tracking store; simulated ones always are"
    )
