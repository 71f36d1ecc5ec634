"""Which code made a run: commit and whether it was changed since. No user, no path."""

import subprocess
from functools import cache
from pathlib import Path


def provenance(stage: str) -> dict[str, str]:
    """Return the tags that say which entry point of which commit made a run."""
    return {"mlflow.source.name": f"entrypoints.{stage}", "mlflow.source.type": "PROJECT"} | _git()


@cache
def _git() -> dict[str, str]:
    commit = _answer("rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _answer("status", "--porcelain", "--untracked-files=no")
    return {"mlflow.source.git.commit": commit, "pi.git.dirty": str(bool(changed))}


def _answer(*question: str) -> str:
    try:
        done = subprocess.run(
            ["git", *question],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:  # no git on this machine: then there is no commit to name
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
