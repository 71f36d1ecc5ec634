"""What runs logged while the tracking store was away, sent to it."""

from dataclasses import dataclass, field

from pi.jobs.result import Result
from pi.parameters.making import SyncParameters
from pi.tracking.address import TrackingError, tracking_uri
from pi.tracking.records import connect
from pi.tracking.waiting import Outstanding, send_waiting


@dataclass(frozen=True, repr=False)
class Synced(Result):
    """What became of it.

    Attributes:
        runs: of which something waited.
        others: how many books of entries are for other tracking stores.
    """

    runs: tuple[Outstanding, ...] = field(repr=False)
    others: int

    @property
    def headline(self) -> str:
        """How much of how many runs was sent."""
        sent = [one for one in self.runs if one.sent]
        entries = sum(one.sent for one in sent)
        return f"sent {entries} entries of {len(sent)} runs" if sent else "nothing waits to be sent"

    def text(self) -> str:
        """Return a line for each run, and the sum."""
        lines = [f"run {one.run}: {one.sent} entries sent" for one in self.runs if one.sent]
        lines += [
            f"run {one.run}: the store refuses an entry: {why}"
            for one in self.runs for why in one.refused
        ]  # fmt: skip
        if self.others:
            lines.append(f"for other tracking stores: what {self.others} runs logged")
        return "\n".join([*lines, self.headline])


def sync(parameters: SyncParameters) -> Synced:
    """Send what waits on this machine for the tracking store in force.

    Raises:
        TrackingError: the store does not answer, or does not take something yet.
        JournalError: what waits cannot be read.
    """
    connect()
    runs, others = send_waiting(tracking_uri(), forget_refused=parameters.forget_refused)
    stuck = [one for one in runs if one.why]
    if stuck:
        raise TrackingError(
            f"the tracking store must take what run {stuck[0].run} logged"
            f"{f' and {len(stuck) - 1} more' if stuck[1:] else ''} but does not yet: "
            f"{stuck[0].why.rstrip('.')}; it still waits on this machine's disk."
        )
    return Synced(tuple(runs), others)
