"""Which trials are given up early: the worse ones at each rung, and those surely worse.

Successive halving (Li et al., *A System for Massively Parallel Hyperparameter Tuning*, 2020, in
Optuna's form): of the trials that have come as far as 1, 3, 9 ... epochs, the best third goes on.
Beside it a signed-rank test on validation slices, paired with the best trial so far at the same
epoch: a trial whose slices are all a little worse is known to be worse long before its mean is.

Slices of one patient are not independent, so the test's p is no probability of error (method,
4.3). It need not be one: stopping wrongly costs one trial, and one that is better on average is
never stopped by it.
"""

import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

from optuna import Study
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, NopPruner, SuccessiveHalvingPruner, WilcoxonPruner
from optuna.trial import FrozenTrial, create_trial

from pi.search.record import kept_epochs


class HalvingOfPairs(BasePruner):
    """Both rules; a trial reports its mean SSIM with the epoch as step.

    Args:
        reduction: one in so many goes on from a rung; 1: all do.
        p_below: the signed-rank test's p below which a trial is given up; 0: never.
    """

    def __init__(self, reduction: int, p_below: float) -> None:
        self._halving: BasePruner = NopPruner()
        if reduction > 1:
            self._halving = SuccessiveHalvingPruner(min_resource=1, reduction_factor=reduction)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            self._paired = WilcoxonPruner(p_threshold=p_below)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Tell whether the trial is given up where it stands."""
        # Halving is asked first and always: it keeps what each trial reached at its rungs.
        return self._halving.prune(study, trial) or self._surely_worse(study, trial)

    def _surely_worse(self, study: Study, trial: FrozenTrial) -> bool:
        try:
            best = kept_epochs(study.best_trial)
        except ValueError:  # none is finished yet
            return False
        own = kept_epochs(trial)
        if not own or len(best) < len(own):
            return False
        epoch = len(own) - 1
        # The test knows a trial by what it reported at each step; here a step is a slice.
        paired = SimpleNamespace(best_trial=_by_slice(best[epoch].ssims), direction=study.direction)
        return self._paired.prune(cast(Study, paired), _by_slice(own[epoch].ssims))


def _by_slice(ssims: Sequence[float]) -> FrozenTrial:
    return create_trial(value=0.0, intermediate_values=dict(enumerate(ssims)))
