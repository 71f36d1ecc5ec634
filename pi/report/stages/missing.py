"""What a report does not show: stages nobody ran, runs that did not end, records out of reach."""

from collections import Counter
from collections.abc import Sequence

from pi.report.blocks import Absent, Block, Bullets
from pi.report.document import Section
from pi.report.stages.found import Found, RunFacts
from pi.report.text import listed

STAGES = {
    "calibrated": ("Nothing was calibrated", "make calibrate"),
    "trained": ("Nothing was trained", "make main"),
    "evaluated": ("Nothing was evaluated", "make main"),
    "compared": ("Nothing was compared", "make compare"),
    "searched": ("Nothing was searched", "make search"),
}
"""What is said where a section is not there, and what would bring it."""

NAMED = 6
"""Runs that are named in a sentence."""


def missing_section(found: Found, there: Sequence[str]) -> Section | None:
    """Return the section; None where nothing is missing.

    Args:
        found: what was found.
        there: names of the sections that are there.
    """
    absent = _not_done(found, there)
    broken = [*_not_ended(found.runs), *_without_means(found), *found.lost]
    blocks: list[Block] = []
    blocks += [Absent(tuple(absent))] if absent else []
    blocks += [Bullets(tuple(broken))] if broken else []
    return Section("missing", "What is missing", tuple(blocks)) if blocks else None


def _not_done(found: Found, there: Sequence[str]) -> list[str]:
    said = []
    for name, (nothing, command) in STAGES.items():
        if name not in there:
            tried = name == "compared" and any(run.stage == "compare" for run in found.runs)
            if not tried:
                said.append(f"{nothing}: {command} would.")
    return said


def _without_means(found: Found) -> list[str]:
    without = [one for one in found.evaluated if not one.values]
    if not without:
        return []
    return [f"Evaluations that hold no means: {_names([one.run for one in without])}."]


def _names(runs: Sequence[RunFacts]) -> str:
    names = [f"{run.name} ({run.short})" for run in runs[:NAMED]]
    more = f" and {len(runs) - NAMED} more" if len(runs) > NAMED else ""
    return f"{', '.join(names)}{more}"


def _not_ended(runs: Sequence[RunFacts]) -> list[str]:
    words = {
        "RUNNING": "have not ended",
        "SCHEDULED": "wait for somebody to go on with them",
        "FAILED": "failed",
        "KILLED": "were stopped before the end",
    }
    said = []
    for status, what in words.items():
        of = [run for run in runs if run.status == status]
        if of:
            stages = Counter(run.stage for run in of)
            counts = listed([f"{count} of {stage}" for stage, count in stages.items()])
            said.append(f"Runs that {what}, {counts}: {_names(of)}.")
    return said
