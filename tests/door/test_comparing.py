"""Comparing anyone's tables: as the platform compares its own, and what a table must have."""

import numpy as np
import pandas as pd
import pytest

import pi
from pi.comparison.comparison import Reference, compare_runs
from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable
from pi.evaluation.protocol import EvaluationError


def table(seed: int, better: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    patients = np.repeat([f"P{n}" for n in range(8)], 5)
    return pd.DataFrame(
        {
            "patient": patients,
            "slice": np.tile(np.arange(5), 8),
            "ssim": 0.8 + better / 100 + rng.normal(0, 1e-3, 40),
            "rmse_hu": 30 - better + rng.normal(0, 0.1, 40),
            "remark": "of anyone",
        }
    )


def test_it_compares_as_the_platform_does() -> None:
    mine, yours = table(1), table(2, better=1)
    found = pi.compare({"a": mine, "b": yours}, reference="a", seed=7)
    whole = [
        frame.rename(columns={"slice": "position"})
        .drop(columns="remark")
        .assign(thickness=0.0, kernel="unknown", dose=0.0, protocol="own", image="denoised")
        for frame in (mine, yours)
    ]
    runs = [RunTable(name, frame, "x", "test") for name, frame in zip("ab", whole, strict=True)]
    wanted = compare_runs(
        runs, ["ssim", "rmse_hu"], "own", Reference("a", "name"), np.random.default_rng(7)
    )
    assert found.contrasts == wanted.contrasts
    assert {verdict.outcome for verdict in found.verdicts} == {"better"}


def test_the_order_of_rows_means_nothing() -> None:
    mine, yours = table(1), table(2, better=1)
    shuffled = yours.sample(frac=1, random_state=3)
    one, other = (pi.compare({"a": mine, "b": b}, metrics=["ssim"]) for b in (yours, shuffled))
    assert one.contrasts == other.contrasts


def test_it_reads_as_sentences() -> None:
    found = pi.compare({"a": table(1), "b": table(2, better=1)}, metrics=["ssim"])
    assert str(found) == found.verdicts[0].sentence


def test_what_evaluate_makes_is_what_compare_takes() -> None:
    rng = np.random.default_rng(0)
    normal = rng.normal(40, 5, (6, 24, 24))
    low = normal + rng.normal(0, 20, normal.shape)
    patients = ["a", "a", "b", "b", "c", "c"]
    made = {
        name: pi.evaluate(denoise, low, normal, protocols="full_float", patients=patients)
        for name, denoise in {"none": None, "half": lambda hu: (hu + 40) / 2}.items()
    }
    found = pi.compare(made, metrics=["rmse_hu"], reference="none")
    assert found.contrasts[0].other_mean < found.contrasts[0].reference_mean


@pytest.mark.parametrize(
    ("tables", "error"),
    [
        ({}, ComparisonError),
        ({"a": table(1)}, ComparisonError),
        ({"a": table(1), "b": table(2).drop(columns="patient")}, EvaluationError),
        ({"a": table(1), "b": table(2).drop(columns=["ssim", "rmse_hu"])}, EvaluationError),
        ({"a": table(1).drop(columns="ssim"), "b": table(2).drop(columns="rmse_hu")},
         ComparisonError),
        ({"a": table(1), "b": table(2).assign(ssim=np.nan)}, EvaluationError),
        ({"a": table(1), "b": pd.concat([table(2)] * 2)}, EvaluationError),
        ({"a": table(1), "b": table(2).assign(patient="x" + table(2)["patient"])}, ComparisonError),
        ({"a": table(1), "b": table(2).assign(image="mine")}, ComparisonError),
    ],
)  # fmt: skip
def test_bad_tables_are_told_in_one_sentence(
    tables: dict[str, pd.DataFrame], error: type[pi.PiError]
) -> None:
    with pytest.raises(error) as told:
        pi.compare(tables)
    assert "\n" not in str(told.value)


def test_an_unknown_reference_is_told() -> None:
    with pytest.raises(ComparisonError, match="reference"):
        pi.compare({"a": table(1), "b": table(2)}, reference="c")
