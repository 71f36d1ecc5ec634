"""Parts of the plan by what is typed, and what cannot be done yet."""

import pytest
from jobs.planned.plans import OWN, planned

from pi.jobs.planned.part import PartAskedError, require_ready, steps_in, written


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("fold=3", ["fold3/calibrate", f"fold3/train/{OWN}", f"fold3/evaluate/{OWN}",
                    "fold3/train/mse", "fold3/evaluate/mse"]),
        ("step=calibrate", ["fold1/calibrate", "fold2/calibrate", "fold3/calibrate"]),
        ("fold=2,step=train", [f"fold2/train/{OWN}", "fold2/train/mse"]),
        (f"fold=1, step=evaluate:{OWN}", [f"fold1/evaluate/{OWN}"]),
        ("step=compare", ["compare"]),
    ],
)  # fmt: skip
def test_a_part_is_the_steps_that_it_names(only: str, names: list[str]) -> None:
    assert [step.name for step in steps_in(planned(), only)] == names


@pytest.mark.parametrize("folds", [0, 3])
def test_every_step_has_a_name_of_its_own(folds: int) -> None:
    plan = planned(folds)
    assert steps_in(plan, "") == plan.steps
    for step in plan.steps:
        assert steps_in(plan, written(step)) == (step,)


@pytest.mark.parametrize("only", ["3", "fold", "fold=", "folds=3", "fold=1,fold=2", "step:train"])
def test_what_is_no_part_is_refused(only: str) -> None:
    with pytest.raises(PartAskedError, match="`only` must be fold=NUMBER, step=ENTRY_POINT or"):
        steps_in(planned(), only)


@pytest.mark.parametrize(
    "only", ["fold=4", "step=trian", "step=train:demo2", "fold=1,step=compare"]
)
def test_a_part_that_there_is_not_is_refused(only: str) -> None:
    with pytest.raises(
        PartAskedError, match="`only` must name steps of the plan, such as fold=1,step="
    ):
        steps_in(planned(), only)


def test_a_step_waits_for_what_it_needs_unless_that_is_done_too() -> None:
    plan = planned()
    trained = steps_in(plan, f"fold=2,step=train:{OWN}")
    with pytest.raises(PartAskedError, match="`--only fold=2,step=calibrate` does that"):
        require_ready(trained, plan, {})
    require_ready(trained, plan, {"fold2/calibrate"})
    require_ready(steps_in(plan, "fold=2,step=train:mse"), plan, {})
    require_ready(steps_in(plan, "fold=2"), plan, {})
    require_ready(plan.steps, plan, {})
    with pytest.raises(PartAskedError, match="step compare must have fold1/evaluate/"):
        require_ready(steps_in(plan, "step=compare"), plan, {})
    require_ready(trained, plan, {f"fold2/train/{OWN}"})  # done already
