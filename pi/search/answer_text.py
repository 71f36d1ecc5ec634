"""The answer of a study, for a terminal and for whoever trains next."""

import shlex
from collections.abc import Mapping, Sequence
from math import isnan, nan

import pandas as pd

from pi.command_line import arguments_of
from pi.digits import number, percent, with_error
from pi.evaluation.metrics import mean_text
from pi.search.answer import Limit, SearchAnswer, Standing
from pi.search.objective import TRAINING
from pi.search.record import State, TrialRecord
from pi.search.storage import study_place
from pi.text_table import aligned


def answer_text(found: SearchAnswer) -> str:
    """Return the answer for a terminal: the trials in a line, a table, the sentences it means."""
    return "\n".join([_counts(found), answer_table(found), "", *sentences(found)])


def answer_table(found: SearchAnswer) -> str:
    """Return the best trial, the front and the first trials as a table; no column is empty."""
    label = found.best.label
    named = [(f"best ({label})" if label else "best", found.best)]
    named += [(f"front {k}", trial) for k, trial in enumerate(found.front[1:], 2)]
    named += [(own.trial.label, own.trial) for own in found.first if own.trial is not found.best]
    standings = {own.trial.number: own for own in found.first}
    rows = [_row(name, trial, found, standings.get(trial.number)) for name, trial in named]
    table = pd.DataFrame(rows)
    table = table.loc[:, (table != "").any()]
    return aligned([list(table.columns), *table.to_numpy().tolist()])


def sentences(found: SearchAnswer) -> list[str]:
    """Return the answer in words: what is best, how flat it is, where the first trials stand.

    Of the first trials those that differ from the best in lambda alone.
    """
    said = [_best(found), *_limits(found)]
    if found.objective.kind != "psi_target":
        said.append(_flatness(found))
    best = found.best
    others = [own for own in found.first if own.trial is not best]
    return said + [_place(own, found) for own in others if own.trial.point.alike(best.point)]


def onward_text(study: str, url: str, train: Mapping[str, str]) -> str:
    """Return the lines that say how the best is trained to the end, and what shows the study.

    Args:
        study: its name.
        url: of its database.
        train: parameters of `train`, all that it takes.
    """
    return (
        f"train the best: python -m entrypoints.train {shlex.join(arguments_of(train))}\n"
        f"this study:     {study}, in: optuna-dashboard {study_place(url)}"
    )


