"""When sampling stops, what it measures, and of what it depends; with a measure made of numpy."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pi.influence.losses import Measured
from pi.influence.psi import InvalidLossError, NoPerceptualLossError
from pi.influence.sampling import FIRST_ROUND, ROUND, Precision, exact_weight, sample_losses
from pi.losses.loss import Reading

FIRST, SECOND = (Reading(0, (column,), (1.0,)) for column in (0, 1))
TAPS = [FIRST]


class FakeMeasure:
    """Looks losses up, and remembers what it was asked."""

    def __init__(self, **states: tuple[np.ndarray, np.ndarray]) -> None:
        self.states = states
        self.asked: list[tuple[list[int], tuple[str, ...]]] = []

    def __call__(self, numbers: NDArray[np.int64], states: Sequence[str]) -> Mapping[str, Measured]:
        self.asked.append((numbers.tolist(), tuple(states)))
        return {
            s: Measured(numbers, self.states[s][0][numbers, np.newaxis], self.states[s][1][numbers])
            for s in states
        }

    def numbers(self, state: str) -> list[int]:
        return [n for numbers, states in self.asked if state in states for n in numbers]


def spread(population: int, sd: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.lognormal(0, sd, population), rng.lognormal(0, sd, (population, 2))


def precision(
    tolerance: float = 0.05, exhaustive: bool = False, estimator: str = "ratio_of_sums"
) -> Precision:
    return Precision(0.95, estimator, tolerance, exhaustive)  # type: ignore[arg-type]


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_one_round_is_enough_where_patches_agree() -> None:
    measure = FakeMeasure(identity=spread(10_000, 0.1))
    found = sample_losses(measure, ["identity"], TAPS, 10_000, precision(), rng())
    assert found["identity"].patches.size == FIRST_ROUND


def test_sampling_goes_on_until_the_tolerance_is_met_and_no_further() -> None:
    widths: list[float] = []
    measure = FakeMeasure(identity=spread(50_000, 1.0))
    found = sample_losses(
        measure, ["identity"], TAPS, 50_000, precision(0.1), rng(), lambda _, w: widths.append(w)
    )
    assert len(widths) > 1
    assert all(w > np.log(1.1) for w in widths[:-1])
    assert widths[-1] <= np.log(1.1)
    rounds = [len(numbers) for numbers, _ in measure.asked]
    assert rounds[0] == FIRST_ROUND
    assert all(ROUND[0] <= size <= ROUND[1] for size in rounds[1:])
    assert found["identity"].patches.size == sum(rounds)


def test_a_tolerance_beyond_reach_exhausts_the_set() -> None:
    measure = FakeMeasure(identity=spread(1_234, 1.0))
    found = sample_losses(measure, ["identity"], TAPS, 1_234, precision(1e-9), rng())
    assert sorted(found["identity"].patches.tolist()) == list(range(1_234))


def test_exhaustive_measures_everything_whatever_the_tolerance() -> None:
    measure = FakeMeasure(a=spread(1_234, 0.01), b=spread(1_234, 0.01))
    found = sample_losses(measure, ["a", "b"], TAPS, 1_234, precision(10, exhaustive=True), rng())
    assert all(sorted(found[s].patches.tolist()) == list(range(1_234)) for s in "ab")


@pytest.mark.parametrize("population", [1, 499, 500, 501, 1000])
def test_small_sets_are_measured_whole(population: int) -> None:
    measure = FakeMeasure(identity=spread(population, 3.0))
    found = sample_losses(measure, ["identity"], TAPS, population, precision(1e-6), rng())
    assert sorted(found["identity"].patches.tolist()) == list(range(population))


def test_no_patch_is_measured_twice() -> None:
    measure = FakeMeasure(a=spread(5_000, 2.0), b=spread(5_000, 0.1))
    sample_losses(measure, ["a", "b"], TAPS, 5_000, precision(), rng())
    for state in "ab":
        numbers = measure.numbers(state)
        assert len(numbers) == len(set(numbers))


def test_patches_are_drawn_from_the_whole_set_one_by_one() -> None:
    measure = FakeMeasure(identity=spread(100_000, 0.1))
    sample_losses(measure, ["identity"], TAPS, 100_000, precision(), rng())
    numbers = np.array(measure.numbers("identity"))
    assert numbers.max() > 95_000
    assert numbers.min() < 5_000
    assert np.mean(np.abs(np.diff(np.sort(numbers))) == 1) < 0.05


def test_a_state_drops_out_as_soon_as_it_is_known() -> None:
    measure = FakeMeasure(wide=spread(20_000, 1.0), narrow=spread(20_000, 0.05))
    found = sample_losses(measure, ["wide", "narrow"], TAPS, 20_000, precision(), rng())
    assert found["narrow"].patches.size == FIRST_ROUND
    assert found["wide"].patches.size > FIRST_ROUND
    assert measure.asked[0][1] == ("wide", "narrow")
    assert all(states == ("wide",) for _, states in measure.asked[1:])
    assert found["wide"].patches[:FIRST_ROUND].tolist() == found["narrow"].patches.tolist()


def test_the_worst_experiment_decides() -> None:
    image, perceptual = spread(20_000, 0.1)
    perceptual[:, 1] = np.random.default_rng(3).lognormal(0, 1.5, 20_000)
    measure = FakeMeasure(identity=(image, perceptual))
    alone = sample_losses(measure, ["identity"], [FIRST], 20_000, precision(), rng())
    both = sample_losses(measure, ["identity"], [FIRST, SECOND], 20_000, precision(), rng())
    assert both["identity"].patches.size > alone["identity"].patches.size


def test_losses_are_those_of_their_patches() -> None:
    image, perceptual = spread(3_000, 1.0)
    measure = FakeMeasure(identity=(image, perceptual))
    found = sample_losses(measure, ["identity"], TAPS, 3_000, precision(1e-9), rng())["identity"]
    assert np.array_equal(found.pixels[:, 0], image[found.patches])
    assert np.array_equal(found.features, perceptual[found.patches])


def test_the_same_seed_draws_the_same_patches_whatever_the_global_generator() -> None:
    def drawn(seed: int) -> list[int]:
        measure = FakeMeasure(identity=spread(5_000, 0.1))
        sample_losses(measure, ["identity"], TAPS, 5_000, precision(), rng(seed))
        return measure.numbers("identity")

    first = drawn(7)
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()
    assert drawn(7) == first
    assert np.random.get_state()[1].tolist() == before
    assert drawn(8) != first


def test_influence_not_yet_defined_is_waited_for() -> None:
    image, perceptual = np.ones(2_000), np.zeros((2_000, 1))
    order = rng().permutation(2_000)
    perceptual[order[1_200:]] = 1.0  # nothing to see in the first two rounds
    measure = FakeMeasure(identity=(image, perceptual))
    widths: list[float] = []
    sample_losses(
        measure, ["identity"], TAPS, 2_000, precision(1.0), rng(), lambda _, w: widths.append(w)
    )
    assert widths[:2] == [np.inf, np.inf]
    assert np.isfinite(widths[2])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_losses_that_are_no_numbers_end_it_at_once(bad: float) -> None:
    image, perceptual = spread(50_000, 0.1)
    perceptual[:, 0] = bad
    measure = FakeMeasure(identity=(image, perceptual))
    with pytest.raises(InvalidLossError, match=f"but got {bad}"):
        sample_losses(measure, ["identity"], TAPS, 50_000, precision(), rng())
    assert len(measure.asked) == 1


def test_one_ordinary_patch_among_empty_ones_is_not_enough_for_eq_5() -> None:
    image, perceptual = np.zeros(5_000), np.zeros((5_000, 1))
    order = rng().permutation(5_000)
    image[order[0]] = perceptual[order[0]] = 1.0
    image[order[600:]] = np.random.default_rng(0).lognormal(0, 1, 4_400)
    perceptual[order[600:]] = 1.0
    measure = FakeMeasure(identity=(image, perceptual))
    wanted = precision(10.0, estimator="mean_of_ratios")
    found = sample_losses(measure, ["identity"], TAPS, 5_000, wanted, rng())
    assert found["identity"].patches.size > FIRST_ROUND


def test_the_exact_weight_is_that_of_the_estimator() -> None:
    image, perceptual = np.array([1.0, 3.0]), np.array([1.0, 1.0])
    assert exact_weight(image, perceptual, precision()) == pytest.approx(19 * 2.0)
    ratios = exact_weight(image, perceptual, precision(estimator="mean_of_ratios"))
    assert np.mean(ratios / (ratios + image)) == pytest.approx(0.95)


def test_a_dead_encoder_is_told_of() -> None:
    with pytest.raises(NoPerceptualLossError, match="Psi is 0 for every lambda"):
        exact_weight(np.ones(3), np.zeros(3), precision())
