"""Which evaluations the parameter `runs` means."""

from pathlib import Path

import pytest
from mlflow import MlflowClient
from tracking.evaluations import TABLE, log_evaluation, log_training, training

from pi.jobs.compared.evaluated import find_evaluated, require_one_secret
from pi.tracking.address import TrackingError
from pi.tracking.logged_data import PSEUDONYMS
from pi.tracking.tracker import Tracked

pytestmark = pytest.mark.usefixtures("database")


def ids(runs: str) -> list[str]:
    return [one.run_id for one in find_evaluated(runs)]


def test_an_evaluation_stands_for_itself_and_is_read_once() -> None:
    trained = log_training()
    run = log_evaluation(TABLE, trained)
    (found,) = find_evaluated(f"{run}, {run}")
    assert (found.run_id, found.trained_id, found.part, found.fold) == (run, trained, "test", "")
    assert found.trained is not None
    assert found.maker.typed("experiment") == "demo1"
    assert len(found.slices) == len(TABLE)
    assert not found.simulated


def test_doing_nothing_has_no_training() -> None:
    (found,) = find_evaluated(log_evaluation(TABLE))
    assert (found.trained_id, found.trained) == ("", None)
    assert found.maker is found.record


def test_a_training_stands_for_its_evaluation_on_test_patients_first() -> None:
    trained = log_training()
    validated = log_evaluation(TABLE, trained, part="validation")
    assert ids(trained) == [validated]
    tested = log_evaluation(TABLE, trained)
    assert ids(trained) == [tested]


def test_a_run_of_main_stands_for_its_finished_evaluations_in_their_order() -> None:
    with Tracked().open("main", "all") as job:
        below = Tracked(parent=job.run_id)
        first = log_evaluation(TABLE, log_training(training("demo2"), below), tracker=below)
        second = log_evaluation(TABLE, tracker=below)
        with pytest.raises(ZeroDivisionError), below.open("evaluate", "broken"):
            raise ZeroDivisionError
    assert ids(job.run_id) == [first, second]
    assert ids("main") == [first, second]


def test_a_filter_finds_finished_runs_the_earliest_first() -> None:
    first, second = log_evaluation(TABLE), log_evaluation(TABLE, part="validation")
    assert ids("tags.pi.stage = 'evaluate'") == [first, second]
    assert ids("tags.`pi.stage` = 'evaluate' and params.part = 'validation'") == [second]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ("nope", "run 'nope' must exist but does not"),
        (" , ", "`runs` must mean at least one finished run"),
        ("tags.pi.stage = 'never'", "means none."),
        ("tags.pi.stage = ", "of which MLflow says"),
        ("main", "must hold a finished run of main but has none."),
    ],
)
def test_runs_that_mean_nothing_are_refused(runs: str, said: str) -> None:
    with pytest.raises(TrackingError, match=said):
        find_evaluated(runs)


def test_a_run_that_is_no_result_or_has_none_is_refused() -> None:
    with pytest.raises(TrackingError, match="must have been evaluated to be compared but has not"):
        find_evaluated(log_training())
    with Tracked().open("calibrate", "c") as other:
        pass
    with pytest.raises(TrackingError, match="must be runs of evaluate, train or main but"):
        find_evaluated(other.run_id)
    with pytest.raises(TrackingError, match=r"must hold slices\.parquet but it cannot be read"):
        find_evaluated(log_evaluation(None))


def test_a_fold_is_told_by_its_tags() -> None:
    run = log_evaluation(TABLE, tags={"pi.fold": "2", "pi.folds": "5"})
    assert find_evaluated(run)[0].fold == "2 of 5"


def test_pseudonyms_of_two_secrets_are_refused_with_the_reason_and_the_way_out() -> None:
    one, other, unknown = ({PSEUDONYMS: "aa"}, {PSEUDONYMS: "bb"}, {"pi.stage": "evaluate"})
    require_one_secret({"1": one, "2": unknown, "3": one})
    with pytest.raises(
        TrackingError, match="run 1 has those of aa and run 3 those of bb: let PI_S"
    ):
        require_one_secret({"1": one, "2": unknown, "3": other})


def test_a_slice_table_that_is_not_what_was_logged_is_one_sentence(database: Path) -> None:
    run = log_evaluation(TABLE)
    uri = MlflowClient(f"sqlite:///{database}").get_run(run).info.artifact_uri
    file = Path(str(uri).removeprefix("file://")) / "slices.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(TrackingError, match=r"slices\.parquet of .* sha256 is another") as caught:
        find_evaluated(run)
    assert "\n" not in str(caught.value)
