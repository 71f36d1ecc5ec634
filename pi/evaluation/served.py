"""A trained denoiser as MLflow serves it: Hounsfield units in, Hounsfield units out.

MLflow loads a logged model through `_load_pyfunc` of this module, which travels with the model;
`mlflow models serve` and `mlflow.pyfunc.load_model` both come through here.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError
from pi.evaluation.denoise import SliceDenoiser, slice_denoiser
from pi.network.denoiser_file import open_folder


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
        self, model_input: NDArray[np.floating], params: dict[str, object] | None = None
    ) -> NDArray[np.float32]:
        """Return the denoised slices, (n, rows, columns) float32 HU.

        Args:
            model_input: (n, rows, columns) low-dose slices in HU; any rows and columns.
            params: MLflow's; there are none.

        Raises:
            ServedModelError: the input has another number of axes, or is not finite.
        """
        slices = np.asarray(model_input)
        if slices.ndim != 3:
            raise ServedModelError(
                f"the input must be (n, rows, columns) in HU but got shape {slices.shape}."
            )
        if not np.isfinite(slices).all():
            raise ServedModelError("the input must be finite HU but holds NaN or infinity.")
        return self.denoise(slices)


def _load_pyfunc(data_path: str) -> ServedDenoiser:
    saved = open_folder(Path(data_path))
    return ServedDenoiser(slice_denoiser(saved.load(), saved.spec.design.sizes))
