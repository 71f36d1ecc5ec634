"""Every switch on which the paper's text, its code and good practice differ: data, no code.

A practice sets them all; each can be overridden alone. What a run did with each is logged beside
what the paper says and what the authors' code did. Sources: sections 4 to 6 and Table 2 of the
paper, and the authors' repository at its newest commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pi.choices import Practice
from pi.command_line import REPLACED, arguments_of, now_written
from pi.errors import PiError, quoted
from pi.losses.experiments import MSE, find_experiments, require_influence, spelling


class SwitchError(PiError):
    """An override that is no switch of a step, or is misspelt."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One choice.

    Attributes:
        name: ``step.parameter``, as the entry point of that step has it.
        paper: what the paper says.
        code: what the authors' code did.
        recommended: value under the practice of that name.
        paper_text: value under ``paper-text``.
        authors_code: value under ``authors-code``.
    """

    name: str
    paper: str
    code: str
    recommended: str
    paper_text: str
    authors_code: str

    def value(self, practice: Practice) -> str:
        """Return the value under a practice."""
        values = {
            "recommended": self.recommended,
            "paper-text": self.paper_text,
            "authors-code": self.authors_code,
        }
        return values[practice]


SWITCHES = (
    Switch("calibrate.states", "untrained model (Algorithm 2)",
           "losses of the last epoch of the runs themselves", "identity", "untrained", "untrained"),
    Switch("calibrate.estimator", "Eq. 5 and line 10 of Algorithm 2 differ",
           "ratio of epoch means", "ratio_of_sums", "ratio_of_sums", "ratio_of_sums"),
    Switch("calibrate.rounding", "powers of ten, rule not stated",
           "not in the code; nearest decade in log10 gives all four",
           "none", "nearest_decade_log10", "nearest_decade_log10"),
    Switch("calibrate.target_psi", "about 0.95", "0.95", "0.95", "0.95", "0.95"),
    Switch("train.encoder_input", "not stated", "repeated to 3 channels, x255, no means",
           "raw255", "raw255", "raw255"),
    Switch("train.denoiser", "U-Net of 32 channels at its first level (Table 2)",
           "the same", "unet:32", "unet:32", "unet:32"),
    Switch("train.patch_size", "96", "96", "96", "96", "96"),
    Switch("train.patch_step", "96", "96 (also loses a patch that ends at the edge)",
           "96", "96", "96"),
    Switch("train.grid", "not stated", "the last 32 pixels of 512 are never seen",
           "covering", "paper", "paper"),
    Switch("train.batch_size", "16", "8", "16", "16", "8"),
    Switch("train.learning_rate", "1e-3", "1e-4", "1e-3", "1e-3", "1e-4"),
    Switch("train.epochs", "10", "10", "10", "10", "10"),
    Switch("train.start", "not stated", "half: the last bias is 0", "auto", "half", "half"),
    Switch("train.epsilon", "not stated", "1e-7 (Keras's default)", "1e-7", "1e-7", "1e-7"),
    Switch("train.keep", "validated using beta, rule not stated", "last epoch; validation unused",
           "best_validation_ssim", "best_validation_loss", "last"),
    Switch("train.schedule", "fixed lambda", "fixed lambda", "fixed", "fixed", "fixed"),
    Switch("evaluate.part", "two test patients", "two test patients", "test", "test", "test"),
    Switch("evaluate.protocols", "not stated", "8-bit images, truncated, range 255",
           "paper8,full_float,abdomen_redcnn,ldctbench", "paper8", "paper8"),
    Switch("evaluate.metrics", "SSIM, PSNR and NRMSE (Table 3)", "the same",
           "texture", "basic", "basic"),
    Switch("evaluate.task", "no lesions are looked for", "the same", "auto", "slices", "slices"),
)  # fmt: skip

FIXED: Mapping[str, tuple[str, str, str]] = {
    "test patients": ("L097 and L506", "L096 and L506", "L096 and L506 (mayo2016)"),
    "pairing of doses": ("by position", "by index after sorting",
                         "by position, within a tolerance"),
    "slice storage": ("NumPy", "float64 files, batches in float16", "int16 HU, read as float32"),
    "patch order": ("not stated", "slices shuffled once, same order each epoch",
                    "patches shuffled anew each epoch"),
    "HU range": ("-1024..3072 to [0, 1]", "the same, without clipping",
                 "the same, clipped and counted"),
    "first weights": ("not stated", "one seeded initialiser: layers of equal shape start equal",
                      "a seed of its own for each layer"),
    "feature tap": ("layer name", "after the ReLU", "after the ReLU"),
    "loss reduction": ("squared norms", "means over pixels and features", "means"),
    "medical VGG-19": ("fine-tuned on a medical data set", "private weights",
                     "the user's own, or what `pretrain` made of headers"),
}  # fmt: skip
"""Facts that are no parameter here: what the paper says, its code did, and this project does."""


def switch_values(practice: Practice, overrides: str) -> dict[str, str]:
    """Return the value of every switch under ``practice``, after ``overrides``.

    Args:
        practice: which practice.
        overrides: comma-separated ``step.parameter=value``; a parameter that no practice sets
            may be given too. A ``+`` stands for a comma within a value.

    Raises:
        SwitchError: an override that is misspelt, or of no step.
    """
    values = {switch.name: switch.value(practice) for switch in SWITCHES}
    for word in (word.strip() for word in overrides.split(",") if word.strip()):
        name, equals, value = word.partition("=")
        step, dot, parameter = name.partition(".")
        if not (equals and dot and parameter and step in ("calibrate", "train", "evaluate")):
            raise SwitchError(
                "`overrides` must be calibrate., train. or evaluate.PARAMETER=VALUE, separated by "
                f"commas, but got {quoted(word)}."
            )
        if parameter in REPLACED:
            raise SwitchError(now_written(parameter, value, f"{step}.{{}}={{}}"))
        values[name] = value.replace("+", ",")
    return values


def experiment_names(text: str) -> dict[str, str]:
    """Return how each experiment of a list is spelt to an entry point, and its name in tables.

    `mse`, the control without an encoder, has no name among the calibrated: its name is empty.

    Raises:
        ExperimentError: an unknown name, or none but `mse`.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    found = find_experiments(",".join(word for word in words if word != MSE))
    require_influence(found)
    names = {spelling(experiment): experiment.name for experiment in found}
    return names | ({MSE: ""} if MSE in words else {})


