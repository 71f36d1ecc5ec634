"""What runs logged while the tracking store was away, sent to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pi.jobs.result import Result
from pi.parameters.making import SyncParameters
from pi.tracking.address import TrackingError, tracking_uri
from pi.tracking.delivery import send_waiting
from pi.tracking.records import connect


@dataclass(frozen=True, repr=False)
class Synced(Result):
    """What became of it.

    Attributes:
        sent: how many entries of each run were sent.
        refused: runs, and what the store said to an entry that it will never take.
        others: how many runs logged something for other tracking stores.
        at_work: how many runs are at work, and send what they log themselves.
    """

    sent: Mapping[str, int] = field(repr=False)
    refused: Sequence[tuple[str, str]] = field(repr=False)
    others: int
    at_work: int

    @property
    def headline(self) -> str:
        """How much of how many runs was sent."""
        if not self.sent:
            return "nothing waits to be sent" if not self.at_work else "nothing else waits"
        return f"sent {sum(self.sent.values())} entries of {len(self.sent)} runs"

    def text(self) -> str:
        """Return a line for each run, and the sum."""
        lines = [f"run {run}: {entries} entries sent" for run, entries in self.sent.items()]
        lines += [f"run {run}: the store refuses an entry: {why}" for run, why in self.refused]
        if self.others:
            lines.append(f"for other tracking stores: what {self.others} runs logged")
        if self.at_work:
            lines.append(f"still at work, and sending it themselves: {self.at_work} runs")
        return "\n".join([*lines, self.headline])


def sync(parameters: SyncParameters) -> Synced:
    """Send what waits on this machine for the tracking store in force.

    Raises:
        TrackingError: the store does not answer, or does not take something yet.
        JournalError: what waits cannot be read.
    """
    connect()
    found = send_waiting(tracking_uri(), forget_refused=parameters.forget_refused)
    stuck = [one for one in found.runs if one.why]
    if stuck:
        raise TrackingError(
            f"the tracking store must take what run {stuck[0].run} logged"
            f"{f' and {len(stuck) - 1} more' if stuck[1:] else ''} but does not yet: "
            f"{stuck[0].why.rstrip('.')}; it still waits on this machine's disk."
        )
    sent: Counter[str] = Counter()
    for one in found.runs:
        sent[one.run] += one.sent
    refused = [(one.run, why) for one in found.runs for why in one.refused]
    return Synced(+sent, refused, found.others, found.at_work)
