"""A trained denoiser as MLflow serves it: Hounsfield units in, Hounsfield units out.

MLflow loads a logged model through `_load_pyfunc` of this module, which travels with the model;
`mlflow models serve` and `mlflow.pyfunc.load_model` both come through here. The model has no input
signature: MLflow would refuse int16, float64 and lists before they are looked at here, and print
the pixels that it refuses.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pi.errors import PiError
from pi.evaluation.whole_slices import SliceDenoiser, slice_denoiser
from pi.network.denoiser_file import open_folder

ASKED = "the input must be slices (n, rows, columns) in HU, all of one size,"
"""How every refusal begins. None holds a value of the input: it may be of a patient."""


class ServedModelError(PiError):
    """What a served denoiser is given is no stack of slices."""


@dataclass(frozen=True)
class ServedDenoiser:
    """The model as MLflow calls it.

    Attributes:
        denoise: from slices in HU to slices in HU.
    """

    denoise: SliceDenoiser

    def predict(
        self, model_input: ArrayLike, params: dict[str, object] | None = None
    ) -> NDArray[np.float32]:
        """Return the denoised slices, (n, rows, columns) float32 HU.

        Args:
            model_input: (n, rows, columns) low-dose slices in HU, as an array or lists of whole or
                floating-point numbers; any rows and columns.
            params: MLflow's; there are none.

        Raises:
            ServedModelError: the input is no such stack, not finite, or not in HU.
        """
        return self.denoise(slices_in_hu(model_input))


def slices_in_hu(model_input: ArrayLike) -> NDArray[np.float32]:
    """Return a stack of slices as float32 HU.

    Raises:
        ServedModelError: it is none; no value of it is repeated.
    """
    try:
        slices = np.asarray(model_input)
    except (ValueError, TypeError):  # lists of unlike lengths
        slices = np.asarray(None)
    if slices.dtype.kind not in "iuf":
        raise ServedModelError(f"{ASKED} but got something that is no array of real numbers.")
    if slices.ndim != 3 or 0 in slices.shape:
        raise ServedModelError(f"{ASKED} but got shape {slices.shape}.")
    if not np.isfinite(slices).all():
        raise ServedModelError(f"{ASKED} and finite but holds NaN or infinity.")
    if slices.min() >= 0 and slices.max() <= 1 and (slices != np.rint(slices)).any():
        raise ServedModelError(
            f"{ASKED} but every value lies in [0, 1]: HU = 4096 * value - 1024 in the range of "
            "the network."
        )
    return slices.astype(np.float32)


def _load_pyfunc(data_path: str) -> ServedDenoiser:
    saved = open_folder(Path(data_path))
    return ServedDenoiser(slice_denoiser(saved.load(), saved.spec.design.sizes))
