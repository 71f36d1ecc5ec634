"""Which runs stand behind a report, and how it was made."""

from collections import Counter

from pi.digits import NOTHING
from pi.report.blocks import Block, Command, Facts
from pi.report.configuration import Making
from pi.report.document import Section
from pi.report.stages.found import Found, RunFacts
from pi.report.stages.long import long_table
from pi.report.text import DIGITS


def making_section(found: Found, making: Making) -> Section:
    """Return the section."""
    blocks: list[Block] = []
    own = [run for run in found.runs if not run.nested or run.stage not in INSIDE]
    if own:
        blocks.append(
            long_table(
                "runs",
                "Runs",
                f"{_counts(found)} Calibrations, trials and pairs are nested in these.",
                ("Run", "Stage", "Ended", "Begun (UTC)", "Commit", "Id"),
                [_row(run) for run in own],
            )
        )
    commit = making.commit or "unknown"
    facts = {
        "Report": making.run_id,
        "Made": making.made,
        "Code": commit + (", with changes that no commit holds" if making.dirty else ""),
        "Data sets": ", ".join(one.digest for one in found.data) or NOTHING,
        "Libraries": ", ".join(f"{name} {version}" for name, version in making.versions.items()),
    }
    blocks += [Facts(facts), Command("Made again by:", making.command)]
    return Section("making", "How it was made", tuple(blocks))


INSIDE = ("calibration", "trial", "contrast", "screened")
"""Stages whose runs are parts of another's result."""


def _counts(found: Found) -> str:
    stages = Counter(run.stage for run in found.runs)
    return f"{', '.join(f'{count} of {stage}' for stage, count in stages.items())}."


def _row(run: RunFacts) -> tuple[str, ...]:
    commit = (run.commit[:DIGITS] or NOTHING) + (" (changed)" if run.dirty else "")
    begun = f"{run.begun.day} {run.begun:%b %Y, %H:%M}"
    return (run.name, run.stage, run.status.lower(), begun, commit, run.run_id)
