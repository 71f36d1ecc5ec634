"""Comparison: what `compare` logged, verdicts in words first, then figures and tables."""

from dashboards.choosing import choose_run, runs_of
from dashboards.placing import gallery, going_on, heading
from dashboards.watching import watch

# The order of the argument; the other tables follow.
ORDER = ("report.html", "table3", "table4", "paired_differences", "patient_gains", "effects",
         "critical_difference", "pairs", "influence", "extreme")  # fmt: skip


def main() -> None:
    """Place the page."""
    heading(
        "Comparison", "Which of the compared runs is better, by how much, and how sure that is."
    )
    watch("compare")
    runs = runs_of("compare", "python -m entrypoints.compare --runs RUN,RUN")
    chosen = choose_run("Comparison", runs, "comparison")
    with going_on():
        gallery(chosen, order=ORDER)


if __name__ == "__main__":
    main()
