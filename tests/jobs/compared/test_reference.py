"""With which run the others are compared."""

from collections.abc import Callable

import pytest
from report.compared import slice_table
from tracking.evaluations import evaluation, training

from pi.comparison.comparison import Reference
from pi.comparison.gains import ComparisonError
from pi.jobs.compared import reference
from pi.jobs.compared.configurations import configurations_of
from pi.jobs.compared.evaluated import Evaluated
from pi.jobs.compared.reference import ChosenReference, choose_reference
from pi.tracking.records import Record

Log = Callable[..., Evaluated]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """A store of trainings, of which some were evaluated on validation patients."""
    store: dict[str, Record] = {}
    monkeypatch.setattr(reference, "read_run", store.__getitem__)

    def keep(
        name: str, gain: float, kept: float | None, there: float | None = None, part: str = "test"
    ) -> Evaluated:
        tags = {"pi.evaluated_by.validation": f"there-{name}"} if there is not None else {}
        made = training(name, metrics={} if kept is None else {"kept/ssim": kept}, tags=tags)
        if there is not None:
            metrics = {"paper8/ssim": there, "paper8/nrmse": 1 - there}
            store[f"there-{name}"] = Record({}, metrics, {})
        table = slice_table(gain, patients=2, slices=3)
        found = evaluation(f"evaluated-{name}", made, table, part=part)
        store[found.trained_id] = made
        return found

    return keep


def choose(
    asked: str, *runs: Evaluated, metric: str = "ssim", all_pairs: bool = False
) -> ChosenReference:
    found = configurations_of(runs, "")
    return choose_reference(asked, all_pairs, found, metric, "paper8")


def test_the_best_on_validation_patients_is_by_their_evaluations(log: Log) -> None:
    runs = log("demo1", -0.1, kept=0.1, there=0.9), log("demo2", 0.0, kept=0.9, there=0.8)
    chosen = choose("validation", *runs)
    assert chosen.reference == Reference("demo1", "validation")
    assert chosen.how == "by mean SSIM under paper8, evaluated there"
    assert choose("validation", *runs, metric="nrmse").reference == chosen.reference


def test_or_by_the_epochs_that_were_kept_where_not_all_were_evaluated_there(log: Log) -> None:
    runs = log("demo1", -0.1, kept=0.7, there=0.9), log("demo2", 0.0, kept=0.8)
    chosen = choose("validation", *runs)
    assert chosen.reference == Reference("demo2", "validation")
    assert "epochs that were kept" in chosen.how


def test_doing_nothing_is_never_chosen_on_validation_patients(log: Log) -> None:
    nothing = evaluation("n", None, slice_table(0.05, patients=2, slices=3))
    chosen = choose("validation", nothing, log("demo1", -0.1, kept=0.7))
    assert chosen.reference == Reference("demo1", "validation")


def test_of_runs_that_nobody_trained_here_a_reference_is_named(log: Log) -> None:
    nothing = evaluation("n", None, slice_table(0.05, patients=2, slices=3))
    with pytest.raises(ComparisonError, match="runs that were trained here but none of these was"):
        choose("validation", nothing)


def test_without_a_value_there_the_choice_is_refused(log: Log) -> None:
    runs = log("demo1", 0.0, kept=0.7), log("demo2", 0.0, kept=None)
    with pytest.raises(ComparisonError, match="demo2 has no SSIM there"):
        choose("validation", *runs)
    with pytest.raises(ComparisonError, match=r"demo1, demo2 has no PSNR \(dB\) there"):
        choose("validation", *runs, metric="psnr")


def test_the_best_on_the_compared_slices_is_labelled_so_whatever_it_is_called(log: Log) -> None:
    runs = log("demo1", -0.1, kept=0.9), log("demo2", 0.0, kept=0.1)
    assert choose("test", *runs).reference == Reference("demo2", "test")
    validated = (
        log("demo1", -0.1, kept=0.9, part="validation"),
        log("demo2", 0.0, kept=0.1, part="validation"),
    )
    assert choose("validation", *validated).reference == Reference("demo2", "test")


def test_a_run_is_named_by_name_or_by_either_id(log: Log) -> None:
    runs = log("demo1", 0.0, kept=0.9), log("demo2", 0.0, kept=0.9)
    for asked in ("demo2", runs[1].run_id, runs[1].trained_id):
        assert choose(asked, *runs) == ChosenReference(Reference("demo2", "name"), "")
    with pytest.raises(ComparisonError, match="one of demo1, demo2 but got 'demo3'"):
        choose("demo3", *runs)


def test_of_all_pairs_there_is_none(log: Log) -> None:
    runs = log("demo1", 0.0, kept=None), log("demo2", 0.0, kept=None)
    assert choose("validation", *runs, all_pairs=True) == ChosenReference(None, "")
