"""The plan as a script: commands that the shell reads, and comments."""

import shlex

from jobs.planned.plans import OWN, planned

from pi.command_line import parse
from pi.jobs.planned.part import steps_in
from pi.jobs.planned.showing import plan_text
from pi.parameters import MainParameters

RUN = "0" * 32


def test_every_step_is_a_command_that_means_it_alone_and_what_else_is_said_is_a_comment() -> None:
    plan = planned(2)
    lines = plan_text(plan, plan.steps, RUN, {}).splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert len(commands) == len(plan.steps) == 11
    for step, command in zip(plan.steps, commands, strict=True):
        words = shlex.split(command)
        assert words[:3] == ["python", "-m", "entrypoints.main"]
        p = parse(MainParameters, words[3:], "", "main")
        assert p.resume == RUN
        assert steps_in(plan, p.only) == (step,)


def test_it_says_what_a_step_waits_for_and_which_are_done() -> None:
    plan = planned(2)
    text = plan_text(plan, steps_in(plan, "fold=1"), RUN, {"fold1/calibrate": "run1"})
    assert text.startswith(f"# 5 of the 11 steps of run {RUN}.")
    assert "# 1: fold1/calibrate, done: run run1\n" in text
    assert f"# 2: fold1/train/{OWN}, after 1\n" in text
    assert "# 4: fold1/train/mse\n" in text  # the control has no lambda to wait for
    assert "--perceptual_weight <of fold1/calibrate>\n" in text
    assert "--experiment mse --perceptual_weight 0\n" in text
    assert "fold2" not in text
