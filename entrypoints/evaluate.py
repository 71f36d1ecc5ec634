"""Measure what a denoiser does to whole slices of patients it has not learned from.

One row a slice, under every named protocol, with doing nothing beside it; noise power, HU bias by
tissue and the worst, median and best slice. `--run identity` measures the low dose alone.
"""

import sys

from entrypoints.parameters import EvaluateParameters, open_asked
from pi.command_line import recorded, run


def main(parameters: EvaluateParameters) -> None:
    """Evaluate, log, and say what came out and where it is."""
    # What is told of parameters and patients waits for no slow import.
    from pi.evaluation.protocol import find_protocols

    p = parameters
    protocols = find_protocols(p.protocols)
    store = open_asked(p, p.fold, p.part)

    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.evaluation.choice import choose_slices, read_choice
    from pi.evaluation.measure import evaluate
    from pi.evaluation.summary import summary_text
    from pi.figures.slice_row import WINDOWS
    from pi.progress import counting
    from pi.slices.dose_levels import dose_notes
    from pi.tracking.address import farewell
    from pi.tracking.evaluation import fetch_subject, log_evaluation, log_setup, log_slices
    from pi.tracking.run import open_run
    from pi.tracking.view import save_view

    with open_run("evaluate", f"evaluate {p.run} on {p.part} of {p.data}") as tracked:
        tracked.params(recorded(p))
        subject = fetch_subject(p.run, p.denoiser)
        denoise = subject.load()
        log_setup(tracked, recorded(p), subject, store, p.part, protocols)
        with counting("evaluating", "slice") as bar:
            evaluation = evaluate(store, p.part, denoise, protocols, p.batch_size, bar.advance)
        log_evaluation(tracked, evaluation, protocols)
        if store.simulated or p.log_images:
            choices = choose_slices(evaluation.slices, protocols[0].name, p.metric)
            shown = [read_choice(store, choice, denoise) for choice in choices]
            log_slices(tracked, shown, p.metric, WINDOWS[p.window])
        view = save_view(tracked, "evaluate")
    for note in dose_notes(store.volumes):
        print(note)
    print(summary_text(evaluation.slices))
    if evaluation.remark:
        print(evaluation.remark)
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, view))


if __name__ == "__main__":
    sys.exit(run(main, EvaluateParameters, __doc__ or ""))
