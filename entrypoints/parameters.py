"""Every parameter of every entry point: its name, type, default, help and rule, once.

An entry point's parameters are one frozen dataclass. A parameter that several entry points
share is declared in the class they inherit. Folders are not parameters: see `pi.places`.
"""

from dataclasses import dataclass
from typing import Literal

from pi.command_line import NOT_NEGATIVE, OPEN_UNIT, POSITIVE, Rule, parameter

Preset = Literal["tiny", "small", "full"]

NOT_EMPTY = Rule("not empty", lambda text: bool(text.strip()))

# MLflow keeps every parameter, and a path may name a patient.
A_NAME = Rule(
    "a name, never a path, which the tracking store would keep (set PI_DATA to the folder and give "
    "data=folder)",
    lambda text: bool(text.strip()) and not set(text) & set("/\\"),
    shown=False,
)

# Both networks halve an image four times.
MULTIPLE_OF_16 = Rule("a multiple of 16, at least 16", lambda size: size > 0 and size % 16 == 0)


@dataclass(frozen=True)
class SeedParameters:
    """What makes a run repeatable."""

    seed: int = parameter(5, "seed of everything random", NOT_NEGATIVE)


@dataclass(frozen=True)
class SplitParameters(SeedParameters):
    """How patients are divided."""

    split: str = parameter(
        "auto",
        "patient-level split: auto (a named split that knows all patients, else 70/10/20 % drawn "
        "by the seed), mayo2016, simulated, or the path of your own JSON",
        NOT_EMPTY,
        path=True,
    )


@dataclass(frozen=True)
class SimulateParameters(SeedParameters):
    """Parameters of `simulate`."""

    preset: Preset = parameter(
        "small", "tiny (seconds), small (half a minute) or full (512 pixels, minutes)"
    )
    workers: int = parameter(0, "processes at work; 0 means one per core", NOT_NEGATIVE)


@dataclass(frozen=True)
class PrepareParameters(SplitParameters):
    """Parameters of `prepare`."""

    source: str = parameter(
        "", "folder of DICOM files; empty: the folder named by PI_DATA", path=True
    )
    name: str = parameter("mine", "name of the store that is made", NOT_EMPTY)
    strict: bool = parameter(False, "end with an error if any file or slice was refused")


@dataclass(frozen=True)
class CalibrateParameters(SplitParameters):
    """Parameters of `calibrate`."""

    data: str = parameter(
        "simulated:small",
        "simulated:tiny, simulated:small or simulated:full (with :SEED for another study), folder "
        "(the DICOM folder named by PI_DATA), or the name of a store that `prepare` made",
        A_NAME,
    )
    experiments: str = parameter(
        "demo",
        "comma-separated: E1, E2, E3, E4, baseline, demo1..demo4, the groups paper and demo, or "
        "your own as architecture:context:layer+layer, such as vgg16:random:block3_conv2",
        NOT_EMPTY,
    )
    states: str = parameter(
        "identity,untrained",
        "comma-separated states of the denoiser: identity (output = low-dose input, recommended), "
        "untrained (the paper's text), warmup:K (after K steps of MSE), logged:RUN; the first "
        "is the one recommended in the summary",
        NOT_EMPTY,
    )
    target_psi: float = parameter(0.95, "perceptual influence asked for", OPEN_UNIT)
    estimator: Literal["ratio_of_sums", "mean_of_ratios"] = parameter(
        "ratio_of_sums",
        "which Psi the target means: Algorithm 2 (ratio of sums) or Eq. 5 (mean of ratios)",
    )
    rounding: Literal["none", "nearest_decade_log10", "nearest_decade_psi", "ceil_decade"] = (
        parameter("none", "rule that rounds lambda; nearest_decade_log10 gives the paper's four")
    )
    tolerance: float = parameter(
        0.05, "relative half-width at which lambda's 95 % interval is narrow enough", POSITIVE
    )
    exhaustive: bool = parameter(False, "measure every training patch, whatever the tolerance")
    perceptual_weight: str = parameter(
        "0.1", "comma-separated lambdas whose Psi on this data is reported", NOT_EMPTY
    )
    encoder_input: str = parameter(
        "raw255",
        "what the encoder is fed: raw255 (as the paper's code), keras_caffe, torch_imagenet, or "
        "window:LOW:HIGH in HU",
        NOT_EMPTY,
    )
    medical_weights: str = parameter(
        "", "weight file (.h5) of the context `medical`, which nobody has published", path=True
    )
    patch_size: int = parameter(96, "side of a patch in pixels (Table 2)", MULTIPLE_OF_16)
    patch_step: int = parameter(96, "step between patches in pixels (Table 2)", POSITIVE)
    grid: Literal["paper", "covering"] = parameter(
        "paper", "paper: the last pixels of a slice may be left out; covering: they are not"
    )
    channels: int = parameter(32, "channels of the U-Net's first level (Table 2)", POSITIVE)
    batch_size: int = parameter(32, "patches measured at a time", POSITIVE)
