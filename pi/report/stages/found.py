"""What the tracking store was found to hold: the records that a report of it is made of.

Whatever a half-logged run does not say is NaN or empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
from markupsafe import Markup

from pi.influence.recorded import RecordedInfluence
from pi.report.comparison_page import Report
from pi.report.text import DIGITS
from pi.search.objective import Objective
from pi.search.record import TrialRecord

SHORT = 6
"""Letters of a run's id that tell it from the others on a page."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What every run says of itself.

    Attributes:
        run_id: of the run.
        name: whatever its owner called it.
        stage: the entry point, or ``calibration``, ``trial`` or ``contrast``, which are nested.
        status: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED.
        begun: when.
        nested: whether another run holds it.
        digest: of its data set; empty where it has none.
        commit: of the code; empty if unknown.
        dirty: whether that code had been changed since.
    """

    run_id: str
    name: str
    stage: str
    status: str
    begun: datetime
    nested: bool
    digest: str
    commit: str
    dirty: bool

    @property
    def short(self) -> str:
        """The beginning of its id."""
        return self.run_id[:SHORT]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set, known by its digest.

    Attributes:
        digest: of its manifest.
        simulated: whether no volume comes from a patient.
        patients: that are trained on; 0 if no run says so.
        patches: of the training set; 0 likewise.
        reconstructions: as they are labelled.
        simulated_doses: low doses that were not scanned but simulated, as they are labelled.
    """

    digest: str
    simulated: bool
    patients: int
    patches: int
    reconstructions: tuple[str, ...]
    simulated_doses: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The beginning of its digest."""
        return self.digest[:DIGITS]


@dataclass(frozen=True)
class Calibrated:
    """A calibration of one configuration in one state.

    Attributes:
        run: that holds it.
        influence: what came of it.
        published: lambda in print for this configuration, and where; empty without one.
        psi_published: Psi of that lambda here; NaN without one.
        patches: that were measured; 0 where the run does not say.
        population: in the training set; 0 likewise.
        heavy_tailed: whether the interval was widened for it.
        weights: what the encoder's weights are, in words.
        weights_digest: tells them from others of the same name.
        strata: Psi at the chosen lambda, and lambda for the target, in each reconstruction.
    """

    run: RunFacts
    influence: RecordedInfluence
    published: str
    psi_published: float
    patches: int
    population: int
    heavy_tailed: bool
    weights: str
    weights_digest: str
    strata: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Trained:
    """A training.

    Attributes:
        run: that holds it.
        label: what it is of.
        configuration: which has its colour wherever it is drawn.
        encoder: ``architecture:context:layers``; empty where there was none.
        target: Psi asked for; NaN where none was.
        weight: lambda of the last epoch.
        psi: share of the loss in the last epoch.
        gradient_psi: share of the gradient there.
        drift: percentage points from the target.
        kept_epoch: whose weights are the denoiser; 0 where the training did not end.
        ssim: of validation slices in that epoch.
        series: by epoch, columns of `pi.figures.training_curves.SERIES`; empty where nobody asked.
    """

    run: RunFacts
    label: str
    configuration: str
    encoder: str
    target: float
    weight: float
    psi: float
    gradient_psi: float
    drift: float
    kept_epoch: int
    ssim: float
    series: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class EvaluatedRun:
    """An evaluation by one protocol.

    Attributes:
        run: that holds it.
        label: what was evaluated.
        denoised: whether anything was.
        part: whose patients.
        fold: such as ``2 of 5``; empty without folds.
        protocol: the first it was measured by.
        slices: how many.
        patients: how many.
        values: metric -> mean, standard deviation (ddof 0) and mean of doing nothing.
        beyond: of what similarity does not tell, mean and that of doing nothing, by logged name.
    """

    run: RunFacts
    label: str
    denoised: bool
    part: str
    fold: str
    protocol: str
    slices: int
    patients: int
    values: Mapping[str, tuple[float, float, float]]
    beyond: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Texture:
    """What an evaluation measured beside similarity, as it was logged.

    Attributes:
        label: what was evaluated.
        noise_power: see `pi.figures.noise_power.noise_spectra`.
        noise: likewise.
        tissues: see `pi.figures.tissue_bias.tissue_biases`.
        slices: an ``<img>`` of its worst, median and best slice; None of patients.
    """

    label: str
    noise_power: pd.DataFrame = field(repr=False)
    noise: pd.DataFrame = field(repr=False)
    tissues: pd.DataFrame = field(repr=False)
    slices: Markup | None = field(repr=False)


@dataclass(frozen=True)
class Searched:
    """A study.

    Attributes:
        run: that holds it.
        asked: how many trials it was to have.
        sentences: its answer; none where it has not ended.
        objective: what it seeks; None where the run does not say.
        flat: least and greatest Psi of the trials level with the best; NaN before the end.
        trials: those that are over; none where its database is not at hand.
    """

    run: RunFacts
    asked: int
    sentences: tuple[str, ...]
    objective: Objective | None
    flat: tuple[float, float]
    trials: tuple[TrialRecord, ...] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """All that was found.

    Attributes:
        title: which experiment or runs, in words.
        runs: all that are reported, the newest first.
        data: the data sets they are on.
        calibrated: the newest first.
        trained: the newest first.
        evaluated: the newest first.
        texture: of the best of them; None without one.
        comparison: the newest, made again from its evaluations; None without one.
        compared: its run.
        searched: the newest first.
        lost: what could not be read, a sentence each.
    """

    title: str
    runs: tuple[RunFacts, ...]
    data: tuple[DataSet, ...]
    calibrated: tuple[Calibrated, ...]
    trained: tuple[Trained, ...]
    evaluated: tuple[EvaluatedRun, ...]
    texture: Texture | None
    comparison: Report | None
    compared: RunFacts | None
    searched: tuple[Searched, ...]
    lost: tuple[str, ...]
