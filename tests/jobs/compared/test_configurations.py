"""Evaluations grouped, joined and named; the calibrations behind them."""

import math
from dataclasses import replace

import pytest
from tracking.evaluations import CALIBRATION, TABLE, evaluation, training

from pi.comparison.gains import ComparisonError
from pi.evaluation.table import checked
from pi.jobs.compared import read_influence as influence
from pi.jobs.compared.configurations import configurations_of
from pi.losses.loss import parse_loss
from pi.report.configuration import recorded_influences
from pi.tracking.loss_facts import NAMES, loss_name


def test_a_run_is_named_by_its_experiment_alone_where_that_is_enough() -> None:
    runs = [evaluation("a", training()), evaluation("b", training("mse")), evaluation("c", None)]
    first, control, nothing = configurations_of(runs, "")
    assert [one.name for one in (first, control, nothing)] == ["demo1", "mse", "identity"]
    assert first.encoder == "vgg16:random:block3_conv2"
    assert (first.context, first.layers, first.target, first.weight) == (
        "random", "block3_conv2", 0.95, 0.19
    )  # fmt: skip
    assert first.members[0].psi == 0.93
    assert (control.encoder, math.isnan(control.target)) == ("", True)
    assert (nothing.members[0].training, nothing.members[0].seed) == ("", "")
    assert math.isnan(nothing.members[0].psi)


def test_what_differs_is_added_to_the_names_of_one_experiment_the_seed_first() -> None:
    seeds = [evaluation("a", training(seed=5)), evaluation("b", training(seed=6))]
    found = configurations_of([*seeds, evaluation("c", training("demo2"))], "")
    assert [one.name for one in found] == ["demo1, seed 5", "demo1, seed 6", "demo2"]
    longer = [evaluation("a", training()), evaluation("b", training(epochs=3))]
    assert [one.name for one in configurations_of(longer, "")] == ["demo1", "demo1, epochs 3"]


def test_two_runs_that_nothing_tells_apart_are_refused_with_both_ids() -> None:
    with pytest.raises(ComparisonError, match="'demo1' is the name of a and b"):
        configurations_of([evaluation("a", training()), evaluation("b", training())], "")


def test_runs_that_differ_in_the_seed_alone_are_averaged() -> None:
    better = TABLE.assign(ssim=TABLE["ssim"] + 0.02)
    weights = {"perceptual_weight": "calibration:one"}, {"perceptual_weight": "calibration:two"}
    runs = [
        evaluation("a", training(seed=5, **weights[0])),
        evaluation("b", training("demo2", seed=5)),
        evaluation("c", training(seed=6, **weights[1], **{"lambda": 0.2}), better),
    ]
    one, other = configurations_of(runs, "seed")
    assert (one.name, one.seeds, other.name, other.seeds) == ("demo1", 2, "demo2", 1)
    assert [member.seed for member in one.members] == ["5", "6"]
    expected = checked(TABLE)["ssim"].to_numpy() + 0.01
    assert one.group.table.slices["ssim"].to_numpy() == pytest.approx(expected)


def test_the_seeds_of_somebodys_table_are_averaged() -> None:
    found = []
    for seed in ("1", "2"):
        one = evaluation(f"e{seed}", None)
        own = {"experiment": "theirs", "table_seed": seed, "run": f"table:t:theirs:{seed}"}
        found.append(replace(one, record=replace(one.record, params={**one.record.params, **own})))
    (configuration,) = configurations_of(found, "table_seed")
    assert configuration.name == "theirs"
    assert [member.evaluation for member in configuration.members] == ["e1", "e2"]


def test_one_seed_twice_in_a_group_is_refused() -> None:
    runs = [evaluation("a", training()), evaluation("b", training())]
    with pytest.raises(ComparisonError, match="must be one run but is 2: a, b"):
        configurations_of(runs, "seed")


def test_a_parameter_that_no_run_has_groups_nothing() -> None:
    with pytest.raises(ComparisonError, match="but none has 'sed'"):
        configurations_of([evaluation("a", training())], "sed")


def test_folds_of_one_configuration_are_joined() -> None:
    parts = [TABLE[TABLE["patient"] == patient] for patient in ("S000", "S001")]
    runs = [
        evaluation(
            f"{name} {k}", training(name, fold=k), part, digest=f"fold {k}",
            tags={"pi.fold": str(k), "pi.folds": "2"},
        )
        for name in ("demo1", "demo2")
        for k, part in enumerate(parts, start=1)
    ]  # fmt: skip
    one, other = configurations_of(runs, "")
    assert [one.name, other.name] == ["demo1", "demo2"]
    assert one.group.table.slices["patient"].nunique() == 2
    assert one.group.table.digest == other.group.table.digest
    assert [member.fold for member in one.members] == ["1 of 2", "2 of 2"]


def test_the_influence_is_that_of_the_linked_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influence, "read_run", {"c": CALIBRATION}.__getitem__)
    run = evaluation("a", training(tags={"pi.calibration_run": "c"}))
    (one,) = configurations_of([run], "")
    assert one.influence is not None
    assert one.influence.run_id == "c"
    assert one.influence.loss_ratio == pytest.approx(100)
    assert float(one.influence.psi_at(0.19)) == pytest.approx(0.95)
    assert recorded_influences([one, one]) == [one.influence]


def test_a_training_that_calibrated_for_itself_holds_its_own_influence() -> None:
    start = {"lambda_start": 0.19, "lambda_start_low": 0.18, "lambda_start_high": 0.2}
    (one,) = configurations_of([evaluation("a", training(metrics=start))], "")
    assert one.influence is not None
    assert (one.influence.run_id, one.influence.low) == ("trained-a", 0.18)
    assert one.influence.loss_ratio == pytest.approx(100)


def test_what_trains_the_best_of_a_search_has_the_influence_of_that_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A trial holds no calibration's result, but where its lambda lies: `train` links it."""
    started = {"lambda_start": 0.19, "psi_calibrated": 0.95, "log_odds_calibrated": 2.944}
    trial = training(metrics=started, tags={"pi.stage": "trial"})
    monkeypatch.setattr(influence, "read_run", {"t": trial}.__getitem__)
    (one,) = configurations_of([evaluation("a", training(tags={"pi.calibration_run": "t"}))], "")
    assert one.influence is not None
    assert (one.influence.run_id, one.influence.state) == ("t", "identity")
    assert one.influence.loss_ratio == pytest.approx(100)
    assert math.isnan(one.influence.low)


def test_without_perceptual_loss_or_calibration_there_is_no_influence() -> None:
    runs = [evaluation("a", training("mse")), evaluation("b", training()), evaluation("c", None)]
    assert [one.influence for one in configurations_of(runs, "")] == [None, None, None]


def test_a_loss_that_compares_otherwise_is_not_the_papers() -> None:
    usual = {**NAMES, "architecture": "vgg19", "context": "imagenet", "layers": "block5_conv4"}
    assert loss_name(usual) == "vgg19:imagenet:block5_conv4"
    other = usual | {"tap": "pre", "pixel_term": "huber:0.01", "aggregation": "mean"}
    name = loss_name(other)
    assert name == "vgg19:imagenet:block5_conv4/tap=pre/layers=mean/pixel=huber:0.01"
    assert str(parse_loss(name)[0]) == loss_name(usual)
