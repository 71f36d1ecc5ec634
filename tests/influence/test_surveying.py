"""When a survey stops, what it measures, and that its interval holds; with a measure of numpy."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from influence.calibrations import alone
from numpy.typing import NDArray

from pi.choices import Estimator
from pi.influence.losses import Measured
from pi.influence.psi import Floats, InvalidLossError
from pi.influence.sampling import Precision, exact_weight, sample_losses, weight_and_interval
from pi.influence.survey import PatchFacts, SurveyFrame, frame_of
from pi.influence.surveying import FIRST_OF_STRATUM, _counts, survey_losses
from pi.losses.loss import Reading

READING = Reading(0, (0,), (1.0,))
STRATA = np.arange(3_000) % 4


class Known:
    """Losses that are known beforehand; remembers what it was asked."""

    def __init__(self, **states: tuple[Floats, Floats]) -> None:
        self.states = states
        self.asked: list[tuple[list[int], tuple[str, ...]]] = []

    def __call__(self, numbers: NDArray[np.int64], states: Sequence[str]) -> Mapping[str, Measured]:
        self.asked.append((numbers.tolist(), tuple(states)))
        return {
            s: Measured(numbers, *(x[numbers, np.newaxis] for x in self.states[s])) for s in states
        }


def losses(seed: int = 0, spread: float = 1.0) -> tuple[Floats, Floats]:
    """As correlated as the demos' are, of 3,000 patches."""
    rng = np.random.default_rng(seed)
    image = rng.lognormal(0, spread, STRATA.size)
    return image, image**0.7 * rng.lognormal(0, 0.4 * spread, STRATA.size)


def asked(tolerance: float = 0.05, estimator: Estimator = "ratio_of_sums") -> Precision:
    return Precision(0.95, estimator, tolerance, exhaustive=False)


def framed(image: Floats, estimator: Estimator = "ratio_of_sums") -> SurveyFrame:
    return frame_of(alone(image[:, np.newaxis]), STRATA, estimator)


def surveyed(measure: Known, precision: Precision, seed: int = 7) -> Mapping[str, Measured]:
    image = next(iter(measure.states.values()))[0]
    rng = np.random.default_rng(seed)
    frame = framed(image, precision.estimator)
    return survey_losses(measure, list(measure.states), [READING], frame, precision, rng)


@pytest.mark.parametrize(("estimator", "share"), [("ratio_of_sums", 0.5), ("mean_of_ratios", 0.65)])
def test_the_interval_holds_and_half_the_patches_do(estimator: Estimator, share: float) -> None:
    image, perceptual = losses()
    precision, measure = asked(estimator=estimator), Known(identity=(image, perceptual))
    truth = exact_weight(image, perceptual, precision)
    held, sizes = 0, []
    for seed in range(30):
        found = surveyed(measure, precision, seed)["identity"].read(READING)
        weight, interval = weight_and_interval(found, image.size, precision)
        held += abs(np.log(weight / truth)) <= interval.half_width
        sizes.append(found.patches.size)
        assert interval.half_width <= np.log(1.05)
    assert held >= 26  # of 30; benchmarks/calibration.py counts hundreds
    plain = sample_losses(
        measure, ["identity"], [READING], image.size, precision, np.random.default_rng(7)
    )
    assert np.mean(sizes) < share * plain["identity"].patches.size


@pytest.mark.parametrize("estimator", ["ratio_of_sums", "mean_of_ratios"])
def test_what_targets_show_saves_patches_where_features_answer_to_it(estimator: Estimator) -> None:
    image, perceptual = losses()
    shown = np.random.default_rng(4).lognormal(0, 0.6, image.size)
    beside = np.column_stack([shown, np.zeros_like(shown), shown * image])  # of flat targets, too
    precision, answering = asked(estimator=estimator), perceptual * shown
    truth, taken = exact_weight(image, answering, precision), []
    for facts in (alone(image[:, np.newaxis]), PatchFacts(image[:, np.newaxis], beside)):
        frame, sizes = frame_of(facts, STRATA, estimator), []
        for seed in range(10):
            measure, rng = Known(identity=(image, answering)), np.random.default_rng(seed)
            found = survey_losses(measure, ["identity"], [READING], frame, precision, rng)
            read = found["identity"].read(READING)
            weight, interval = weight_and_interval(read, image.size, precision)
            assert abs(np.log(weight / truth)) <= 2 * interval.half_width
            sizes.append(read.patches.size)
        taken.append(np.mean(sizes))
    assert taken[1] < 0.9 * taken[0]


def test_the_image_loss_is_that_of_all_patches_whichever_were_drawn() -> None:
    image, perceptual = losses()
    found = surveyed(Known(identity=(image, perceptual)), asked())["identity"].read(READING)
    assert found.patches.size < image.size
    assert float(found.mean(found.image)) == pytest.approx(image.mean(), rel=1e-12)
    assert found.counts is not None
    for stratum in range(4):
        own = STRATA[found.patches] == stratum
        assert found.counts[own].sum() == pytest.approx((stratum == STRATA).sum())


