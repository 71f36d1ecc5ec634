"""Parameters of the entry points that set lambda and learn with it."""

from dataclasses import dataclass
from typing import Literal

from pi.choices import (
    CheckpointPlace,
    Distribution,
    Estimator,
    FeatureCacheName,
    JitName,
    Keep,
    PrecisionName,
    Rounding,
    ScheduleName,
    Variable,
)
from pi.command_line import NOT_NEGATIVE, OPEN_UNIT, POSITIVE, parameter
from pi.denoisers import Start
from pi.evaluation.metrics import valuing_metrics
from pi.parameters.rules import AN_OBJECTIVE, BELOW_ONE, NOT_EMPTY
from pi.parameters.shared import PatchParameters, ShownParameters


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
        "/match=, /reduction=, /layers=, /pixel= and /input=",
        NOT_EMPTY,
    )
    states: str = parameter(
        "identity,untrained",
        "comma-separated states of the denoiser: identity (output = low-dose input, recommended), "
        "untrained (the paper's text), warmup:K (after K steps of MSE), logged:RUN, and somebody "
        "else's as `evaluate --run` takes it: models:/, runs:/, onnx:, own: or outputs:, of the "
        "training patients; the first is the one recommended in the summary",
        NOT_EMPTY,
    )
    target_psi: float = parameter(0.95, "perceptual influence asked for", OPEN_UNIT)
    estimator: Estimator = parameter(
        "ratio_of_sums",
        "which Psi the target means: Algorithm 2 (ratio of sums) or Eq. 5 (mean of ratios)",
    )
    rounding: Rounding = parameter(
        "none", "rule that rounds lambda; nearest_decade_log10 gives the paper's four"
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
class ScreenParameters(PatchParameters):
    """Parameters of `screen`."""

    experiments: str = parameter(
        "demo1,demo2",
        "comma-separated, as for calibrate: encoders x layers x distances to be told apart",
        NOT_EMPTY,
    )
    patches: int = parameter(
        48, "random patches of the training patients, of each as many", POSITIVE
    )
    target_psi: float = parameter(0.95, "perceptual influence that lambda is told for", OPEN_UNIT)
    batch_size: int = parameter(8, "patches at a time; each is eight images", POSITIVE)


@dataclass(frozen=True)
class LearningParameters(PatchParameters):
    """How the denoiser learns, whatever lambda is."""

    batch_size: int = parameter(16, "patches per step (Table 2)", POSITIVE)
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
    precision: PrecisionName = parameter(
        "auto",
        "number format of the convolutions; auto: bfloat16 where the machine is faster so and the "
        "encoder's loss bears it within 2 %, else float32; float16 needs a GPU, and the loss is "
        "scaled then; weights and losses are always float32",
    )
    deterministic: bool = parameter(True, "repeat bit for bit on the same machine")
    feature_cache: FeatureCacheName = parameter(
        "auto",
        "where the features of target patches, which never change, are kept from step to step: "
        "memory, disk (below PI_CACHE, for later runs too) or off; auto: memory where all of them "
        "fit; losses are the same bit for bit",
    )
    feature_cache_gib: float = parameter(
        4.0, "most GiB that they may take; in memory at most half of what is free", POSITIVE
    )
    validation_slices: int = parameter(
        8, "most validation slices that are denoised whole after an epoch", POSITIVE
    )


@dataclass(frozen=True)
class TrainParameters(LearningParameters, ShownParameters):
    """Parameters of `train`."""

    experiment: str = parameter(
        "demo1",
        "E1, E2, E3, E4, baseline, demo1..demo4, a preset, your own as for calibrate, or mse (no "
        "encoder at all, and perceptual_weight 0 of itself)",
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
        "warmup_then_calibrate, recalibrate_each_epoch (marcos2022), constant_psi, or "
        "constant_psi_gradient, where it is the share of the gradient; from it, by a rule of the "
        "literature: esrgan_dp, uncertainty, gradnorm, softadapt, relobralo, config, upgrad",
    )
    warmup_steps: int = parameter(500, "steps of MSE alone in warmup_then_calibrate", POSITIVE)
    final_psi: float = parameter(
        0.0,
        "Psi at the last step of constant_psi, reached along a straight line in log-odds; 0: Psi "
        "stays where it is",
        BELOW_ONE,
    )
    epochs: int = parameter(10, "passes over the training patches (Table 2)", POSITIVE)
    distribution: Distribution = parameter(
        "none", "mirrored: each batch is divided over all GPUs, of unlike ones over those of a kind"
    )
    jit: JitName = parameter(
        "auto",
        "on: XLA compiles the step; auto: where there is a GPU and a few real steps, timed before "
        "the first, are faster so (said, and kept as the tag pi.jit, with which a run is resumed); "
        "a network that pools, as the U-Net does, needs deterministic=False for either",
    )
    keep: Keep = parameter("best_validation_ssim", "which epoch's weights are the run's denoiser")
    validation_patches: int = parameter(
        2000, "most validation patches whose losses are measured after an epoch", POSITIVE
    )
    validation_share: float = parameter(
        0.05,
        "most of an epoch's work that its validation may take, counted in passes through networks, "
        "not in seconds: where it is more, fewer patches are measured; 1: as many as asked",
        POSITIVE,
    )
    gradient_every: int = parameter(
        100, "steps between two measurements of gradient influence; 0: never", NOT_NEGATIVE
    )
    checkpoint_minutes: float = parameter(
        10.0, "most minutes between two checkpoints; every epoch ends with one", POSITIVE
    )
    checkpoint_to: CheckpointPlace = parameter(
        "folder",
        "folder: checkpoints lie below PI_CHECKPOINTS, which several machines may share, or else "
        "below PI_CACHE; artifacts: in the run's artifacts, too, where any machine finds them",
    )
    keep_checkpoints: bool = parameter(
        False, "keep the checkpoint of a run that came to its end; else it is removed"
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
    objective: str = parameter(
        "val_ssim",
        "val_ssim: SSIM of validation slices after a short training; psi_target: Psi nearest to "
        "target_psi; both: either, with their Pareto front (and no trial given up early); or a "
        f"metric of the output on whole validation slices: {', '.join(valuing_metrics())}",
        AN_OBJECTIVE,
    )
    subject_to: str = parameter(
        "",
        "constraints of the output on validation slices, comma-separated METRIC<=BOUND or "
        "METRIC>=BOUND; a BOUND is a number, or mse: what a training by MSE alone has, such as "
        "noise_distance<=0.2,hallucination<=mse; empty: none",
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
    variable: Variable = parameter(
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
    halving: int = parameter(
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
