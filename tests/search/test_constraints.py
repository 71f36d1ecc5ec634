"""Any metric as objective, and constraints: parsed, kept, obeyed by Optuna, told in the answer."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from matplotlib.figure import Figure
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from search.studies import BALANCES, EXPERIMENTS, hill, objective, space, study_of, training

from pi.digits import percent
from pi.figures.perception_distortion import draw_trade, perception_distortion
from pi.figures.search_history import search_history
from pi.report.blocks import Drawn, Part
from pi.report.stages.found import RunFacts, Searched
from pi.report.stages.searched import searched_section
from pi.search.answer import SearchAnswer, answer
from pi.search.answer_text import answer_text, sentences, trial_table
from pi.search.constraints import Constraint, ConstraintError, needed_metrics, parse_constraints
from pi.search.objective import Objective, find_objective
from pi.search.record import TrialRecord
from pi.search.space import Point
from pi.search.study import Outcome, StudyError, enqueue, run_trials
from pi.search.watching import objective_of

WRITTEN = "nps_distance<=0.2, hallucination<=mse"


def texture(point: Point) -> dict[str, float]:
    """The more influence, the nearer the texture and the more is invented."""
    return {
        "noise_distance": 0.6 / (1 + math.exp(point.log_odds - 2)),
        "hallucination": 0.05 + 0.005 * max(point.log_odds - 3, 0),
        "gmsd": 0.1 + 0.01 * abs(point.log_odds - 1),
    }


def worked(sought: Objective, trials: int = 14) -> SearchAnswer:
    study = study_of(sought)
    looked_in = space(EXPERIMENTS[:1], psi_range=(0.02, 0.999))
    enqueue(study, looked_in.first_trials(EXPERIMENTS[:1], BALANCES, sought.target))

    def evaluate(trial: object) -> Outcome:
        point = looked_in.suggest(trial, BALANCES)  # type: ignore[arg-type]
        return sought.evaluate(trial, point, training(hill), texture)  # type: ignore[arg-type]

    run_trials(study, evaluate, trials)
    return answer(study, sought, BALANCES)


def test_constraints_are_read_as_they_are_written() -> None:
    found = parse_constraints(WRITTEN)
    assert found == (
        Constraint("noise_distance", True, 0.2), Constraint("hallucination", True, None)
    )  # fmt: skip
    assert [str(one) for one in found] == ["noise_distance<=0.2", "hallucination<=mse"]
    assert parse_constraints("") == ()
    assert str(parse_constraints("ssim>=.9")[0]) == "ssim>=0.9"


@pytest.mark.parametrize(
    ("text", "said"),
    [("hallucination<0.1", "must be METRIC<=NUMBER"), ("bias_hu<=1", "must be of ssim"),
     ("features<=1", "must be of ssim"), ("noise_distnce<=1", "did you mean noise_distance?"),
     ("gmsd<=low", "by a number or mse but got 'low'"), ("gmsd<=nan", "by a number or mse")],
)  # fmt: skip
def test_a_misspelt_constraint_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse_constraints(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("`subject_to` must")


def test_a_violation_is_above_0_and_no_value_breaks_everything() -> None:
    most, least = parse_constraints("gmsd<=0.3,ssim>=mse")
    assert most.violation({"gmsd": 0.4}, {}) == pytest.approx(0.1)
    assert most.violation({"gmsd": 0.3}, {}) <= 0
    assert least.violation({"ssim": 0.8}, {"ssim": 0.9}) == pytest.approx(0.1)
    assert least.violation({"ssim": 0.8}, {}) == most.violation({}, {}) == math.inf


def test_an_objective_may_be_any_metric() -> None:
    sought = find_objective("gmsd", "", 0.95, "training", 0.02, 3)
    assert (sought.kind, sought.directions) == ("metric", (StudyDirection.MINIMIZE,))
    assert sought.metrics == ("gmsd", "noise_distance")
    assert find_objective("ssim", "", 0.95, "training", 0.02, 3).directions == (
        StudyDirection.MAXIMIZE,
    )
    assert needed_metrics("", ()) == ()
    assert find_objective("val_ssim", "", 0.95, "training", 0.02, 3) == objective()
    with pytest.raises(ConstraintError, match="`objective` must be of"):
        find_objective("features", "", 0.95, "training", 0.02, 3)


def test_the_best_by_a_metric() -> None:
    sought = find_objective("gmsd", "", 0.95, "training", 0.02, 3)
    found = worked(sought)
    values = [trial.metrics["gmsd"] for trial in found.trials]
    assert found.best.metrics["gmsd"] == min(values) == found.best.values[0]
    assert "gmsd 0.1" in sentences(found)[0]
    assert "GMSD" in search_history(found.trials, sought).quantity
    history = search_history(found.trials, sought)
    assert (np.diff(history.best) <= 0).all()


def test_the_largest_psi_at_which_each_constraint_holds_is_told() -> None:
    bounds = parse_constraints(WRITTEN)
    mse = {"hallucination": 0.055}
    sought = replace(objective(), constraints=bounds, mse=mse)
    found = worked(sought)
    assert found.best.feasible
    for k, limit in enumerate(found.limits):
        holding = [t for t in found.trials if bounds[k].violation(texture(t.point), mse) <= 0]
        assert limit.psi == max(trial.point.psi for trial in holding)
        assert (limit.holding, limit.trials) == (len(holding), len(found.trials))
    free = [t for t in found.trials if t.feasible]
    assert found.best.ssim == max(trial.ssim for trial in free)
    assert "hallucination<=mse (which has 0.0550) still holds at a Psi of" in answer_text(found)
    assert "noise_distance" in answer_text(found).splitlines()[1]  # a column of the table
    assert {"noise_distance", "hallucination", "feasible"} <= set(trial_table(found.trials))


def test_a_constraint_that_is_broken_below_where_it_holds_is_told_so() -> None:
    """The texture is near from a Psi on, so that all smaller ones break the constraint."""
    found = worked(replace(objective(), constraints=parse_constraints("noise_distance<=0.1")))
    (limit,) = found.limits
    assert limit.broken == min(trial.point.psi for trial in found.trials) < limit.psi
    said = f"but is broken at smaller ones, too, the smallest {percent(limit.broken)}."
    assert any(said in sentence for sentence in sentences(found))
    other = worked(replace(objective(), constraints=parse_constraints("hallucination<=0.055")))
    assert other.limits[0].broken > other.limits[0].psi
    assert not any("smaller ones" in sentence for sentence in sentences(other))


def test_similarity_and_texture_of_the_front_are_of_one_output() -> None:
    """Of the last epoch, whose metrics are measured; the best SSIM was an epoch before it."""

    def falling(point: Point, epoch: int) -> tuple[list[float], float]:
        return [0.9 - 0.1 * epoch, 0.8 - 0.1 * epoch], point.log_odds

    sought = find_objective("noise_distance", "", 0.95, "training", 0.02, 3)
    study = study_of(sought)

    def evaluate(trial: object) -> Outcome:
        point = space().suggest(trial, BALANCES)  # type: ignore[arg-type]
        return sought.evaluate(trial, point, training(falling), texture)  # type: ignore[arg-type]

    run_trials(study, evaluate, 2)
    found = answer(study, sought, BALANCES)
    assert (found.best.ssim, found.best.last_ssim) == pytest.approx((0.75, 0.55))
    trade = perception_distortion(found.trials)
    assert trade is not None
    assert trade.table["ssim"].to_numpy() == pytest.approx(0.55)
    assert "after the last epoch, whose SSIM is then 0.5500" in sentences(found)[0]


def test_optuna_draws_toward_what_holds() -> None:
    """With the constraint that texture is near, fewer of the later trials break it."""
    bounds = parse_constraints("noise_distance<=0.1")  # a Psi above .975, where SSIM falls
    tight = worked(replace(objective(), constraints=bounds), 30)
    free = worked(replace(objective(), metric="", constraints=parse_constraints("gmsd<=9")), 30)

    def holding(found: SearchAnswer) -> int:
        return sum(bounds[0].violation(t.metrics, {}) <= 0 for t in found.trials[12:])

    assert holding(tight) > holding(free)


def test_the_constrained_optimum_is_where_arithmetic_has_it() -> None:
    """`hill` falls from log-odds ln 19 = 2.94 on; the texture is near enough from 3.61 on.

    .6 / (1 + exp(x - 2)) <= .1 where x >= 2 + ln 5; hallucination <= .06 where x <= 5.
    """
    edge, far = 2 + math.log(5), 5.0
    bounds = parse_constraints("noise_distance<=0.1,hallucination<=0.06")
    found = worked(replace(objective(), constraints=bounds), 40)
    tried = [trial.point.log_odds for trial in found.trials]
    assert found.best.point.log_odds == min(x for x in tried if edge <= x <= far)
    assert edge <= found.best.point.log_odds < edge + 0.35
    texture_limit, invention_limit = (
        float(np.log(one.psi / (1 - one.psi))) for one in found.limits
    )
    assert texture_limit == pytest.approx(max(tried))
    assert far - 1 < invention_limit <= far + 1e-9
    assert [one.holding for one in found.limits] == [
        sum(x >= edge for x in tried), sum(x <= far for x in tried)
    ]  # fmt: skip


def test_of_two_objectives_the_front_is_of_those_that_keep_the_constraints() -> None:
    sought = replace(objective("both"), constraints=parse_constraints("hallucination<=0.052"))
    found = worked(sought, 24)
    free = [trial for trial in found.trials if trial.feasible]
    assert 1 < len(free) < len(found.trials)

    def dominated(one: TrialRecord) -> bool:
        return any(
            other.values[0] >= one.values[0] and other.values[1] <= one.values[1]
            and other.values != one.values for other in free
        )  # fmt: skip

    by_hand = {trial.number for trial in free if not dominated(trial)}
    assert {trial.number for trial in found.front} == by_hand
    assert found.best is found.front[0]


def test_a_search_that_is_taken_up_again_knows_what_broke_the_constraints() -> None:
    sought = replace(objective(), constraints=parse_constraints("noise_distance<=0.1"))
    storage = InMemoryStorage()
    looked_in = space(EXPERIMENTS[:1], psi_range=(0.02, 0.999))

    def points(trials: int, storage: InMemoryStorage) -> list[float]:
        study = study_of(sought, storage=storage)
        enqueue(study, looked_in.first_trials(EXPERIMENTS[:1], BALANCES, sought.target))

        def evaluate(trial: object) -> Outcome:
            point = looked_in.suggest(trial, BALANCES)  # type: ignore[arg-type]
            return sought.evaluate(trial, point, training(hill), texture)  # type: ignore[arg-type]

        run_trials(study, evaluate, trials)
        return [one.point.log_odds for one in answer(study, sought, BALANCES).trials]

    points(13, storage)
    assert points(18, storage) == points(18, InMemoryStorage())


def test_an_output_without_a_value_breaks_its_constraint_and_is_never_the_best() -> None:
    sought = replace(objective(), constraints=parse_constraints("noise_distance<=9"))
    study = study_of(sought)
    looked_in = space(EXPERIMENTS[:1])

    def evaluate(trial: object) -> Outcome:
        point = looked_in.suggest(trial, BALANCES)  # type: ignore[arg-type]
        blank = {"noise_distance": math.nan if point.log_odds < 4 else 1.0}
        return sought.evaluate(trial, point, training(hill), lambda _: blank)  # type: ignore[arg-type]

    run_trials(study, evaluate, 16)
    found = answer(study, sought, BALANCES)
    assert found.best.point.log_odds >= 4
    assert max(trial.ssim for trial in found.trials) > found.best.ssim
    assert all(trial.state == "finished" for trial in found.trials)
    (limit,) = found.limits
    assert 0 < limit.holding < limit.trials == 16


def test_where_no_trial_keeps_all_it_is_said() -> None:
    found = worked(replace(objective(), constraints=parse_constraints("gmsd<=0.01")), 4)
    assert not found.feasible
    said = sentences(found)
    assert "gmsd<=0.01 holds at no Psi that was tried (0 of 4 trials)." in said
    assert any("No trial keeps every constraint" in sentence for sentence in said)


def test_a_metric_without_value_fails_the_trial_with_its_reason() -> None:
    sought = find_objective("gmsd", "", 0.95, "training", 0.02, 3)
    study = study_of(sought)
    nothing: Mapping[str, float] = {"gmsd": math.nan, "noise_distance": math.nan}

    def evaluate(trial: object) -> Outcome:
        point = space().suggest(trial, BALANCES)  # type: ignore[arg-type]
        return sought.evaluate(trial, point, training(hill), lambda _: nothing)  # type: ignore[arg-type]

    run_trials(study, evaluate, 1)
    assert "must have a value of gmsd" in study.trials[0].user_attrs["reason"]
    with pytest.raises(StudyError):
        answer(study, sought, BALANCES)


def test_the_front_of_perception_and_distortion() -> None:
    found = worked(replace(objective(), constraints=parse_constraints("hallucination<=0.06")))
    trade = perception_distortion(found.trials)
    assert trade is not None
    table = trade.table
    front = table[table["front"]]
    for _, one in table[~table["front"]].iterrows():
        better = (front["ssim"] >= one["ssim"]) & (front["noise_distance"] <= one["noise_distance"])
        assert better.any()
    assert (np.diff(front["ssim"]) > 0).all()
    assert table["label"].str.contains("habit").any()
    assert isinstance(draw_trade(trade), Figure)
    plain = objective()
    study = study_of(plain)
    run_trials(
        study,
        lambda t: plain.evaluate(t, space().suggest(t, BALANCES), training(hill)), 1,
    )  # fmt: skip
    assert perception_distortion(answer(study, plain, BALANCES).trials) is None


def test_a_report_draws_what_psi_trades_where_texture_was_measured() -> None:
    sought = replace(objective(), constraints=parse_constraints("hallucination<=0.06"))
    for of, drawn in ((sought, True), (objective(), False)):
        found = worked(of, 4)
        run = RunFacts("abcdef", "s", "search", "FINISHED", datetime(2026, 1, 1, tzinfo=UTC), False,
                       "", "", False)  # fmt: skip
        section = searched_section([Searched(run, 4, ("It is.",), of, found.flat, found.trials)])
        assert section is not None
        (part,) = section.blocks
        assert isinstance(part, Part)
        names = [block.name for block in part.blocks if isinstance(block, Drawn)]
        assert any(name.startswith("perception_distortion") for name in names) == drawn


def test_what_a_search_logged_is_read_back() -> None:
    logged = {"objective": "hallucination", "subject_to": "gmsd<=0.2", "target_psi": "0.95",
              "measured": "training", "tolerance": "0.02", "epochs": "3"}  # fmt: skip
    assert objective_of(logged) == find_objective(
        "hallucination", "gmsd<=0.2", 0.95, "training", 0.02, 3
    )
    older = {k: v for k, v in logged.items() if k != "subject_to"} | {"objective": "val_ssim"}
    assert objective_of(older).constraints == ()