def step_arguments(
    switches: Mapping[str, str], shared: Mapping[str, object]
) -> Callable[..., list[str]]:
    """Return the function that spells the command line of a step.

    Args:
        switches: see `switch_values`.
        shared: parameters of the whole job, of which some are those of every step.

    Returns:
        From the step's name and further parameters to its command line.
    """

    def spell(step: str, **more: str) -> list[str]:
        values = {name: str(shared[name]) for name in ("data", "dose", "split", "seed")}
        if step != "evaluate":
            values["medical_weights"] = str(shared["medical_weights"])
            inherited = ("encoder_input", "patch_size", "patch_step", "grid", "denoiser")
            values |= {n: switches[f"train.{n}"] for n in inherited if f"train.{n}" in switches}
        own = {name.partition(".")[2]: value for name, value in switches.items()
               if name.startswith(f"{step}.")}  # fmt: skip
        return arguments_of(values | own | more)

    return spell


def switch_rows(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the board: for every switch what paper and code say and what is done here."""
    said = {switch.name: (switch.paper, switch.code) for switch in SWITCHES}
    rows = [
        {"switch": name, "paper": paper, "code": code, "here": value}
        for name, value in values.items()
        for paper, code in [said.get(name, ("not stated", "not stated"))]
    ]
    facts = [
        {"switch": name, "paper": paper, "code": code, "here": here}
        for name, (paper, code, here) in FIXED.items()
    ]
    return rows + facts
