"""Who proposes the next point: TPE, seeded trial by trial."""

from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial


class SeededByTrial(BaseSampler):
    """Optuna's TPE, made anew of (seed, number of the trial).

    So a study that was interrupted, or that several workers share, needs no generator's state:
    what is proposed follows from the trials before, and no two workers draw the same numbers.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._number = -1
        self._tpe = TPESampler()

    def infer_relative_search_space(  # noqa: D102
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(  # noqa: D102
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(  # noqa: D102
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)

    def _of(self, trial: FrozenTrial) -> TPESampler:
        if trial.number != self._number:
            drawn = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
            self._tpe, self._number = TPESampler(seed=int(drawn[0])), trial.number
        return self._tpe
