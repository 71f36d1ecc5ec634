"""Algorithm 1 of the paper as a plan: the name and command line of every step, before any is taken.

A round calibrates and then, for each experiment, trains and evaluates. There is one round, or, in
a patient cross-validation, one per fold. Where there are several experiments, they are compared in
the end. What only an earlier step knows, the id of its run, is told
when a step is taken.
"""

from collections.abc import Callable, Iterator, Mapping
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
    """

    name: str
    entry_point: EntryPoint
    arguments: tuple[str, ...]

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
    return Plan(
        tuple(_round(prefix, own, names, said) for prefix, own in _places(folds)),
        Step("compare", "compare", tuple(arguments_of(compared))),
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


def _places(folds: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the prefix of a round's names, and the parameters that are its own."""
    if not folds:
        yield "", {}
    for fold in range(1, folds + 1):
        yield f"fold{fold}/", {"folds": str(folds), "fold": str(fold)}


def _round(
    prefix: str, own: Mapping[str, str], names: Mapping[str, str], said: Callable[..., list[str]]
) -> Round:
    def step(entry_point: EntryPoint, of: str = "", **more: str) -> Step:
        return Step(
            f"{prefix}{entry_point}{of}", entry_point, tuple(said(entry_point, **own, **more))
        )

    calibrated = ",".join(spelling for spelling, name in names.items() if name)
    arms = [
        Arm(
            name or spelling,
            not name,
            step("train", f"/{name or spelling}", experiment=spelling),
            step("evaluate", f"/{name or spelling}"),
        )
        for spelling, name in names.items()
    ]
    return Round(step("calibrate", experiments=calibrated), tuple(arms))


def _require_whole(switches: Mapping[str, str], folds: int) -> None:
    """Refuse overrides after which a patient would not be tested once."""
    part = switches["evaluate.part"]
    if folds and part != "test":
        raise SwitchError(f"`evaluate.part` must be test where there are folds but got {part}.")
    for name in switches:
        if name.partition(".")[2] in ("fold", "folds"):
            raise SwitchError(f"`overrides` must leave the folds to `folds` but got {name}.")
