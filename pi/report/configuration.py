"""What a report knows about the compared runs beside their slice tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pi.comparison.seeds import SeedGroup
from pi.influence.recorded import RecordedInfluence


@dataclass(frozen=True, slots=True)
class Member:
    """One evaluated run.

    Attributes:
        evaluation: id of the run of `evaluate`.
        training: id of the run that holds the denoiser; empty where nothing was denoised.
        seed: of the training; empty likewise.
        fold: of a cross-validation, such as ``2 of 5``; empty without one.
        commit: of the code that trained (or, without a training, evaluated); empty if unknown.
        dirty: whether that code had been changed since.
        psi: perceptual influence of the last epoch; NaN where none was logged.
    """

    evaluation: str
    training: str
    seed: str
    fold: str
    commit: str
    dirty: bool
    psi: float


@dataclass(frozen=True)
class Configuration:
    """One thing that is compared: a run, or runs that differ in fold and seed alone.

    Attributes:
        name: in the comparison.
        experiment: what was trained, such as ``E1``, ``mse`` or ``identity``.
        encoder: ``architecture:context:layers``, and what is not usual in how its features and the
            pixels are compared, as in `pi.losses.loss`; empty where there was none.
        schedule: how lambda moved; empty of an untrained run.
        target: Psi asked for; NaN where none was.
        weight: lambda at the start; NaN where there was none.
        weights: what the encoder's weights are, in words; empty without an encoder.
        weights_digest: tells them from others of the same name; empty likewise.
        members: its runs.
        group: their slices, folds joined, seeds averaged.
        influence: the calibration behind it; None where no run links to one.
        sightings: looks at lesions, a table a seed; none where some run did not look at any.
    """

    name: str
    experiment: str
    encoder: str
    schedule: str
    target: float
    weight: float
    weights: str
    weights_digest: str
    members: tuple[Member, ...]
    group: SeedGroup = field(repr=False)
    influence: RecordedInfluence | None
    sightings: tuple[pd.DataFrame, ...] = field(default=(), repr=False)

    @property
    def seeds(self) -> int:
        """How many trainings its values are a mean of."""
        return len(self.group.runs)

    @property
    def context(self) -> str:
        """What the encoder was pre-trained on; empty where there was none."""
        encoder = self.encoder.partition("/")[0]
        return encoder.split(":", 1)[1].rpartition(":")[0] if encoder else ""

    @property
    def layers(self) -> str:
        """The encoder's layers, joined by ``+``; empty where there was none."""
        return self.encoder.partition("/")[0].rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What the compared slices are of.

    Attributes:
        simulated: whether no volume comes from a patient.
        simulated_doses: low doses that were not scanned but simulated, as they are labelled.
    """

    simulated: bool
    simulated_doses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Making:
    """How a comparison was made.

    Attributes:
        run_id: of the comparison.
        made: when, as text.
        commit: of this code; empty if unknown.
        dirty: whether it had been changed since.
        command: that makes it again.
        versions: of the libraries that took part, by name.
        chosen: how the reference was chosen, in words; empty without one.
    """

    run_id: str
    made: str
    commit: str
    dirty: bool
    command: str
    versions: dict[str, str]
    chosen: str


def recorded_influences(configurations: Sequence[Configuration]) -> list[RecordedInfluence]:
    """Return the calibrations behind some configurations, each once."""
    found = [one.influence for one in configurations if one.influence is not None]
    return list({one.run_id + one.experiment: one for one in found}.values())
