"""Short trainings, many of them, from one start: lambda and its schedule differ, nothing else.

The first weights, the order of the patches and the validation slices are the same each time, so
two trainings can be compared slice by slice, and the graph of a step is traced once: lambda enters
it as a number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pi.choices import PrecisionName, ScheduleName
from pi.denoisers import DenoiserSpec
from pi.influence.schedule import Fixed
from pi.losses.experiments import Experiment
from pi.network.bank import EncoderBank
from pi.slices.patches import PatchPopulation
from pi.training.build import Adam, build_trainer
from pi.training.cached_step import NOT_KEPT, FeaturePlan
from pi.training.checkpoint import Arrays
from pi.training.fidelity import settle_precision
from pi.training.fit import Listener, Settings, Trainer, fit
from pi.training.plan import StartingWeight, make_schedule
from pi.training.state import EpochRecord, TrainingState
from pi.training.validation import output_metrics


@dataclass(frozen=True)
class Bench:
    """Where trainings of several configurations are run.

    Attributes:
        experiments: the configurations.
        bank: with all their encoders, as they are calibrated.
        settings: how long, how much at a time, how often.
        patches: of the training patients.
        denoiser: which one.
        adam: the optimizer.
        precision: that is asked for: see `pi.training.fidelity.settle_precision`.
        start: where the output starts: see `pi.denoisers.DenoiserSpec.start`.
        features: whether those of the target are kept from trial to trial.
    """

    experiments: tuple[Experiment, ...]
    bank: EncoderBank
    settings: Settings
    patches: PatchPopulation
    denoiser: DenoiserSpec
    adam: Adam
    precision: PrecisionName
    start: str
    features: FeaturePlan = NOT_KEPT
    _built: dict[str, tuple[Trainer, tuple[Arrays, Arrays]]] = field(default_factory=dict)

    def find(self, name: str) -> Experiment:
        """Return the configuration of that name."""
        return next(experiment for experiment in self.experiments if experiment.name == name)

    @property
    def total_steps(self) -> int:
        """Steps of a training that nobody ends early."""
        return self.settings.total_steps(len(self.patches))

    def train(
        self,
        experiment: str,
        schedule: ScheduleName,
        start: StartingWeight,
        epoch_done: Callable[[EpochRecord], object],
    ) -> None:
        """Train from the first weights.

        Args:
            experiment: name of the configuration.
            schedule: of lambda; a warm-up lasts one epoch.
            start: the first lambda, and the Psi aimed at.
            epoch_done: told of each epoch; may end the training by raising.

        Raises:
            DivergedError: the loss is NaN or infinite.
            MachineError: there is not enough memory.
            PlanError: a warm-up without end.
        """
        trainer, first = self._trainer(experiment)
        trainer.networks.set_arrays(*first)
        made = make_schedule(
            schedule, start, trainer.steps, 0.0, self.total_steps, self.settings.seed
        )
        listener = Listener(lambda state, best: None, lambda losses: None, epoch_done)
        fit(replace(trainer, schedule=made), TrainingState(made.start()), [], listener)

    def measure(self, experiment: str, metrics: Sequence[str]) -> dict[str, float]:
        """Return the metrics of what was trained last, see `output_metrics`.

        Args:
            experiment: name of the configuration that was.
            metrics: names of them.
        """
        trainer, _ = self._trainer(experiment)
        sizes = trainer.spec.design.sizes
        return output_metrics(trainer.validation, trainer.twin, sizes, metrics)

    def _trainer(self, name: str) -> tuple[Trainer, tuple[Arrays, Arrays]]:
        """Return the trainer of a configuration and the arrays that it begins with.

        Its encoder is one of its own: it has the taps of this configuration alone, and training
        may set it to another number format.
        """
        if name not in self._built:
            frozen_loss = self.bank.loss_of(self.find(name), self.patches.size)
            precision = settle_precision(
                self.precision, frozen_loss, self.patches, self.settings.seed
            )
            trainer = build_trainer(
                self.settings, Fixed(0.0), self.patches, frozen_loss, self.denoiser, self.adam,
                precision, "none", start=self.start, features=self.features,
            )  # fmt: skip
            self._built[name] = trainer, trainer.networks.arrays()
        return self._built[name]
