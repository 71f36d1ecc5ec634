"""Every closed choice of the house that a parameter offers, once, apart from what is chosen from.

The command line enumerates them without a library that is slow to load; the rooms that know what
each means key their records by them, and tests hold the keys equal to these names.
"""

from typing import Literal

StudySizeName = Literal["tiny", "small", "lesions", "full", "some", "many"]
"""Simulated studies: see `pi.simulation.patient.SIZES`."""

Part = Literal["train", "validation", "test"]
"""Parts of a data set."""

EvaluatedPart = Literal["validation", "test"]
"""Parts on which a denoiser is evaluated."""

ExportedPart = Literal["all", "train", "validation", "test"]
"""Parts whose pairs are exported; all: each of them, in a folder of its own."""

ArrayFormat = Literal["npy", "nifti"]
"""How exported volumes are written: see `pi.jobs.exported.volume_files`."""

Grid = Literal["paper", "covering"]
"""Grids of patches: see `pi.slices.patches`."""

Estimator = Literal["ratio_of_sums", "mean_of_ratios"]
"""Which Psi a target means: Algorithm 2, or Eq. (5)."""

Rounding = Literal["none", "nearest_decade_log10", "nearest_decade_psi", "ceil_decade"]
"""Rules that round lambda: see `pi.influence.psi`."""

CalibratedName = Literal[
    "warmup_then_calibrate",
    "recalibrate_each_epoch",
    "marcos2022",
    "constant_psi",
    "constant_psi_gradient",
]
"""Schedules that aim at the Psi asked for: see `pi.influence.calibrated_schedules`."""

AdaptiveName = Literal[
    "esrgan_dp", "uncertainty", "gradnorm", "softadapt", "relobralo", "config", "upgrad"
]
"""Schedules that begin at the lambda asked for: see `pi.influence.adaptive_rules`."""

ScheduleName = Literal["fixed", CalibratedName, AdaptiveName]
"""How lambda moves while training."""

PrecisionName = Literal["auto", "float32", "bfloat16", "float16"]
"""Number formats of convolutions: see `pi.training.machine`."""

JitName = Literal["auto", "on", "off"]
"""Whether XLA compiles the step of a training: see `pi.training.jit`."""

FeatureCacheName = Literal["auto", "off", "memory", "disk"]
"""Where features of target patches are kept: see `pi.network.feature_cache`."""

Distribution = Literal["none", "mirrored"]
"""How a batch is divided over GPUs."""

Keep = Literal["best_validation_ssim", "best_validation_loss", "last"]
"""Which epoch's weights are the denoiser of a run."""

CheckpointPlace = Literal["folder", "artifacts"]
"""Where checkpoints are kept: the folder of PI_CHECKPOINTS or PI_CACHE, or the run's artifacts."""

TaskName = Literal["headers", "supervised", "autoencoder"]
"""What a context learns: see `pi.pretraining.recipe`."""

ObjectiveName = Literal["val_ssim", "psi_target", "both"]
"""What a search seeks: see `pi.search.objective`."""

Variable = Literal["psi", "lambda"]
"""What a search varies."""

EvaluationProtocol = Literal[
    "paper8", "full_float", "abdomen_redcnn", "ldctbench", "ldctbench_chest", "ldctbench_head",
    "air", "bone",
]  # fmt: skip
"""Named ways to compare two slices: see `pi.evaluation.protocol.PROTOCOLS`. Any other window of HU
is one, too: see `pi.protocol_names`."""

EvaluationTask = Literal["slices", "auto", "lesions", "inserted_lesions"]
"""What is asked of a denoiser: metrics of slices alone, or also whether lesions are detected; auto:
where the data have some."""

LesionTask = Literal["lesions", "inserted_lesions"]
"""Tasks of detection: see `pi.detection.requirements`."""

MetricSet = Literal["basic", "texture", "all"]
"""How much is measured of a slice, each with what is before it: see `pi.evaluation.metrics`."""

ZeroRule = Literal["wilcox", "pratt"]
"""What the signed-rank test does with pairs that do not differ."""

WindowName = Literal["soft_tissue", "lung", "bone"]
"""HU from black to white: see `pi.figures.slice_row.WINDOWS`."""

Practice = Literal["recommended", "paper-text", "authors-code"]
"""Where paper, code and good practice differ, which is followed: see `pi.switches`."""
