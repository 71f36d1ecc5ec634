"""What is proposed follows from the seed, the trial's number and the trials before."""

import numpy as np
from optuna.storages import InMemoryStorage
from search.studies import BALANCES, objective, searched, space, study_of

from pi.search.space import Point

SOUGHT = objective(epochs=1)


def curve(point: Point, epoch: int) -> tuple[list[float], float]:
    return [0.9 - (point.log_odds - 3) ** 2 / 100], point.log_odds


def proposed(study: object) -> list[tuple[object, ...]]:
    return [tuple(sorted(trial.params.items())) for trial in study.trials]  # type: ignore[attr-defined]


def test_the_same_seed_proposes_the_same_and_another_does_not() -> None:
    one, same, other = (searched(SOUGHT, curve, 14, seed=seed) for seed in (5, 5, 6))
    assert proposed(one) == proposed(same)
    assert proposed(one) != proposed(other)
    assert len(set(proposed(one))) == 14


def test_a_study_taken_up_again_goes_on_as_if_nothing_had_been() -> None:
    whole = searched(SOUGHT, curve, 14)
    storage = InMemoryStorage()
    for trials in (3, 11, 14):
        parted = searched(SOUGHT, curve, trials, storage=storage)
    assert proposed(parted) == proposed(whole)


def test_two_workers_do_not_propose_the_same() -> None:
    storage = InMemoryStorage()
    one, other = (study_of(SOUGHT, storage=storage) for _ in range(2))
    points = [space().suggest(study.ask(), BALANCES) for study in (one, other, one, other)]
    assert len({point.log_odds for point in points}) == 4


def test_no_global_generator_is_touched() -> None:
    np.random.seed(3)
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    searched(SOUGHT, curve, 12)
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]


def test_it_finds_the_top_of_a_hill() -> None:
    best = searched(SOUGHT, curve, 30).best_trial
    assert abs(best.user_attrs["point"]["log_odds"] - 3) < 0.5
