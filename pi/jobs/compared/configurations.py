"""Evaluations as the configurations that are compared: grouped, joined, named."""

import math
from collections.abc import Sequence

import pandas as pd

from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable, join_folds
from pi.comparison.seeds import SeedGroup, group_seeds
from pi.errors import quoted
from pi.jobs.agreement import MAY_DIFFER
from pi.jobs.compared.evaluated import Evaluated
from pi.report.configuration import Configuration, Member
from pi.tracking.loss_facts import CONTEXT, DIGEST, NAMES, loss_name
from pi.tracking.read_influence import influence_of

FOLLOWS = {*MAY_DIFFER, "lambda", "fold", "run"}
"""Parameters that runs of one configuration need not share: a calibrated lambda follows from the
seed and the fold, folds are joined, and of what is not ours `experiment` says what it is."""

NAMING = ("seed", "schedule", "target_psi", "lambda")
"""What tells runs of one experiment apart in their names, first of all."""


def configurations_of(evaluated: Sequence[Evaluated], group_by: str) -> list[Configuration]:
    """Return what is compared, in the order in which it was first found.

    Folds of one configuration are joined: every patient is tested once. Runs that differ in
    ``group_by`` alone, such as the seed, are averaged slice by slice.

    Args:
        evaluated: the evaluations.
        group_by: a parameter of the runs; empty groups none.

    Raises:
        ComparisonError: no run has that parameter, two runs of one name, the same run twice in a
            group, or see `join_folds` and `group_seeds`.
    """
    if group_by and not any(group_by in one.maker.params for one in evaluated):
        raise ComparisonError(
            f"`group_by` must be a parameter of the compared runs but none has {quoted(group_by)}."
        )
    groups: dict[object, list[Evaluated]] = {}
    for one in evaluated:
        groups.setdefault(_key(one, group_by), []).append(one)
    found = list(groups.values())
    return [
        _configuration(name, group, group_by)
        for name, group in zip(_names(found, group_by), found, strict=True)
    ]


def _key(one: Evaluated, group_by: str) -> object:
    """Return what runs of one configuration share."""
    if not group_by and not one.fold:
        return one.run_id
    params = {name: one.maker.typed(name) for name in one.maker.params}
    shared = {k: v for k, v in params.items() if k not in FOLLOWS and k != group_by}
    if shared.get("perceptual_weight", "").startswith("calibration:"):
        shared["perceptual_weight"] = "calibration"
    return one.part, bool(one.trained), *sorted(shared.items())


def _configuration(name: str, group: Sequence[Evaluated], group_by: str) -> Configuration:
    first = group[0]
    maker, influence = first.maker, None
    if first.trained is not None:
        influence = influence_of(first.trained_id, first.trained)
    named = {name: maker.typed(name, usual) for name, usual in NAMES.items()}
    return Configuration(
        name=name,
        experiment=_experiment(first),
        encoder=loss_name(named) if "architecture" in maker.params else "",
        schedule=maker.typed("schedule"),
        target=_number(maker.typed("target_psi")),
        weight=_number(maker.typed("lambda")),
        weights=maker.tags.get(CONTEXT, ""),
        weights_digest=maker.tags.get(DIGEST, ""),
        members=tuple(map(_member, group)),
        group=_joined(name, group, group_by),
        influence=influence,
        sightings=_sightings(group, group_by),
    )


def _sightings(group: Sequence[Evaluated], group_by: str) -> tuple[pd.DataFrame, ...]:
    """Return the looks at lesions of each seed, its folds joined; none where a seed has none.

    Patients of a fold may have no lesions.
    """
    seeds: dict[str, list[pd.DataFrame]] = {}
    for one in group:
        found = [] if one.sightings is None else [one.sightings]
        seeds.setdefault(one.maker.typed(group_by) if group_by else "", []).extend(found)
    if not all(seeds.values()):
        return ()
    return tuple(pd.concat(folds, ignore_index=True) for folds in seeds.values())


def _joined(name: str, group: Sequence[Evaluated], group_by: str) -> SeedGroup:
    seeds: dict[str, list[Evaluated]] = {}
    for one in group:
        value = one.maker.typed(group_by) if group_by else ""
        seeds.setdefault(f"{name} {group_by} {value}".strip(), []).append(one)
    return group_seeds(name, [_of_folds(seed, runs) for seed, runs in seeds.items()])


def _of_folds(name: str, runs: Sequence[Evaluated]) -> RunTable:
    tables = [RunTable(one.fold or name, one.slices, one.digest, one.part) for one in runs]
    if any(one.fold for one in runs):
        return join_folds(name, tables)
    if len(runs) > 1:
        raise ComparisonError(
            f"{name!r} must be one run but is {len(runs)}: {', '.join(one.run_id for one in runs)}."
        )
    only = tables[0]
    return RunTable(name, only.slices, only.digest, only.part)


def _names(groups: Sequence[Sequence[Evaluated]], group_by: str) -> list[str]:
    """Return a name for each group: its experiment and, where that is not enough, what differs."""
    firsts = [group[0] for group in groups]
    names = [_experiment(one) for one in firsts]
    differing = [name for name in _params(firsts) if name not in ("fold", "experiment", group_by)]
    for parameter in sorted(differing, key=_naming):
        shared = {name for name in names if names.count(name) > 1}
        values = [one.maker.typed(parameter) for one in firsts]
        varied = {
            name
            for name in shared
            if len({v for v, own in zip(values, names, strict=True) if own == name}) > 1
        }
        names = [
            f"{name}, {parameter} {value}" if name in varied and value else name
            for name, value in zip(names, values, strict=True)
        ]
    for name in names:
        same = [one.run_id for one, own in zip(firsts, names, strict=True) if own == name]
        if len(same) > 1:
            raise ComparisonError(
                f"each run must have a name of its own but {name!r} is the name of "
                f"{' and '.join(same)}: give the ids of those that are to be compared."
            )
    return names


def _params(evaluated: Sequence[Evaluated]) -> list[str]:
    return list(dict.fromkeys(name for one in evaluated for name in one.maker.params))


def _naming(parameter: str) -> tuple[int, str]:
    return (NAMING.index(parameter) if parameter in NAMING else len(NAMING), parameter)


def _experiment(one: Evaluated) -> str:
    return one.maker.typed("experiment", "unnamed")


def _member(one: Evaluated) -> Member:
    tags = one.maker.tags
    return Member(
        evaluation=one.run_id,
        training=one.trained_id,
        seed=one.trained.typed("seed") if one.trained else "",
        fold=one.fold,
        commit=tags.get("mlflow.source.git.commit", ""),
        dirty=tags.get("pi.git.dirty") == "True",
        psi=one.trained.metrics.get("train/psi", math.nan) if one.trained else math.nan,
    )


def _number(text: str) -> float:
    return float(text) if text else math.nan