def test_the_first_look_takes_some_of_each_reconstruction() -> None:
    measure = Known(identity=losses(spread=0.1))
    surveyed(measure, asked())
    numbers = np.array(measure.asked[0][0])
    assert len(measure.asked) == 1
    assert np.bincount(STRATA[numbers]).min() >= FIRST_OF_STRATUM[1]
    assert numbers.size < 150


def test_no_patch_is_measured_twice_and_losses_are_those_of_their_patches() -> None:
    image, perceptual = losses(spread=1.3)
    measure = Known(identity=(image, perceptual))
    found = surveyed(measure, asked(0.02))["identity"]
    numbers = [n for own, _ in measure.asked for n in own]
    assert len(measure.asked) > 1
    assert len(numbers) == len(set(numbers))
    assert np.array_equal(found.pixels[:, 0], image[found.patches])
    assert np.array_equal(found.features[:, 0], perceptual[found.patches])


def test_a_tolerance_beyond_reach_measures_all_and_leaves_no_doubt() -> None:
    image, perceptual = losses()
    found = surveyed(Known(identity=(image, perceptual)), asked(1e-9))["identity"].read(READING)
    weight, interval = weight_and_interval(found, image.size, asked())
    assert sorted(found.patches.tolist()) == list(range(image.size))
    assert interval.half_width == 0
    assert weight == pytest.approx(exact_weight(image, perceptual, asked()), rel=1e-12)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.floats(0.01, 50)), min_size=1, max_size=5),
    st.integers(0, 300),
)
def test_what_one_reconstruction_lacks_others_give_and_none_has_fewer_of_more(
    strata: list[tuple[int, float]], asked_for: int
) -> None:
    numbers = np.repeat(np.arange(len(strata)), [count for count, _ in strata])
    sizes = np.repeat([size for _, size in strata], [count for count, _ in strata])
    frame = SurveyFrame(numbers, np.ones((numbers.size, 1)), sizes)
    counts, more = _counts(frame, asked_for), _counts(frame, asked_for + 7)
    there = np.bincount(numbers)
    assert (counts <= there).all()
    assert (more >= counts).all()
    if asked_for >= numbers.size:
        assert (counts == there).all()
    else:
        assert counts.sum() >= asked_for - len(strata) / 2 - 1


def test_a_state_drops_out_as_soon_as_it_is_known() -> None:
    wide, narrow = losses(spread=1.3), losses(spread=1.3)
    measure = Known(wide=wide, narrow=(narrow[0], 3 * narrow[0]))
    found = surveyed(measure, asked())
    assert measure.asked[0][1] == ("wide", "narrow")
    assert all(states == ("wide",) for _, states in measure.asked[1:])
    assert found["narrow"].patches.size < found["wide"].patches.size


def test_a_lambda_that_is_known_before_the_others_is_told_once_with_what_is_known_then() -> None:
    image, perceptual = losses(spread=1.3)
    both = np.column_stack([perceptual, 3 * image])

    def measure(numbers: NDArray[np.int64], states: Sequence[str]) -> Mapping[str, Measured]:
        return {s: Measured(numbers, image[numbers, np.newaxis], both[numbers]) for s in states}

    told: list[tuple[str, int, int, float]] = []

    def early(state: str, place: int, measured: Measured) -> None:
        found = measured.read(readings[place])
        _, interval = weight_and_interval(found, image.size, asked())
        told.append((state, place, found.patches.size, interval.half_width))

    readings = [Reading(0, (column,), (1.0,)) for column in range(2)]
    found = survey_losses(
        measure, ["a", "b"], readings, framed(image), asked(), np.random.default_rng(7), early=early
    )
    assert [(state, place) for state, place, *_ in told] == [("a", 1), ("b", 1)]
    assert all(size < found["a"].patches.size for *_, size, _ in told)
    assert all(half_width <= np.log(1.05) for *_, half_width in told)


def test_another_state_is_estimated_by_what_is_known_of_the_input() -> None:
    image, perceptual = losses()
    rng = np.random.default_rng(3)
    other = image**0.5 * rng.lognormal(0, 0.3, image.size), perceptual * 0.1
    measure = Known(identity=(image, perceptual), other=other)
    found = surveyed(measure, asked())["other"].read(READING)
    weight, interval = weight_and_interval(found, image.size, asked())
    assert abs(np.log(weight / exact_weight(*other, asked()))) < 2 * interval.half_width


def test_the_same_seed_draws_the_same_patches() -> None:
    first, second, other = (
        surveyed(Known(identity=losses()), asked(), seed)["identity"].patches.tolist()
        for seed in (7, 7, 8)
    )
    assert first == second
    assert first != other


def test_losses_that_are_no_numbers_end_it_at_once() -> None:
    image, perceptual = losses()
    measure = Known(identity=(image, np.full_like(perceptual, np.nan)))
    with pytest.raises(InvalidLossError, match="but got nan"):
        surveyed(measure, asked())
    assert len(measure.asked) == 1
