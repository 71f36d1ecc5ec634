"""Runs compared as they were asked for: for the first time, or again from what a run recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from pi.choices import ZeroRule
from pi.comparison.comparison import Comparison, compare_runs
from pi.comparison.gains import ComparisonError
from pi.errors import quoted
from pi.evaluation.metrics import FEATURES, find_metrics
from pi.jobs.compared.configurations import configurations_of
from pi.jobs.compared.evaluated import Evaluated, find_evaluated
from pi.jobs.compared.reference import ChosenReference, choose_reference
from pi.protocol_names import protocol_name
from pi.report.comparison_page import Report
from pi.report.compose import compose
from pi.report.configuration import Configuration, DataFacts, Making
from pi.report.exhibits import gather
from pi.tracking.address import TrackingError
from pi.tracking.logged_comparison import COMPARED
from pi.tracking.loss_facts import JUDGE
from pi.tracking.records import read_run
from pi.tracking.run import listed_ids


@dataclass(frozen=True, slots=True)
class Asked:
    """How runs are to be compared: the parameters of `compare` of these names."""

    reference: str
    all_pairs: bool
    metrics: tuple[str, ...]
    protocol: str
    group_by: str
    zero_rule: ZeroRule
    seed: int


@dataclass(frozen=True)
class Compared:
    """A comparison and what it is of.

    Attributes:
        evaluated: the evaluations.
        configurations: what is compared.
        chosen: the reference.
        comparison: what was found.
        facts: of the data.
    """

    evaluated: list[Evaluated] = field(repr=False)
    configurations: list[Configuration] = field(repr=False)
    chosen: ChosenReference
    comparison: Comparison = field(repr=False)
    facts: DataFacts


def compare_found(runs: str, asked: Asked) -> Compared:
    """Compare the runs that `find_evaluated` finds.

    Raises:
        PiError: see `find_evaluated`, `configurations_of`, `choose_reference`, `compare_runs`.
    """
    evaluated = find_evaluated(runs)
    if FEATURES in asked.metrics:
        require_one_judge(evaluated)
    configurations = configurations_of(evaluated, asked.group_by)
    metrics, protocol = asked.metrics, asked.protocol
    chosen = choose_reference(
        asked.reference, asked.all_pairs, configurations, metrics[0], protocol
    )
    comparison = compare_runs(
        [one.group.table for one in configurations], metrics, protocol, chosen.reference,
        np.random.default_rng(asked.seed), asked.zero_rule,
    )  # fmt: skip
    first = evaluated[0]
    facts = DataFacts(first.simulated, first.simulated_doses)
    return Compared(evaluated, configurations, chosen, comparison, facts)


def require_one_judge(evaluated: Sequence[Evaluated]) -> None:
    """Refuse feature distances to the eyes of several encoders, which are no one metric.

    Raises:
        ComparisonError: they are of several encoders, or of other weights.
    """
    judges = {
        (one.record.tags.get(JUDGE, "none"), one.record.tags.get(f"{JUDGE}_digest", ""))
        for one in evaluated
    }
    if len(judges) > 1:
        names = ", ".join(sorted({name for name, _ in judges}))
        raise ComparisonError(
            f"runs compared by {FEATURES} must have been evaluated with one encoder and its "
            f"weights as `{FEATURES}` but were with {names}."
        )


def compare_again(run_id: str, making: Making) -> Report:
    """Return a comparison's report without pixels: its seed makes it the same as it was.

    Args:
        run_id: of the comparison.
        making: how the report that asks is made.

    Raises:
        PiError: the run is half-logged, or one that it compared is gone or damaged.
    """
    record = read_run(run_id)
    try:
        asked = asked_of({name: record.typed(name) for name in record.params})
        runs = ",".join(listed_ids(record.tags, COMPARED))
        if not runs:
            raise ValueError(COMPARED)
    except (KeyError, ValueError) as error:
        raise TrackingError(
            f"comparison {quoted(run_id)} must say what it compared but does not."
        ) from error
    found = compare_found(runs, asked)
    exhibits = gather(found.configurations, found.comparison, found.facts, [])
    return compose(found.configurations, found.comparison, found.facts, making, exhibits)


def asked_of(parameters: Mapping[str, str]) -> Asked:
    """Return how runs were asked to be compared, from parameters as text.

    Raises:
        KeyError, ValueError: they do not say.
    """
    p = parameters
    rules: dict[str, ZeroRule] = {rule: rule for rule in get_args(ZeroRule)}
    return Asked(
        p["reference"], p["all_pairs"] == "True", tuple(find_metrics(p["metrics"])),
        protocol_name(p["protocol"]) or p["protocol"],
        p["group_by"], rules[p["zero_rule"]], int(p["seed"]),
    )  # fmt: skip
