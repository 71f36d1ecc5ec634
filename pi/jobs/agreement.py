"""Going on with an earlier run: what it was made of, and what must not differ."""

from collections.abc import Mapping

from pi.errors import PiError, quoted
from pi.tracking.records import read_run

MAY_DIFFER = (
    "resume",
    "checkpoint_minutes",
    "checkpoint_to",
    "keep_checkpoints",
    "feature_cache",
    "feature_cache_gib",
    "window",
    "log_images",
)
"""Parameters that change nothing in the result, so a resumed run may have others."""


OF_THE_COMMAND = ("resume", "workers", "step_resources", "step_retries", "only", "plan")
"""Parameters of `main` and `train` that are of one command, and not of the run that it goes on
with: they are not kept, but by `mlflow run`, which keeps all."""


class DisagreementError(PiError):
    """Two runs that belong together were not made of the same things."""


def parameters_of(run_id: str) -> dict[str, str]:
    """Return the parameters of an entry point's run as they were typed.

    Raises:
        TrackingError: there is no such run.
    """
    record = read_run(run_id)
    return {name: record.typed(name) for name in record.params}


def require_agreement(found: Mapping[str, str], wanted: Mapping[str, str], whose: str) -> None:
    """Refuse things that must be equal and are not, with both values of each.

    Args:
        found: here, by name.
        wanted: there, by name.
        whose: what there is called.

    Raises:
        DisagreementError: they differ.
    """
    different = [
        f"`{name}` must be {wanted[name] or 'empty'} but got {found[name] or 'none'}"
        for name in wanted
        if name in found and not _equal(found[name], wanted[name])
    ]
    if different:
        raise DisagreementError(f"to agree with {whose}, {'; '.join(different)}.")


def require_resumable(stage: str, run_id: str, parameters: Mapping[str, str]) -> None:
    """Refuse to resume a run of another entry point or with other parameters.

    Args:
        stage: name of the entry point.
        run_id: of the run; an empty one resumes none.
        parameters: that it is to go on with.

    Raises:
        TrackingError: there is no such run.
        DisagreementError: it is no run of ``stage``, or its parameters differ.
    """
    if not run_id:
        return
    if read_run(run_id).tags.get("pi.stage") != stage:
        raise DisagreementError(f"`resume` must be a run of {stage} but {quoted(run_id)} is none.")
    wanted = {
        name: value
        for name, value in parameters_of(run_id).items()
        if name in parameters and name not in (*MAY_DIFFER, *OF_THE_COMMAND)
    }
    require_agreement(parameters, wanted, f"run {run_id}")


def require_same_data(run_id: str, digest: str) -> None:
    """Refuse to resume a run on other data than its own; an empty id resumes none.

    Raises:
        TrackingError: there is no such run.
        DisagreementError: its data's digest is another.
    """
    known = read_run(run_id).tags.get("pi.data_digest") if run_id else None
    if known:
        require_agreement({"data digest": digest}, {"data digest": known}, f"run {run_id}")


def _equal(a: str, b: str) -> bool:
    try:
        return a == b or float(a) == float(b)
    except ValueError:
        return False
