"""What a search varies: Psi in log-odds, or log lambda; configuration and schedule as choices.

Psi is turned into lambda through the calibration of each configuration,

    ln lambda = logit Psi - ln(S_P / S_M)                               see `pi.influence.psi`

so one range means the same for every layer and encoder, and what is learned of one helps with the
others. Log-odds are used throughout: Psi itself has lost its digits where it is nearly 1.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from typing import cast, get_args

from optuna import Trial

from pi.choices import ScheduleName, Variable
from pi.errors import PiError, quoted
from pi.influence.psi import from_log_odds, log_odds
from pi.losses.experiments import Experiment

HABIT = 0.1
"""The lambda of the literature, whose worth every study is to tell."""

LOG_ODDS, LAMBDA = "log_odds_psi", "lambda"
EXPERIMENT, SCHEDULE = "experiment", "schedule"
"""Names of the parameters in a study."""


class SpaceError(PiError):
    """A range or a choice in which there is nothing to search."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The two losses of a configuration, from which Psi and lambda follow.

    Attributes:
        image: mean image loss in the state of the denoiser that was calibrated.
        perceptual: mean perceptual loss in it.
        half_width: of the 95 % interval of ln lambda.
    """

    image: float
    perceptual: float
    half_width: float

    def log_odds_at(self, weight: float) -> float:
        """Return the log-odds of Psi at a lambda greater than 0."""
        return log(weight) + log(self.perceptual / self.image)

    def weight_at(self, wanted: float) -> float:
        """Return the lambda whose Psi has the log-odds ``wanted``: the inverse."""
        return exp(wanted - log(self.perceptual / self.image))


@dataclass(frozen=True, slots=True)
class Point:
    """What one trial is to try.

    Attributes:
        experiment: name of the configuration.
        schedule: of lambda.
        weight: lambda.
        log_odds: of the Psi that it gives where it was calibrated.
    """

    experiment: str
    schedule: ScheduleName
    weight: float
    log_odds: float

    @property
    def psi(self) -> float:
        """The perceptual influence where it was calibrated."""
        return float(from_log_odds(self.log_odds))

    def alike(self, other: "Point") -> bool:
        """Tell whether another point differs in lambda alone."""
        return (self.experiment, self.schedule) == (other.experiment, other.schedule)


@dataclass(frozen=True, slots=True)
class FirstTrial:
    """A point that every study tries, whatever its sampler would.

    Attributes:
        label: what it is called in the answer.
        parameters: as the study names them.
    """

    label: str
    parameters: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Space:
    """Where a search looks.

    Attributes:
        variable: what the range is of.
        low: its lower end, a Psi or a lambda.
        high: its upper end.
        experiments: names of the configurations.
        schedules: of lambda.
    """

    variable: Variable
    low: float
    high: float
    experiments: tuple[str, ...]
    schedules: tuple[ScheduleName, ...]

    def suggest(self, trial: Trial, balances: Mapping[str, Balance]) -> Point:
        """Return the point that the study's sampler proposes."""
        experiment = trial.suggest_categorical(EXPERIMENT, self.experiments)
        schedule = cast(ScheduleName, trial.suggest_categorical(SCHEDULE, self.schedules))
        balance = balances[experiment]
        with warnings.catch_warnings():
            # A first trial outside the range is meant, and does the sampler no harm.
            warnings.filterwarnings("ignore", "Fixed parameter .* is out of range")
            if self.variable == "psi":
                low, high = log_odds([self.low, self.high]).tolist()
                wanted = trial.suggest_float(LOG_ODDS, low, high)
                return Point(experiment, schedule, balance.weight_at(wanted), wanted)
            weight = trial.suggest_float(LAMBDA, self.low, self.high, log=True)
            return Point(experiment, schedule, weight, balance.log_odds_at(weight))

    def first_trials(
        self, experiments: Sequence[Experiment], balances: Mapping[str, Balance], target: float
    ) -> list[FirstTrial]:
        """Return what is tried first: the lambda of the target, of habit, and the one in print.

        They are tried even where they lie outside the range, which is where 0.1 is most often
        found; equal ones are tried once, under both labels.
        """
        found = []
        for experiment in experiments:
            balance = balances[experiment.name]
            asked = {"target": balance.weight_at(float(log_odds(target))), "habit": HABIT}
            if experiment.published is not None:
                asked[f"in print ({experiment.published.source})"] = experiment.published.value
            for weight in dict.fromkeys(asked.values()):
                label = ", ".join(name for name, value in asked.items() if value == weight)
                found.append(FirstTrial(label, self._parameters(experiment.name, balance, weight)))
        return found

    def _parameters(
        self, experiment: str, balance: Balance, weight: float
    ) -> dict[str, float | str]:
        by_psi = {LOG_ODDS: balance.log_odds_at(weight)}
        varied = by_psi if self.variable == "psi" else {LAMBDA: weight}
        return {EXPERIMENT: experiment, SCHEDULE: self.schedules[0], **varied}


def find_space(
    variable: Variable,
    psi_range: Sequence[float],
    lambda_range: Sequence[float],
    experiments: Sequence[Experiment],
    schedules: str,
) -> Space:
    """Return the space that parameters mean; the range of the other variable is not looked at.

    Raises:
        SpaceError: an empty range, a Psi outside (0, 1), a schedule that does not exist.
    """
    ends = psi_range if variable == "psi" else lambda_range
    most = 1 if variable == "psi" else inf
    if len(ends) != 2 or not 0 < ends[0] < ends[1] < most:
        raise SpaceError(
            f"`{variable}_range` must be LOW,HIGH with 0 < LOW < HIGH < {most} but got "
            f"{','.join(f'{end:g}' for end in ends)}."
        )
    names = tuple(experiment.name for experiment in experiments)
    return Space(variable, ends[0], ends[1], names, _schedules(schedules))


def _schedules(text: str) -> tuple[ScheduleName, ...]:
    known: dict[str, ScheduleName] = {name: name for name in get_args(ScheduleName)}
    words = [word.strip() for word in text.split(",") if word.strip()]
    wrong = [word for word in words if word not in known]
    if wrong or not words:
        raise SpaceError(
            f"`schedules` must be made of {', '.join(known)} but got "
            f"{quoted((wrong or [text])[0])}."
        )
    return tuple(known[word] for word in dict.fromkeys(words))
