"""What runs are called: the configuration, then what was done."""

from dataclasses import replace

import pytest

from pi.jobs.called import asked_name, evaluation_name, training_name
from pi.parameters import TrainParameters
from pi.tracking.logged_evaluation import Origin
from pi.tracking.records import Record

USUAL = TrainParameters(experiment="demo1")


def test_a_training_is_called_by_its_loss_and_what_is_not_usual() -> None:
    assert training_name(USUAL, target=0.95, weight=0.1) == "demo1 · Ψ 95 % · train"
    assert training_name(USUAL, target=None, weight=0.1) == "demo1 · λ 0.1 · train"
    assert training_name(USUAL, target=None, weight=0.0) == "demo1 · train"
    other = replace(USUAL, seed=7, denoiser="dncnn:64", schedule="gradnorm")
    name = "demo1 · Ψ 95 % · gradnorm · dncnn:64 · seed 7 · train"
    assert training_name(other, target=0.95, weight=0.0) == name


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"experiment": "demo1", "target_psi": "0.95", "lambda": "1e-3", "seed": "5"},
         "demo1 · Ψ 95 % · evaluate · test"),
        ({"experiment": "mse", "lambda": "0", "seed": "6"}, "mse · seed 6 · evaluate · test"),
        ({"experiment": "E1", "lambda": "'1e-05'"}, "E1 · λ 1e-05 · evaluate · test"),
    ],
)  # fmt: skip
def test_an_evaluation_is_called_as_its_training(params: dict[str, str], name: str) -> None:
    origin = Origin("0" * 32, "0" * 32, {}, {})
    assert evaluation_name(origin, Record(params, {}, {}), "test") == name


def test_of_anybody_elses_it_is_what_was_asked_for() -> None:
    outputs = Origin("outputs:mine", "", {}, {})
    assert evaluation_name(outputs, None, "test") == "outputs:mine · evaluate · test"
    theirs = Origin("table:x", "", {"experiment": "their_loss"}, {})
    assert evaluation_name(theirs, None, "validation") == "their_loss · evaluate · validation"
    nothing = Origin("identity", "identity", {"experiment": "identity"}, {})
    assert evaluation_name(nothing, None, "test") == "low dose · evaluate · test"


def test_what_is_asked_for_stands_before_what_is_done_with_it() -> None:
    assert asked_name("calibrate", "demo1,demo2", 0.9) == "demo1, demo2 · Ψ 90 % · calibrate"
    assert (
        asked_name("main", "demo,mse", 0.95, "", "3 folds") == "demo, mse · Ψ 95 % · 3 folds · main"
    )
