"""Parameters of the entry points that evaluate, compare and tell, and of all steps at once."""

from dataclasses import dataclass

from pi.choices import EvaluatedPart, EvaluationTask, MetricSet, Practice, ZeroRule
from pi.command_line import NOT_NEGATIVE, Rule, parameter
from pi.denoisers import WRITTEN, is_written
from pi.evaluation.metrics import directed_metrics, valuing_metrics
from pi.parameters.rules import (
    A_METRIC,
    A_PROTOCOL,
    NOT_EMPTY,
    PROTOCOLS_LISTED,
    RESOURCES,
    WORKERS,
)
from pi.parameters.shared import (
    TOGETHER,
    EncoderParameters,
    FoldParameters,
    ShownParameters,
    SplitParameters,
)
from pi.protocol_names import NAMES
from pi.protocol_names import WRITTEN as WRITTEN_PROTOCOL


@dataclass(frozen=True)
class EvaluateParameters(ShownParameters, FoldParameters):
    """Parameters of `evaluate`."""

    run: str = parameter(
        "identity",
        "what is evaluated: identity (the low dose alone), the id of a run of ours, a model of "
        "MLflow's of any flavour (models:/NAME@ALIAS, models:/NAME@VERSION, runs:/ID/path), "
        "onnx:NAME (NAME.onnx, by PI_MODEL), own:package.module:function (your code, on slices in "
        "HU), outputs:NAME (denoised slices in the folder NAME, by PI_OUTPUTS), or table:NAME, "
        "table:NAME:CONFIGURATION, table:NAME:CONFIGURATION:SEED (NAME.csv or NAME.parquet of "
        "metrics, by PI_TABLES)",
        NOT_EMPTY,
    )
    interface: str = parameter(
        "",
        "what arrays a model takes and gives, or outputs are, VALUES or VALUES:LAYOUT: hu, unit "
        "(0 to 1 means -1024 to 3072 HU), unit:LOW:HIGH or stored:INTERCEPT:SLOPE as VALUES, nhw, "
        "nhwc or nchw as LAYOUT; empty: as the model says (`pi.interface`), outputs in HU",
    )
    part: EvaluatedPart = parameter("validation", "whose patients' slices")
    protocols: str = parameter(
        "usual",
        f"comma-separated: {', '.join(NAMES)}, and any window of HU as window:LOW:HIGH; usual, the "
        "first four, or all. By the first one the shown slices are chosen",
        PROTOCOLS_LISTED,
    )
    task: EvaluationTask = parameter(
        "slices",
        "slices: their metrics alone; lesions: also whether model observers detect the lesions of "
        "the data, such as simulated:lesions with --part test; auto: lesions where patients of the "
        "part have some, else slices, as `main` has it; inserted_lesions: lesions of known size "
        "and contrast, put into both doses before the denoiser",
    )
    metrics_table: bool = parameter(
        False,
        "measure under every named protocol beside those of `protocols`, and print what each does "
        "to these slices: why a PSNR does not match a paper's",
    )
    metrics: MetricSet = parameter(
        "basic",
        "basic: SSIM, PSNR and errors; texture: also the spectrum of the noise, and the rate of "
        "patches that show what the normal dose does not; all: also VIFp, "
        "MS-SSIM, GMSD and HaarPSI, which take ten times as long",
    )
    features: str = parameter(
        "",
        "an encoder that what is evaluated was not trained with, ARCHITECTURE:CONTEXT:LAYERS, such "
        "as vgg16:natural-offline:block1_conv2+block2_conv2+block3_conv3: measure also how far its "
        "features are from the normal dose's; empty: none",
    )
    metric: str = parameter(
        "ssim",
        "metric by whose gain the shown slices are the worst, the median and the best: "
        f"{', '.join(valuing_metrics())}",
        A_METRIC,
    )
    denoiser: str = parameter(
        "",
        "which network the run's is, NAME:WIDTH; empty: as the run says",
        Rule(f"empty or {WRITTEN}", lambda text: not text or is_written(text)),
    )
    batch_size: int = parameter(0, TOGETHER, NOT_NEGATIVE)


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
    protocol: str = parameter(
        "paper8",
        f"whose values of the metrics: {WRITTEN_PROTOCOL}, if the runs were evaluated under it",
        A_PROTOCOL,
    )
    group_by: str = parameter(
        "",
        "parameter of the runs, such as seed: runs that differ in it alone are one configuration, "
        "averaged slice by slice",
    )
    zero_rule: ZeroRule = parameter(
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


@dataclass(frozen=True)
class MainParameters(EncoderParameters):
    """Parameters of `main`."""

    experiments: str = parameter(
        "demo,mse",
        "comma-separated experiments as for calibrate; mse is the control without perceptual loss",
        NOT_EMPTY,
    )
    practice: Practice = parameter(
        "recommended",
        "sets every switch on which the paper's text, its code and good practice differ",
    )
    overrides: str = parameter(
        "",
        "switches that are to differ from the practice: comma-separated step.parameter=value, such "
        "as train.epochs=2,calibrate.tolerance=0.1; + stands for a comma within a value",
    )
    resume: str = parameter(
        "",
        "id of a run of `main` to go on with; what is not typed is as it had it",
    )
    workers: str = parameter(
        "",
        "who does the steps: a number of processes of this machine, or the address of Dask's "
        "scheduler, tcp://HOST:PORT; empty: the scheduler that DASK_SCHEDULER_ADDRESS names, or, "
        "without it as with 0, this process",
        WORKERS,
    )
    step_resources: str = parameter(
        "",
        "what a worker must have for a step, comma-separated: NAME=NUMBER such as GPU=1 for every "
        "step but the comparison, train.NAME=NUMBER for trainings alone",
        RESOURCES,
    )
    step_retries: int = parameter(
        2, "times that a step goes on elsewhere after its worker died or it failed", NOT_NEGATIVE
    )
    only: str = parameter(
        "",
        "which steps are done: fold=NUMBER, step=ENTRY_POINT, step=ENTRY_POINT:EXPERIMENT, or both "
        "after a comma, such as fold=3,step=train:demo1; empty: all",
    )
    plan: bool = parameter(
        False, "do nothing: open the run, and print every step as a command that does it"
    )
