"""Make a medical context: an encoder learns tasks on CT that nobody had to label.

Dose, kernel, thickness and position along the body stand in the DICOM headers of the training
patients; what was learned is judged on the validation patients, and the test patients are out of
reach. Or the classes of your own images, or the image itself (as SACNN does). The weights become a
version in MLflow's model registry: `vgg16:medical:NAME@champion:block3_conv2` is then an encoder
for calibrate, train, search and main.
"""

import sys

from entrypoints.parameters import PretrainParameters, open_asked
from pi.command_line import recorded, run


def main(parameters: PretrainParameters) -> None:
    """Pre-train, log, register, and say how well the tasks are done and how to use the context."""
    p = parameters
    # What is told of the patients waits for no slow import; images of one's own have none.
    with_patients = p.task != "supervised"
    store = open_asked(p, p.fold, "train", "validation") if with_patients else None

    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.pretraining.recipe import find_recipe, make_context
    from pi.pretraining.sources import from_images, from_store
    from pi.pretraining.summary import summary_text
    from pi.progress import counting
    from pi.tracking.address import farewell
    from pi.tracking.pretraining import log_context, log_source, register
    from pi.tracking.run import open_run
    from pi.training.machine import make_deterministic

    recipe = find_recipe(vars(p))
    if p.deterministic:
        make_deterministic(p.seed)
    if store is None:
        source = from_images(p.data, p.seed, p.patch_size)
    else:
        source = from_store(store, recipe.task, p.patch_size)
    with open_run("pretrain", f"pretrain {recipe.architecture} on {p.data}") as tracked:
        tracked.params(recorded(p))
        log_source(tracked, recipe, source)
        with counting("pre-training", "step") as bar:
            context = make_context(recipe, source.examples, lambda losses: bar.advance(1))
        log_context(tracked, recipe, source, context)
        version = register(tracked, p.name, champion=p.champion)
    print(summary_text(recipe, source, context))
    print(version)
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, ""))


if __name__ == "__main__":
    sys.exit(run(main, PretrainParameters, __doc__ or ""))