def train_arguments(run_id: str, found: SearchAnswer, setting: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of `train` for the best trial of a study.

    Args:
        run_id: of the study's run, if it has one.
        found: by the study.
        setting: the parameters that its trials share and that are not the defaults of `train`.
    """
    return {
        **setting,
        "experiment": found.best.point.experiment,
        "schedule": found.best.point.schedule,
        "perceptual_weight": f"search:{run_id}" if run_id else f"{found.best.point.weight:.6g}",
    }


def trial_table(trials: Sequence[TrialRecord]) -> pd.DataFrame:
    """Return every trial that is over: one row each, for people and for other programs."""
    measured = dict.fromkeys(name for trial in trials for name in trial.metrics)
    return pd.DataFrame(
        {
            "trial": trial.number,
            "state": trial.state,
            "first_trial": trial.label,
            "experiment": trial.point.experiment,
            "schedule": trial.point.schedule,
            "lambda": trial.point.weight,
            "psi": trial.point.psi,
            "measured_psi": trial.measured_psi,
            "ssim": trial.ssim,
            "epochs": len(trial.epochs),
            "reason": trial.reason,
            "run": trial.run_id,
            **{name: trial.metrics.get(name, nan) for name in measured},
            **({"feasible": trial.feasible} if any(t.violations for t in trials) else {}),
        }
        for trial in trials
    )


def _counts(found: SearchAnswer) -> str:
    counts = [f"{found.of_state('finished')} finished"]
    others: tuple[tuple[State, str], ...] = (("stopped", "stopped early"), ("failed", "failed"))
    for state, words in others:
        if found.of_state(state):
            counts.append(f"{found.of_state(state)} {words}")
    reasons = dict.fromkeys(trial.reason for trial in found.trials if trial.reason)
    because = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{len(found.trials)} trials: {', '.join(counts)}{because}"


def _row(
    name: str, trial: TrialRecord, found: SearchAnswer, own: Standing | None
) -> dict[str, str]:
    trained = found.objective.measured == TRAINING
    behind = "" if own is None or isnan(own.behind) or trial is found.best else _behind(own)
    return {
        "": name,
        "experiment": trial.point.experiment,
        "schedule": trial.point.schedule if found.objective.trains else "",
        "lambda": number(trial.point.weight),
        "Psi": percent(trial.point.psi),
        "Psi after training": percent(trial.measured_psi) if trained else "",
        "validation SSIM": "" if isnan(trial.ssim) else mean_text(trial.ssim, "ssim"),
        "behind the best": behind,
        **{metric: _measured(trial, metric) for metric in found.objective.metrics},
        "epochs": f"{len(trial.epochs)} of {found.objective.epochs}" if trial.epochs else "",
    }


def _measured(trial: TrialRecord, metric: str) -> str:
    value = trial.metrics.get(metric, nan)
    return "" if isnan(value) else mean_text(value, metric)


def _best(found: SearchAnswer) -> str:
    best, objective = found.best, found.objective
    what = f"lambda = {number(best.point.weight)} with {best.point.experiment}"
    target = f"{100 * objective.target:g} %"
    if found.interval is not None:
        low, high = map(number, found.interval)
        return (
            f"{what} gives a Psi of {target} in the state {objective.measured}: this is exact, in "
            f"closed form, and nothing was searched (95 % interval {low} to {high})."
        )
    if objective.kind == "psi_target":
        return (
            f"{what} comes nearest to a Psi of {target}: {percent(best.measured_psi)} measured in "
            f"{objective.measured}."
        )
    if objective.kind == "metric":
        return (
            f"The best is {what}, a Psi of {percent(best.point.psi)}: {objective.metric} "
            f"{mean_text(best.values[0], objective.metric)} on validation slices after the last "
            f"epoch, whose SSIM is then {mean_text(best.last_ssim, 'ssim')}."
        )
    return (
        f"The best is {what}, a Psi of {percent(best.point.psi)}: validation SSIM "
        f"{mean_text(best.ssim, 'ssim')} after {best.kept_epoch} of {objective.epochs} epochs."
    )


def _limits(found: SearchAnswer) -> list[str]:
    """Return at which Psi each constraint still holds, and whether any trial keeps them all."""
    said = []
    for one in found.limits:
        of = f"{one.holding} of {one.trials} trials"
        what = f"{one.constraint}{_of_mse(one, found)}"
        said.append(
            f"{what} holds at no Psi that was tried ({of})." if isnan(one.psi) else
            f"{what} still holds at a Psi of {percent(one.psi)}, the largest of {of}"
            f"{_broken_below(one)}."
        )  # fmt: skip
    if found.objective.constraints and not found.feasible:
        said.append("No trial keeps every constraint: the best is best without regard to them.")
    return said


def _of_mse(limit: Limit, found: SearchAnswer) -> str:
    if limit.constraint.bound is not None:
        return ""
    metric = limit.constraint.metric
    return f" (which has {mean_text(found.objective.mse.get(metric, nan), metric)})"


def _broken_below(limit: Limit) -> str:
    if not limit.broken < limit.psi:
        return ""
    return f", but is broken at smaller ones, too, the smallest {percent(limit.broken)}"


def _flatness(found: SearchAnswer) -> str:
    if found.alike and all(isnan(own.error) for own in found.alike):
        return "With one validation slice there is no standard error, so no other is called level."
    kinds: tuple[tuple[State, str], ...] = (
        ("finished", "trained to the end"),
        ("stopped", "stopped early, where they stood"),
    )
    said = []
    for state, words in kinds:
        others = found.in_state(state)
        shares = [own.trial.point.psi for own in others if own.level]
        where = f" (Psi {percent(min(shares))} to {percent(max(shares))})" if shares else ""
        if others:
            said.append(f"{len(shares) or 'none'} of {len(others)} others {words}{where}")
    return f"Within one standard error of it: {'; '.join(said) or 'there are no others'}."


def _place(own: Standing, found: SearchAnswer) -> str:
    trial = own.trial
    what = f"{trial.label}: lambda = {number(trial.point.weight)} (Psi {percent(trial.point.psi)})"
    if trial.state == "failed":
        return f"{what} failed: {trial.reason}."
    if found.objective.kind == "psi_target":
        return f"{what} gives a Psi of {percent(trial.measured_psi)} there."
    stopped = (
        f", stopped after {len(trial.epochs)} of {found.objective.epochs} epochs"
        if trial.state == "stopped"
        else ""
    )
    if isnan(own.error):
        return f"{what} is behind the best by {_behind(own)}{stopped}: one slice gives no verdict."
    verdict = "within one standard error of" if own.level else "worse than"
    return f"{what} is {verdict} the best, behind by {_behind(own)}{stopped}."


def _behind(own: Standing) -> str:
    return with_error(own.behind, own.error)
