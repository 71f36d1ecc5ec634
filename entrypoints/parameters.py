"""Every parameter of every entry point: its name, type, default, help and rule, once.

An entry point's parameters are one frozen dataclass. A parameter that several entry points
share is declared in the class they inherit. None holds a path: see `pi.command_line`.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pi.command_line import NOT_NEGATIVE, OPEN_UNIT, POSITIVE, Rule, parameter
from pi.denoisers import NAMES, PUBLISHED, WRITTEN, Start, is_written
from pi.evaluation.metrics import directed_metrics
from pi.identity import is_dose
from pi.influence.schedule_name import ScheduleName
from pi.readers.units import GRAMMAR, is_grammatical

if TYPE_CHECKING:
    from pi.losses.experiments import Experiment
    from pi.network.weights import WeightFile
    from pi.slices.store import Store

Preset = Literal["tiny", "small", "full", "many"]

NOT_EMPTY = Rule("not empty", lambda text: bool(text.strip()))

A_WEIGHT_FILE = Rule(
    "own, or own:NAME, of which PI_WEIGHTS names the file or its folder, or models:/NAME@ALIAS",
    lambda text: not text or re.fullmatch(r"own(:.+)?|models:/.+", text) is not None,
)

A_DOSE = Rule("all, unknown, or a fraction in (0, 1) such as 0.25 or 25%", is_dose)

A_METRIC = Rule(f"one of {', '.join(directed_metrics())}", lambda text: text in directed_metrics())
A_DENOISER = Rule(WRITTEN, is_written)
VALUES = Rule(GRAMMAR, is_grammatical)  # what was typed may be a path

BELOW_ONE = Rule("in [0, 1)", lambda value: 0 <= value < 1)

# MLflow takes / for the version's separator, and we @ and : for those of a context.
A_REGISTERED = Rule(
    "letters, digits, - _ . alone", lambda text: re.fullmatch(r"[\w.-]+", text) is not None
)

# An encoder halves an image four times, and so does the U-Net.
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
        "patient-level split: auto (a named split that knows all patients and has some of them in "
        "every part, else 70/10/20 % drawn by the seed), mayo2016, simulated, or own (the JSON "
        "file named by PI_SPLIT)",
        NOT_EMPTY,
    )


@dataclass(frozen=True)
class SimulateParameters(SeedParameters):
    """Parameters of `simulate`."""

    preset: Preset = parameter(
        "small",
        "tiny (seconds), small (half a minute), full (512 pixels, minutes) or many (96 patients of "
        "three slices, a minute)",
    )
    workers: int = parameter(0, "processes at work; 0 means one per core", NOT_NEGATIVE)


@dataclass(frozen=True)
class PrepareParameters(SplitParameters):
    """Parameters of `prepare`."""

    source: str = parameter(
        "",
        "folder of DICOM files, on the plain command line alone; empty: the folder named by "
        "PI_DATA",
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
class DataParameters(SplitParameters):
    """Which slices."""

    data: str = parameter(
        "simulated:small",
        "simulated:tiny, simulated:small or simulated:full (with :SEED for another study), folder "
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
class PresetsParameters:
    """Parameters of `presets`."""

    patch_size: int = parameter(
        64, "side of a patch in pixels, on which a sum over features depends", MULTIPLE_OF_16
    )


@dataclass(frozen=True)
class EncoderParameters(DataParameters):
    """What an encoder may need beside the data."""

    medical_weights: str = parameter(
        "",
        "what the context `medical` is, for nobody has published one: own (the weight file, .h5, "
        "named by PI_WEIGHTS), own:NAME (NAME.h5 in the folder named by it), or "
        "models:/NAME@ALIAS of one that `pretrain` made",
        A_WEIGHT_FILE,
    )


@dataclass(frozen=True)
class PatchParameters(EncoderParameters, FoldParameters):
    """Which patches, through which networks: what calibration and training must agree on."""

    encoder_input: str = parameter(
        "raw255",
        "what an encoder is fed that has no input of its own: raw255 (as the paper's code), "
        "keras_caffe, torch_imagenet, unit ([0, 1] as it is), or window:LOW:HIGH in HU",
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
    grid: Literal["paper", "covering"] = parameter(
        "paper", "paper: the last pixels of a slice may be left out; covering: they are not"
    )
    denoiser: str = parameter(
        str(PUBLISHED),
        f"which network, NAME:WIDTH, with {', '.join(NAMES)} as NAME; unet:32 is the paper's "
        "(Table 2), redcnn:96 and dncnn:64 are as published",
        A_DENOISER,
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
    task: Literal["headers", "supervised", "autoencoder"] = parameter(
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
    batch_size: int = parameter(16, "patches a step", POSITIVE)
    learning_rate: float = parameter(
        1.5e-4, "the highest: it rises over a tenth of the steps and falls along a cosine", POSITIVE
    )
    held_out: int = parameter(
        512, "patches of the validation patients by which each task is judged", POSITIVE
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = parameter(
        "auto",
        "number format of the convolutions; auto: bfloat16 where the machine multiplies it, else "
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
class CalibrateParameters(PatchParameters):
    """Parameters of `calibrate`."""

    experiments: str = parameter(
        "demo",
        "comma-separated: E1, E2, E3, E4, baseline, demo1..demo4, the presets that `presets` "
        "lists, the groups paper, demo and literature, or your own as architecture:context:"
        "layer+layer, such as vgg16:random:block3_conv2, of the weight file named by PI_WEIGHTS "
        "vgg16:own:block3_conv2 or, of a context that `pretrain` made, "
        "vgg16:medical:NAME@champion:block3_conv2, followed by any of /tap=, /norm=, "
        "/reduction=, /layers=, /pixel= and /input=",
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
    batch_size: int = parameter(32, "patches measured at a time", POSITIVE)
    gradient_patches: int = parameter(
        32,
        "patches on which the influence by gradients of presets is measured; 0: it is not",
        NOT_NEGATIVE,
    )


@dataclass(frozen=True)
class LearningParameters(PatchParameters):
    """How the denoiser learns, whatever lambda is."""

    batch_size: int = parameter(16, "patches a step (Table 2)", POSITIVE)
    learning_rate: float = parameter(1e-3, "of Adam (Table 2)", POSITIVE)
    beta_1: float = parameter(0.9, "of Adam (Table 2)", OPEN_UNIT)
    beta_2: float = parameter(0.999, "of Adam (Table 2)", OPEN_UNIT)
    epsilon: float = parameter(1e-7, "of Adam (Keras's default, as in the paper's code)", POSITIVE)
    start: Literal["auto", Start] = parameter(
        "auto",
        "what the untrained output is: mean (of the targets) or half (as published, from which the "
        "sigmoid may saturate at air for good: it does at a rate of 1e-3) of a denoiser that ends "
        "in a sigmoid, residual (the low dose itself) of one that predicts a residual; auto: mean "
        "or residual",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = parameter(
        "auto",
        "number format of the convolutions; auto: bfloat16 where the machine multiplies it and the "
        "encoder's loss bears it within 2 %, else float32; weights and losses are always float32",
    )
    deterministic: bool = parameter(True, "repeat bit for bit on the same machine")
    validation_slices: int = parameter(
        8, "most validation slices that are denoised whole after an epoch", POSITIVE
    )


@dataclass(frozen=True)
class TrainParameters(LearningParameters):
    """Parameters of `train`."""

    experiment: str = parameter(
        "demo1",
        "E1, E2, E3, E4, baseline, demo1..demo4, a preset, your own as for calibrate, or mse (no "
        "encoder at all, with perceptual_weight 0)",
        NOT_EMPTY,
    )
    perceptual_weight: str = parameter(
        "psi:0.95",
        "lambda: a number, psi:NUMBER (calibrated first on the training patients, with the "
        "low-dose input as prediction), calibration:RUN (a nested run of `calibrate`) or "
        "search:RUN (a run of `search`, or of one of its trials)",
        NOT_EMPTY,
    )
    schedule: ScheduleName = parameter(
        "fixed",
        "how lambda moves while training: fixed (the paper's); to stay at the Psi asked for: "
        "warmup_then_calibrate, recalibrate_each_epoch (marcos2022), constant_psi; from it, by a "
        "rule of the literature: esrgan_dp, uncertainty, gradnorm, softadapt, relobralo",
    )
    warmup_steps: int = parameter(500, "steps of MSE alone in warmup_then_calibrate", POSITIVE)
    final_psi: float = parameter(
        0.0,
        "Psi at the last step of constant_psi, reached along a straight line in log-odds; 0: Psi "
        "stays where it is",
        BELOW_ONE,
    )
    epochs: int = parameter(10, "passes over the training patches (Table 2)", POSITIVE)
    distribution: Literal["none", "mirrored"] = parameter(
        "none", "mirrored: each batch is divided over all GPUs"
    )
    keep: Literal["best_validation_ssim", "best_validation_loss", "last"] = parameter(
        "best_validation_ssim", "which epoch's weights are the run's denoiser"
    )
    validation_patches: int = parameter(
        2000, "most validation patches whose losses are measured after an epoch", POSITIVE
    )
    gradient_every: int = parameter(
        100, "steps between two measurements of gradient influence; 0: never", NOT_NEGATIVE
    )
    checkpoint_minutes: float = parameter(
        10.0, "most minutes between two checkpoints; every epoch ends with one", POSITIVE
    )
    resume: str = parameter(
        "",
        "id of a run of `train` to go on with; what is not typed is as it had it",
    )


@dataclass(frozen=True)
class SearchParameters(LearningParameters):
    """Parameters of `search`."""

    study: str = parameter(
        "",
        "name of the study, which is joined where it exists; empty: a name made of what is "
        "searched, so that the same command goes on with the same study",
    )
    trials: int = parameter(30, "trials of the whole study, over all its workers", POSITIVE)
    objective: Literal["val_ssim", "psi_target", "both"] = parameter(
        "val_ssim",
        "val_ssim: SSIM of validation slices after a short training; psi_target: Psi nearest to "
        "target_psi; both: either, with their Pareto front (and no trial given up early)",
    )
    target_psi: float = parameter(
        0.95, "perceptual influence asked for; tried first whatever the objective", OPEN_UNIT
    )
    measured: str = parameter(
        "training",
        "where Psi is measured: training (the last epoch of the trial) or a state of the denoiser "
        "as for calibrate, of which the closed form is the answer",
        NOT_EMPTY,
    )
    tolerance: float = parameter(
        0.02, "relative distance of odds at which psi_target has found its Psi", POSITIVE
    )
    experiments: str = parameter(
        "demo1", "comma-separated configurations to choose from, as for calibrate", NOT_EMPTY
    )
    schedules: str = parameter(
        "fixed",
        "comma-separated schedules of lambda to choose from, as for train; a warm-up lasts one "
        "epoch",
    )
    variable: Literal["psi", "lambda"] = parameter(
        "psi",
        "what is varied: Psi in log-odds, turned into lambda by the calibration of each "
        "configuration, or log lambda",
    )
    psi_range: str = parameter("0.5,0.999", "LOW,HIGH of Psi")
    lambda_range: str = parameter("1e-7,1", "LOW,HIGH of lambda, where that is varied")
    epochs: int = parameter(9, "epochs of a trial that is not given up", POSITIVE)
    epoch_steps: int = parameter(
        100, "most steps of an epoch, each with random patches; 0: a pass over all", NOT_NEGATIVE
    )
    reduction: int = parameter(
        3, "successive halving: one trial in so many goes on from 1, 3, 9 ... epochs; 1: all",
        POSITIVE,
    )  # fmt: skip
    prune_below: float = parameter(
        0.01,
        "a trial is given up where a signed-rank test on its validation slices, paired with the "
        "best trial's, has a smaller p; 0: never",
        BELOW_ONE,
    )
    validation_slices: int = parameter(
        16, "validation slices that are denoised whole after an epoch, the same for every trial",
        POSITIVE,
    )  # fmt: skip


@dataclass(frozen=True)
class MainParameters(EncoderParameters):
    """Parameters of `main`."""

    experiments: str = parameter(
        "demo,mse",
        "comma-separated experiments as for calibrate; mse is the control without perceptual loss",
        NOT_EMPTY,
    )
    protocol: Literal["recommended", "paper-text", "authors-code"] = parameter(
        "recommended",
        "sets every switch on which the paper's text, its code and good practice differ",
    )
    overrides: str = parameter(
        "",
        "switches that are to differ from the protocol: comma-separated step.parameter=value, such "
        "as train.epochs=2,calibrate.tolerance=0.1; + stands for a comma within a value",
    )
    resume: str = parameter(
        "",
        "id of a run of `main` to go on with; what is not typed is as it had it",
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


@dataclass(frozen=True)
class ShownParameters:
    """Which pixels are kept, and how they look."""

    window: Literal["soft_tissue", "lung", "bone"] = parameter(
        "soft_tissue", "HU from black to white: -160..240, -1350..150 or -500..1300"
    )
    log_images: bool = parameter(
        False, "keep pixels of real patients in the tracking store; simulated ones always are"
    )


@dataclass(frozen=True)
class EvaluateParameters(ShownParameters, FoldParameters):
    """Parameters of `evaluate`."""

    run: str = parameter(
        "identity",
        "id of the run whose denoiser is evaluated, or identity: the low dose alone",
        NOT_EMPTY,
    )
    part: Literal["validation", "test"] = parameter("validation", "whose patients' slices")
    protocols: str = parameter(
        "all",
        "comma-separated: paper8, full_float, abdomen_redcnn, ldctbench; or all. By the first one "
        "the shown slices are chosen",
        NOT_EMPTY,
    )
    metric: str = parameter(
        "ssim",
        "metric by whose gain the shown slices are the worst, the median and the best: "
        f"{', '.join(directed_metrics())}",
        A_METRIC,
    )
    denoiser: str = parameter(
        "",
        "which network the run's is, NAME:WIDTH; empty: as the run says",
        Rule(f"empty or {WRITTEN}", lambda text: not text or is_written(text)),
    )
    batch_size: int = parameter(4, "slices denoised at a time", POSITIVE)


@dataclass(frozen=True)
class CompareParameters(ShownParameters, SplitParameters):
    """Parameters of `compare`."""

    runs: str = parameter(
        "main",
        "comma-separated ids of runs of evaluate, of train (for their evaluation on test patients "
        "or, without one, on validation patients) or of main (for its evaluations); an MLflow "
        "filter such as tags.pi.stage = 'evaluate' and params.part = 'test', which finds finished "
        "runs; or main, the newest run of that",
        NOT_EMPTY,
    )
    reference: str = parameter(
        "validation",
        "run with which the others are compared: validation (best there), test (best on the "
        "compared slices themselves, which is labelled), or a run's id or name",
        NOT_EMPTY,
    )
    all_pairs: bool = parameter(False, "compare every pair instead; there is no reference then")
    metrics: str = parameter(
        "ssim,psnr,nrmse",
        f"comma-separated: {', '.join(directed_metrics())}; the first one decides, all are "
        "corrected as one family",
        NOT_EMPTY,
    )
    protocol: Literal["paper8", "full_float", "abdomen_redcnn", "ldctbench"] = parameter(
        "paper8", "whose values of the metrics"
    )
    group_by: str = parameter(
        "",
        "parameter of the runs, such as seed: runs that differ in it alone are one configuration, "
        "averaged slice by slice",
    )
    zero_rule: Literal["wilcox", "pratt"] = parameter(
        "wilcox", "what the signed-rank test does with slices that do not differ"
    )


@dataclass(frozen=True)
class ReportParameters:
    """Parameters of `report`."""

    runs: str = parameter(
        "all",
        "all, every run of the MLflow experiment (MLFLOW_EXPERIMENT_NAME names another); "
        "comma-separated run ids, each with what is nested in it and what it rests on; an MLflow "
        "filter; or main, the newest finished run of that",
        NOT_EMPTY,
    )
    to: str = parameter(
        "",
        "file or folder to which a copy of the page is written, on the plain command line alone; "
        "empty: none",
        path=True,
    )


def recall(run_id: str) -> dict[str, str]:
    """Return what an earlier run was typed with, for `--resume RUN`."""
    from pi.tracking.resume import parameters_of  # slow to import, and seldom needed

    return parameters_of(run_id)


def open_asked(parameters: DataParameters, fold: int, *needed: str) -> "Store":
    """Return the store that ``data``, ``split``, ``seed``, ``dose`` and ``folds`` mean.

    Args:
        parameters: of an entry point.
        fold: which of its folds; 0 where there are none.
        needed: parts that must have patients, which is asked before any work on them.

    Raises:
        PiError: see `pi.source.open_data` and `pi.slices.parts.require_parts`.
    """
    from pi.slices.parts import require_parts
    from pi.source import open_data  # slow to import, and --help needs none of it

    p = parameters
    store = open_data(
        p.data, split=p.split, split_seed=p.seed, study_seed=SimulateParameters.seed,
        dose=p.dose, fold=fold, folds=p.folds,
    )  # fmt: skip
    members = {volume.patient: volume.split for volume in store.volumes}
    require_parts(members, store.manifest.split, needed)
    return store


def find_contexts(
    parameters: EncoderParameters, experiments: "Sequence[Experiment]"
) -> "dict[str, WeightFile]":
    """Return the weight file of every context of ``experiments`` that has one.

    Raises:
        PiError: see `pi.tracking.contexts.find_contexts`.
    """
    from pi.tracking import contexts  # slow to import, and --help needs none of it

    def say(message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    return contexts.find_contexts(experiments, parameters.medical_weights, say)
