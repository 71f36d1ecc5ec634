"""Algorithm 1 of the paper as a plan: the name and command line of every step, before any is taken.

A round calibrates and then, for each experiment, trains and evaluates. There is one round, or, in
a patient cross-validation, one per fold. Where there are several experiments, they are compared in
the end. What only an earlier step knows, the id of its run, is told
when a step is taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pi.command_line import arguments_of
from pi.protocol_names import WRITTEN_LIST, first_of
from pi.switches import SwitchError, experiment_names, step_arguments

EntryPoint = Literal["calibrate", "train", "evaluate", "compare"]


@dataclass(frozen=True, slots=True)
class Step:
    """One run of an entry point.

    Attributes:
        name: unique in the plan, and the same in every plan of the same folds and experiments:
            by it a job that goes on finds what it has done.
        entry_point: which one.
        arguments: its command line, but for what an earlier step tells.
        needs: names of the steps that tell it something, or whose results it is of.
        fold: which fold it is of; 0 where there is none.
        experiment: the one that it is of, by its name in tables; empty of all at once.
    """

    name: str
    entry_point: EntryPoint
    arguments: tuple[str, ...]
    needs: tuple[str, ...] = ()
    fold: int = 0
    experiment: str = ""

    def told(self, **outcome: str) -> list[str]:
        """Return the whole command line."""
        return [*self.arguments, *arguments_of(outcome)]


@dataclass(frozen=True, slots=True)
class Arm:
    """One experiment of a round.

    Attributes:
        experiment: its name in tables.
        control: whether it has no perceptual loss, and so no lambda to be calibrated.
        train: waits for ``perceptual_weight``.
        evaluate: waits for ``run``.
    """

    experiment: str
    control: bool
    train: Step
    evaluate: Step

    def weight(self, calibrated: Mapping[str, str]) -> str:
        """Return ``perceptual_weight``, given the calibration run of every experiment."""
        return "0" if self.control else f"calibration:{calibrated[self.experiment]}"


@dataclass(frozen=True, slots=True)
class Round:
    """Algorithm 1 once, on the data as they are split or on one fold of them."""

    calibrate: Step
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All rounds, and what is made of their results.

    Attributes:
        rounds: in order.
        compare: waits for ``runs``, the evaluations; not taken with a single experiment.
        folds: of the cross-validation; 0 of none.
        state: of the denoiser whose lambda is trained with.
        protocol: under which runs are ranked.
        part: whose patients are evaluated.
    """

    rounds: tuple[Round, ...]
    compare: Step
    folds: int
    state: str
    protocol: str
    part: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in an order in which none comes before what it needs."""
        found: list[Step] = []
        for one in self.rounds:
            found += [one.calibrate, *(s for arm in one.arms for s in (arm.train, arm.evaluate))]
        return (*found, *([self.compare] if len(self.evaluations) > 1 else []))

    @property
    def evaluations(self) -> dict[str, list[str]]:
        """Names of the steps that evaluate each experiment, one a round."""
        found: dict[str, list[str]] = {}
        for one in self.rounds:
            for arm in one.arms:
                found.setdefault(arm.experiment, []).append(arm.evaluate.name)
        return found

    @property
    def evaluated_on(self) -> str:
        """Whose slices are in the tables."""
        if self.folds:
            return f"every patient, each tested once in {self.folds} folds"
        return f"the {self.part} patients"


def make_plan(
    switches: Mapping[str, str], experiments: str, folds: int, shared: Mapping[str, object]
) -> Plan:
    """Return the plan of Algorithm 1.

    Args:
        switches: see `pi.switches.switch_values`.
        experiments: as the user lists them; see `pi.switches.experiment_names`.
        folds: of a patient cross-validation; 0 for none.
        shared: parameters of the whole job; see `pi.switches.step_arguments`.

    Raises:
        ExperimentError: an unknown name, or none but `mse`.
        SwitchError: an override that would tear the folds apart.
    """
    _require_whole(switches, folds)
    names = experiment_names(experiments)
    said = step_arguments(switches, shared)
    protocol = _first_protocol(switches["evaluate.protocols"])
    compared = {"protocol": protocol, **{name: str(shared[name]) for name in ("split", "seed")}}
    rounds = tuple(_round(fold, folds, names, said) for fold in range(bool(folds), folds + 1))
    by_experiment = zip(*(one.arms for one in rounds), strict=True)
    evaluated = tuple(arm.evaluate.name for arms in by_experiment for arm in arms)
    return Plan(
        rounds,
        Step("compare", "compare", tuple(arguments_of(compared)), evaluated),
        folds,
        state=switches["calibrate.states"].partition(",")[0],
        protocol=protocol,
        part=switches["evaluate.part"],
    )


def _first_protocol(protocols: str) -> str:
    """Return the protocol by which runs are ranked and compared, as tables call it."""
    first = first_of(protocols)
    if first is None:
        raise SwitchError(f"`evaluate.protocols` must be {WRITTEN_LIST} but is not.")
    return first


def _round(
    fold: int, folds: int, names: Mapping[str, str], said: Callable[..., list[str]]
) -> Round:
    """Return the steps of a fold, or of the data as they are split where ``fold`` is 0."""
    prefix = f"fold{fold}/" if fold else ""
    own = {"folds": str(folds), "fold": str(fold)} if fold else {}
    first = f"{prefix}calibrate"

    def step(entry_point: EntryPoint, of: str, needs: str, **more: str) -> Step:
        name = f"{prefix}{entry_point}/{of}" if of else first
        words = tuple(said(entry_point, **own, **more))
        return Step(name, entry_point, words, (needs,) if needs else (), fold, of)

    def arm(spelling: str, name: str) -> Arm:
        of = name or spelling
        train = step("train", of, first if name else "", experiment=spelling)
        return Arm(of, not name, train, step("evaluate", of, train.name))

    calibrated = ",".join(spelling for spelling, name in names.items() if name)
    arms = tuple(arm(spelling, name) for spelling, name in names.items())
    return Round(step("calibrate", "", "", experiments=calibrated), arms)


def _require_whole(switches: Mapping[str, str], folds: int) -> None:
    """Refuse overrides after which a patient would not be tested once."""
    part = switches["evaluate.part"]
    if folds and part != "test":
        raise SwitchError(f"`evaluate.part` must be test where there are folds but got {part}.")
    for name in switches:
        if name.partition(".")[2] in ("fold", "folds"):
            raise SwitchError(f"`overrides` must leave the folds to `folds` but got {name}.")
