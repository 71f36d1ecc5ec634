"""Compare evaluated runs on the same slices, the way a referee would ask for it.

Runs are paired slice by slice and tested twice: over slices, as in the paper, and over patients,
which is what can be generalised. Tables 3 and 4, figures, the answers to the paper's questions and
the limits are logged as one page that needs no network.
"""

import sys

from entrypoints.parameters import CompareParameters, SimulateParameters
from pi.command_line import recorded, run


def main(parameters: CompareParameters) -> None:
    """Compare, log, and say what may be claimed and where it is."""
    # Slow to import, and --help needs none of it.
    from pi.tracking.address import farewell
    from pi.tracking.comparing import asked_of, compare_found
    from pi.tracking.comparison import log_comparison, log_setup, making_of, verdict_text
    from pi.tracking.run import open_run
    from pi.tracking.view import save_view

    p = parameters
    asked = asked_of(recorded(p))
    with open_run("compare", f"compare {p.runs}") as tracked:
        tracked.params(recorded(p))
        found = compare_found(p.runs, asked)
        facts, configurations, comparison = found.facts, found.configurations, found.comparison
        slices = []
        if facts.simulated or p.log_images:
            import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
            from pi.figures.slice_row import WINDOWS
            from pi.tracking.extremes import extreme_figures, open_compared

            store = open_compared(found.evaluated[0], p.split, SimulateParameters.seed)
            window = WINDOWS[p.window]
            slices = extreme_figures(store, found.evaluated, configurations, comparison, window)
        making = making_of(tracked, recorded(p), configurations, found.chosen.how)
        log_setup(tracked, recorded(p), configurations, facts)
        report = log_comparison(tracked, configurations, comparison, facts, making, slices)
        view = save_view(tracked, "compare")
    print(verdict_text(report))
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, view))


if __name__ == "__main__":
    sys.exit(run(main, CompareParameters, __doc__ or ""))
