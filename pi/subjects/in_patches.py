"""What somebody else's network makes of patches: for the state of a denoiser that losses are
measured in.
"""

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.denoising import denoised_slices
from pi.network.state import PatchOutputs
from pi.slices.intensity import normalise
from pi.slices.patches import PatchPopulation
from pi.subjects.subject import Subject


def patch_outputs(subject: Subject, patches: PatchPopulation) -> PatchOutputs:
    """Return the patches of a subject.

    A network is given the patches, as a network of ours is; outputs are whole slices already, of
    which the patches are cut.

    Raises:
        SubjectError: there are only metrics.
    """
    if subject.looked_up:
        return PatchOutputs(lambda numbers: normalise(_cut(subject, patches, numbers)))
    denoise = subject.load()

    def through(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        low_dose = patches.read_hu(numbers)[0][..., 0]
        return normalise((low_dose if denoise is None else denoise(low_dose))[..., np.newaxis])

    return PatchOutputs(through)


def _cut(
    subject: Subject, patches: PatchPopulation, numbers: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the same windows of denoised slices that low and normal dose are cut by, in HU."""
    denoising, store = subject.denoising(patches.store), patches.store
    found = np.empty((len(numbers), patches.size, patches.size, 1), np.float32)
    for k, (volume, index, row, column) in enumerate(map(patches.address, numbers)):
        window = np.s_[row : row + patches.size, column : column + patches.size]
        if denoising is not None:
            found[k, ..., 0] = denoised_slices(denoising, store, volume, [index])[0][window]
    return found
