"""A study in one file of a shared folder, for clusters without a database.

Optuna's journal has no sign of life of a trial, so that one whose process died would be waited for
for ever; here it has one, as in a database.
"""

import time
from collections.abc import Callable
from pathlib import Path

from optuna import Study
from optuna.storages import JournalStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

SCHEME = "journal://"
"""What OPTUNA_STORAGE begins with; the absolute path of the file follows."""

BEAT = "heartbeat"
"""Attribute of a trial: when its process gave the newest sign of life, in seconds since 1970."""


class Journal(JournalStorage, BaseHeartbeat):
    """Optuna's journal with signs of life.

    The clocks of the machines that share it must agree within the time after which a trial is
    taken for dead.
    """

    def __init__(self, file: Path, interval: int, retries: int) -> None:
        # Not the lock that Optuna takes by itself, a symbolic link: shared folders may have none.
        lock = JournalFileOpenLock(str(file))
        super().__init__(JournalFileBackend(str(file), lock_obj=lock))
        self._interval = interval
        self._again = RetryHeartbeatStaleTrialCallback(max_retry=retries)

    def record_heartbeat(self, trial_id: int) -> None:
        """Write down that the process of a trial is alive."""
        self.set_trial_system_attr(trial_id, BEAT, time.time())

    def get_heartbeat_interval(self) -> int:
        """Return the seconds between two signs of life."""
        return self._interval

    def get_heartbeat_stale_trial_callback(self) -> Callable[[Study, FrozenTrial], None]:
        """Return what tries a trial again whose process is gone."""
        return self._again

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        oldest = time.time() - 3 * self._interval
        running = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,))
        return [trial._trial_id for trial in running if _last_seen(trial) < oldest]


def _last_seen(trial: FrozenTrial) -> float:
    begun = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
    return float(trial.system_attrs.get(BEAT, begun))


def journal_file(url: str) -> Path | None:
    """Return the file of a journal; None of any other address."""
    return Path(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
