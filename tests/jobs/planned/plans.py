"""Plans of the tiny study, which nobody carries out in earnest."""

from pi.algorithm1 import Plan, make_plan
from pi.switches import switch_values

SWITCHES = switch_values("recommended", "")
OWN = "vgg16:random:block1_conv1/match=statistics:4"
SHARED = {
    "data": "simulated:tiny",
    "dose": "all",
    "split": "auto",
    "seed": 5,
    "medical_weights": "",
}


def planned(folds: int = 3, experiments: str = f"{OWN},mse") -> Plan:
    """Return the plan of experiments in so many folds."""
    return make_plan(SWITCHES, experiments, folds, SHARED)
