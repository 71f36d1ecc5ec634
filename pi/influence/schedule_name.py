"""The names of the schedules of lambda, apart from them: the command line needs no numpy."""

from typing import Literal

CalibratedName = Literal[
    "warmup_then_calibrate", "recalibrate_each_epoch", "marcos2022", "constant_psi"
]
"""They aim at the Psi that is asked for: see `pi.influence.calibrated_schedules`."""

AdaptiveName = Literal["esrgan_dp", "uncertainty", "gradnorm", "softadapt", "relobralo"]
"""They begin at the lambda that is asked for, and then have an aim of their own, or none."""

ScheduleName = Literal["fixed", CalibratedName, AdaptiveName]
