"""How often encoders run where several sizes are calibrated: together, against one by one.

    python -m benchmarks.sizes

Counts patches that go through an encoder, target and predictions alike, over the same random
patches, for all sizes that have an influence by losses; then for those of VGG-19 alone. Weights
are random: they change no count.
"""

from collections.abc import Sequence
from typing import Any

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there

# isort: split
import numpy as np

from pi.influence.measure import patch_measure
from pi.losses.experiments import Experiment, find_experiments, standing_in
from pi.losses.input_convention import RAW255
from pi.network.bank import EncoderBank, build_bank
from pi.network.state import identity
from pi.slices.patches import PatchPopulation
from pi.source import open_data

PATCHES = 16
SIZE = 32


def passes(patches: PatchPopulation, bank: EncoderBank) -> int:
    """Return how many patches went through an encoder when `PATCHES` were measured."""
    counted = 0

    def counting(encoder: Any) -> Any:  # noqa: ANN401
        def run(images: Any) -> Any:  # noqa: ANN401
            nonlocal counted
            counted += int(images.shape[0])
            return encoder(images)

        return run

    bank.__dict__["encoders"] = tuple(counting(encoder) for encoder in bank.encoders)
    patch_measure(patches, {"identity": identity}, bank, PATCHES, lambda n: n)(
        np.arange(PATCHES), ["identity"]
    )
    return counted


def report(name: str, patches: PatchPopulation, experiments: Sequence[Experiment]) -> None:
    """Print the passes of ``experiments`` together and one by one, and their ratio."""
    whole = build_bank(experiments, RAW255, seed=5)
    together = passes(patches, whole)
    alone = sum(passes(patches, whole.only([experiment])) for experiment in experiments)
    print(
        f"{name}: {len(experiments)} sizes on {len(whole.encoders)} encoders and inputs; "
        f"{together / PATCHES / 2:.0f} passes a patch together, {alone / PATCHES / 2:.0f} one by "
        f"one: {alone / together:.2f} times as many"
    )


def main() -> None:
    """Count for all sizes, and for those of one encoder and input."""
    store = open_data("simulated:tiny", split="auto", split_seed=5, study_seed=5)
    patches = PatchPopulation(store, "train", SIZE, SIZE, "paper")
    found = standing_in(find_experiments("literature"), "random")
    experiments = [experiment for experiment in found if not experiment.refusal]
    report("literature", patches, experiments)
    shared = [
        e for e in experiments if (e.encoder.architecture, e.encoder.input) == ("vgg19", "raw255")
    ]
    report("VGG-19 fed raw255", patches, shared)


if __name__ == "__main__":
    main()
